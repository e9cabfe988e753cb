// Every sort of asynchronous function: one that waits for the host, streams in and out, a future.
import directory from 'example:office/directory@0.1.0'

export const desk = {
  async greetAll(names) {
    const answers = names.map((name) => directory.lookup(name).read()) // all are under way before the first is awaited
    const greetings = []
    for (const [at, name] of names.entries()) {
      const { tag, val } = await answers[at]
      if (tag === 'err') throw val
      greetings.push(`${val} ${name}`)
    }
    return greetings
  },

  async upper(text) {
    return upperCase(text)
  },

  async countdown(start) {
    return down(start)
  },

  // The call returns with the future at once, and the reading goes on behind it.
  async longest(lines) {
    const { readable } = wit.Future.from(longestOf(lines), wit.Future.STRING)
    return readable
  },

  async pass(bytes) {
    return bytes
  },

  async double(n) {
    return n * 2
  },
}

async function* upperCase(text) {
  for await (const chunk of text) yield chunk.map((byte) => (byte >= 97 && byte <= 122 ? byte - 32 : byte))
}

async function* down(start) {
  for (let n = start; n > 0; n--) yield n
}

async function longestOf(lines) {
  let longest = ''
  for await (const line of lines) if (line.length > longest.length) longest = line
  return longest
}
