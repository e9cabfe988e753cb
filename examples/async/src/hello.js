// A command of WASI 0.3: greets, then does as its arguments say.
import environment from 'wasi:cli/environment@0.3.0'
import exit from 'wasi:cli/exit@0.3.0'
import stderr from 'wasi:cli/stderr@0.3.0'
import stdin from 'wasi:cli/stdin@0.3.0'
import stdout from 'wasi:cli/stdout@0.3.0'
import clock from 'wasi:clocks/monotonic-clock@0.3.0'
import preopens from 'wasi:filesystem/preopens@0.3.0'

export const run = {
  async run() {
    const [option, value] = environment.getArguments().slice(1)
    const variables = new Map(environment.getEnvironment())
    await print(`${variables.get('GREETING') ?? 'hello'} from an asynchronous component`)

    switch (option) {
      case '--shout':
        return await shout()
      case '--wait':
        return await wait(Number(value))
      case '--cat':
        return await cat(value)
      case '--exit':
        return exit.exitWithCode(Number(value))
      case '--fail':
        await say(stderr, ['failing, as asked\n'])
        throw undefined // `run` returns a result whose error carries nothing
    }
  },
}

/** Standard input in capitals, as it comes. */
async function shout() {
  const [input, ended] = stdin.readViaStream()
  const written = stdout.writeViaStream(passed(input, capital))
  check(await ended.read())
  check(await written.read())
}

async function wait(ms) {
  const before = clock.now()
  await clock.waitFor(ms * 1_000_000)
  await print(clock.now() - before >= ms * 1_000_000 ? `waited ${ms} ms` : 'woke too early')
}

/** A file of the first directory the host grants; without a grant there is none to look in. */
async function cat(path) {
  const [granted] = preopens.getDirectories()
  if (granted === undefined) return await print('no directory was granted')
  let file
  try {
    file = await granted[0].openAt({ symlinkFollow: true }, path, {}, { read: true })
  } catch (error) {
    return await print(`cannot read ${path}: ${(error.payload ?? error).tag ?? error}`)
  }
  const [bytes, ended] = file.readViaStream(0)
  const written = stdout.writeViaStream(passed(bytes, (byte) => byte))
  check(await ended.read())
  check(await written.read())
}

async function* passed(chunks, change) {
  for await (const chunk of chunks) yield chunk.map(change)
}

const capital = (byte) => (byte >= 97 && byte <= 122 ? byte - 32 : byte)

function print(line) {
  return say(stdout, [`${line}\n`])
}

async function say(output, texts) {
  check(await output.writeViaStream(texts.map(utf8)).read())
}

function check({ tag, val }) {
  if (tag === 'err') throw new Error(val)
}

/** QuickJS has no TextEncoder. */
function utf8(text) {
  return Uint8Array.from(unescape(encodeURIComponent(text)), (character) => character.charCodeAt(0))
}
