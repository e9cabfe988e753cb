import { describe, expect, test } from 'vitest'
import { MalformedError } from '../../src/model/errors.ts'
import { lex } from '../../src/text/lexer.ts'

const kinds = (text: string): string =>
  lex({ text, file: 't' })
    .list.slice(0, -1)
    .map(({ kind, at, end }) => (kind === '(' || kind === ')' ? kind : `${kind}:${text.slice(at, end)}`))
    .join(' ')

describe('tokens', () => {
  test.each([
    ['(component)', '( keyword:component )'],
    ['$a $"b c" @x', 'id:$a id:$"b c" annotation:@x'],
    ['0 +1 -2 1_000 0x_f 0xF_f', 'integer:0 integer:+1 integer:-2 integer:1_000 reserved:0x_f integer:0xF_f'],
    ['1. 1.5e-3 0x1.8p3 inf -nan nan:0x1f', 'float:1. float:1.5e-3 float:0x1.8p3 float:inf float:-nan float:nan:0x1f'],
    ['"a" "a\\"b" "a""b" $"a"b', 'string:"a" string:"a\\"b" reserved:"a""b" reserved:$"a"b'],
    ['a.b string-encoding=utf8 A', 'keyword:a.b keyword:string-encoding=utf8 reserved:A'],
    ['a ;; b (\nc (; (; d ;) ;) e', 'keyword:a keyword:c keyword:e'],
    ['[ ] { } , ;', 'reserved:[ reserved:] reserved:{ reserved:} reserved:, reserved:;'],
  ])('%s', (text, expected) => {
    expect(kinds(text)).toBe(expected)
  })

  test('annotations that nobody reads vanish, whatever they hold', () => {
    expect(kinds('(a (@name "x ) (") (@b (c [) ) d)')).toBe('( keyword:a keyword:d )')
    expect(kinds('(@custom "n" "x")')).toBe('( annotation:@custom string:"n" string:"x" )')
    expect(lex({ text: 'a (@b) c', file: 't' }).blanks).toEqual([[2, 6]])
  })
})

test.each([
  ['(; (; ;)', 'unterminated block comment', 1, 1],
  ['a "b', 'unexpected end-of-file', 1, 5],
  ['"a\nb"', "invalid character in string '\\u{a}'", 1, 3],
  ['a\n  é', "unexpected character 'é'", 2, 3],
  ['(@name (', 'unclosed annotation', 1, 1],
])('%j is malformed', (text, message, line, column) => {
  try {
    lex({ text, file: 't' })
    expect.unreachable()
  } catch (error) {
    expect(error).toBeInstanceOf(MalformedError)
    expect(error).toMatchObject({
      line,
      column,
      message: expect.stringContaining(`${message}\n --> t:${line}:${column}`),
    })
  }
})
