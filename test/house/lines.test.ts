/** What is built is cut into lines that mean the same, and each piece keeps its place in the source map. */
import { decode, encode } from '@jridgewell/sourcemap-codec'
import { parseAst } from 'vite'
import { describe, expect, test } from 'vitest'
import { breakLines } from '../../scripts/lines.mjs'

/** Every character stands in the source where it stands in the code. */
function identity(code: string): string {
  return encode(code.split('\n').map((text, line) => [...text].map((_, column) => [column, 0, line, column])))
}

const rows: readonly (readonly [what: string, code: string, ...lines: string[]])[] = [
  ['short enough', 'a();b()', 'a();b()'],
  ['statements', 'alpha(1);beta(2);gamma(3);delta(4)', 'alpha(1);', 'beta(2);', 'gamma(3);', 'delta(4)'],
  ['lists', 'f(alpha,beta,gamma,delta)', 'f(alpha,', 'beta,gamma,', 'delta)'],
  ['nothing behind return', 'function f(){return alpha+beta+gamma}', 'function f(){', 'return alpha+beta+gamma}'],
  ['texts', 'f("a,b;c{d,e;f{g")', 'f("a,b;c{d,e;f{g")'],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: code under test
  ['templates', 'f(`a,b;${c},d;{e,f`)', 'f(`a,b;${', 'c},d;{e,f`)'],
  ['patterns', 'f(/a,b;c{1,2}/u,1)', 'f(/a,b;c{1,2}/u,', '1)'],
  ['classes', 'class A{a(){}b(){}static c=1}', 'class A{', 'a(){}b(){}', 'static c=1}'],
  ['lines that are there', 'a(1);\nbeta(2);gamma(3)', 'a(1);', 'beta(2);', 'gamma(3)'],
]

describe('lines of at most 12 characters', () => {
  test.each(rows)('%s', (_, code, ...lines) => {
    const cut = breakLines(code, identity(code), 12)
    expect(cut.code.split('\n')).toEqual(lines)
    expect(() => parseAst(cut.code)).not.toThrow()
    const original = code.split('\n')
    for (const [line, segments] of decode(cut.mappings).entries())
      for (const [column, , sourceLine = -1, sourceColumn = -1] of segments)
        expect(cut.code.split('\n')[line]?.[column]).toBe(original[sourceLine]?.[sourceColumn])
    expect(decode(cut.mappings).flat()).toHaveLength(code.replaceAll('\n', '').length)
  })
})
