// Cuts minified code into lines, and its source map with it.
//
// An engine that reports an uncaught error prints the line it was thrown in. Where a file is one line, that is the whole
// library. A line is cut only where a token has ended that nothing can follow on: behind `,`, `;` and `{`, and between
// statements.
import { decode, encode } from '@jridgewell/sourcemap-codec'
import { parseAst } from 'vite'

const STANDS_ALONE = /Statement$|Declaration$|^(MethodDefinition|PropertyDefinition|StaticBlock|SwitchCase)$/

/** Where a line may begin, in order. */
function places(code) {
  const found = new Set()
  const visit = (node) => {
    if (node === null || typeof node !== 'object') return
    if (Array.isArray(node)) {
      for (const item of node) visit(item)
      return
    }
    // what a template says is no code, whatever it begins behind
    if (typeof node.type === 'string' && node.type !== 'TemplateElement') {
      const before = code[node.start - 1]
      if (before === ',' || before === ';' || before === '{' || (before === '}' && STANDS_ALONE.test(node.type)))
        found.add(node.start)
    }
    for (const value of Object.values(node)) visit(value)
  }
  visit(parseAst(code))
  return [...found].sort((a, b) => a - b)
}

/** Where lines begin that are as long as they can be within `width`; what cannot be cut is longer. */
function cuts(code, width) {
  const chosen = []
  let begin = 0
  let last = 0
  for (const place of [...places(code), code.length]) {
    const own = code.lastIndexOf('\n', place - 1) + 1
    if (own > begin) begin = own
    if (place - begin > width && last > begin) {
      chosen.push(last)
      begin = last
    }
    last = place
  }
  return chosen
}

/** @returns the code with lines of at most `width` characters, where it can be cut, and the mappings for it */
export function breakLines(code, mappings, width) {
  const at = cuts(code, width)
  const lines = []
  const mapped = []
  let offset = 0
  let next = 0
  for (const segments of decode(mappings)) {
    const end = code.indexOf('\n', offset) === -1 ? code.length : code.indexOf('\n', offset)
    const begins = [offset]
    while (next < at.length && at[next] < end) begins.push(at[next++])
    let index = 0
    for (const [i, begin] of begins.entries()) {
      const stop = begins[i + 1] ?? end
      const column = begin - offset
      const mine = []
      for (; index < segments.length && (begins[i + 1] === undefined || segments[index][0] < stop - offset); index++)
        mine.push([segments[index][0] - column, ...segments[index].slice(1)])
      lines.push(code.slice(begin, stop))
      mapped.push(mine)
    }
    offset = end + 1
  }
  // lines that the map does not mention any more
  if (offset < code.length) lines.push(code.slice(offset))
  return { code: lines.join('\n'), mappings: encode(mapped) }
}
