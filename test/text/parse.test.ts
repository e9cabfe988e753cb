import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isWasmLinkError, MalformedError } from '../../src/model/errors.ts'
import { Cursor } from '../../src/text/cursor.ts'
import { lex } from '../../src/text/lexer.ts'
import { parseText } from '../../src/text/parse.ts'
import { parseFile } from '../../src/text/parse-component.ts'
import { resolveComponent } from '../../src/text/resolve.ts'
import { Toolkit } from '../../src/text/toolkit.ts'

const toolkit = new Toolkit()
const parse = (text: string): Promise<Uint8Array> => parseText(text, { file: 't.wat', toolkit })

async function failure(text: string): Promise<MalformedError> {
  try {
    await parse(text)
  } catch (error) {
    expect(error).toBeInstanceOf(MalformedError)
    if (error instanceof MalformedError) return error
  }
  expect.unreachable(`${text} was parsed`)
}

/** The place is where the caret stands: marked by `^` in the second column, under the text. */
const malformed: readonly (readonly [text: string, message: string, column: number])[] = [
  ['', 'expected a component', 1],
  ['(component', 'unexpected end of input, expected `)`', 11],
  ['(component) x', 'extra tokens remaining after parse', 13],
  ['(module)', 'unexpected token, expected `component`', 2],
  ['(component (foo))', 'expected valid component field', 13],
  ['(component (core foo))', 'expected valid component field', 18],
  ['(component (type foo))', 'expected a primitive value type', 18],
  ['(component (type (list)))', 'expected a value type', 23],
  ['(component (type (record (field a u8))))', 'expected a string', 33],
  ['(component (type (func (result u8) (param "a" u8))))', 'expected `)`', 36],
  ['(component (import "a" (func (param "b" strin))))', 'expected a value type', 41],
  ['(component (import "a" (foo)))', 'expected one of: `core`, `func`, `component`, `instance`, `value`, `type`', 25],
  [
    '(component (import "a" (implements "b") (implements "c") (func)))',
    'expected one of: `core`, `func`, `component`, `instance`, `value`, `type`',
    42,
  ],
  ['(component (type (resource (rep f32))))', 'resources can only be represented by `i32` or `i64`', 33],
  ['(component (core func (canon context.get f32 0)))', '`context.get` only supports `i32` or `i64`', 42],
  ['(component (canon foo))', 'expected `lower` or a canonical built-in', 19],
  ['(component (type (variant (case $a "x") (case $a "y"))))', 'duplicate variant case identifier', 47],
  ['(component (alias outer 4294967296 0 (type)))', 'invalid u32 number: constant out of range', 25],
  ['(component (alias outer -1 0 (type)))', 'invalid u32 number: constant out of range', 25],
  ['(component (core type (module (import "a" "b" (memory 1 (pagesize 3))))))', 'invalid custom page size: 3', 67],
  ['(component (core type (func (result i32) (param i32))))', 'cannot list params after results', 42],
  ['(component (type $a u8) (type $a u8))', 'duplicate type identifier', 31],
  ['(component (type (list $a)))', 'unknown type: failed to find name `$a`', 24],
  ['(component (export "a" (func $f)))', 'unknown func: failed to find name `$f`', 30],
  ['(component (core instance (instantiate $m)))', 'unknown core module: failed to find name `$m`', 40],
  ['(component (alias outer 2 $a (type)))', 'outer count of `2` is too large', 25],
  ['(component (alias outer $c $a (type)))', 'outer component `c` not found', 25],
  [
    '(component (import "f" (func $f)) (component (export "g" (func $f))))',
    'outer item `f` is not a module, type, or component',
    64,
  ],
  [
    '(component $c (core type $t (module (alias outer $c $t (type)))))',
    'unknown core type: failed to find name `$t`',
    53,
  ],
  ['(component (core type (module (export "a" (func (type $t))))))', 'unknown core type: failed to find name `$t`', 55],
  ['(component (core module (func (i32.cnst 0))))', 'unexpected token "i32.cnst"', 32],
  ['(component (core module i32))', 'expected `(`', 25],
  [
    '(component (canon waitable-set.wait (memory $i "m") (core func)))',
    'an export name must be written inside a nested reference',
    48,
  ],
  ['(component (type (resource (rep i32) (dtor (func 0)))))', 'the `core` keyword is required in this reference', 45],
  ['(component (import (interface "a:b/c") (func)))', 'expected a string', 20],
  ['(component (value u8 1))', 'a value definition is written as its bytes here', 22],
  [
    '(component (core instance $i (export "t" (func 0))) (core type $t (func)) (canon thread.spawn-ref (core type $i "t") (core func)))',
    'core instances cannot export this kind of item',
    110,
  ],
]

describe('malformed text', () => {
  test.each(malformed)('%s', async (text, message, column) => {
    const error = await failure(text)
    expect(error.message).toContain(message)
    expect({ line: error.line, column: error.column }).toEqual({ line: 1, column })
    expect(error.offset).toBe(column - 1)
  })
})

test('an error shows where it is', async () => {
  const error = await failure('(component\n  (type $t u8)\n\t(type (list $u))\n)')
  expect(error.message).toBe(
    [
      'unknown type: failed to find name `$u`',
      ' --> t.wat:3:14',
      '  |',
      '3 |  (type (list $u))',
      '  |              ^',
    ].join('\n'),
  )
})

test('a place far to the right shows what is around it, and nothing that acts on a terminal', async () => {
  const error = await failure(`(component ${' '.repeat(5000)}(type "\u202e" (list $u)))`)
  const lines = error.message.split('\n')
  expect(lines).toHaveLength(5)
  expect(lines.every((line) => line.length < 140 && !line.includes('\u202e'))).toBe(true)
  const caret = lines[4]?.indexOf('^') ?? -1
  expect(lines[3]?.charAt(caret)).toBe('"')
})

describe('depth', () => {
  test.each([
    ['components', '', '(component '],
    ['component types', '', '(type (component '],
    ['instance types', '', '(type (instance '],
    ['value types', '(type (list (option (list ', '(option (list '],
  ])('%s nest no deeper than is safe', async (_, start, open) => {
    const deep = `(component ${start}${open.repeat(100_000)}`
    expect((await failure(deep)).message).toContain('nesting too deep')
  })

  test('core text may nest as deeply as its assemblers can take', async () => {
    const nested = (depth: number): string =>
      `(component (core module (func (param i32) ${'(block (br_if 0 (local.get 0)) '.repeat(depth)}${')'.repeat(depth)})))`
    expect((await parse(nested(500))).length).toBeGreaterThan(3000)
    expect((await failure(nested(100_000))).message).toContain('item nesting too deep')
    // and what they could not take does not spoil them
    expect((await parse(nested(10))).length).toBeGreaterThan(80)
  })
})

test('legacy references, only when asked for', () => {
  const text = `(component (core module (memory (export "m") 1) (func (export "r")))
    (core instance $i (instantiate 0)) (core func (canon waitable-set.wait (memory $i "m")))
    (type (resource (rep i32) (dtor (func $i "r")))) (import (interface "a:b/c") (func)))`
  const tokens = lex({ text, file: 't' })
  const node = parseFile(new Cursor(tokens, { legacy: true, interfaceNames: true }))
  if (node.kind !== 'text') expect.unreachable()
  const modules = new Map(node.fields.flatMap((f) => (f.kind === 'core-module' ? [[f.module, new Uint8Array()]] : [])))
  const kinds = resolveComponent(tokens.source, node, modules).defs.map((def) => def.kind)
  expect(kinds).toEqual(['core-module', 'core-instance', 'alias', 'canon', 'alias', 'type', 'type', 'import'])
})

describe('whatever the text is, the only error is a typed one', () => {
  const own = readFileSync(new URL('./sugar.test.ts', import.meta.url), 'utf8')
  const samples = [...own.matchAll(/'(\([^'\n]+\))'/g)]
    .map((match) => match[1] ?? '')
    .filter((s) => !s.includes('core module'))
  const pieces = [...new Set(samples.join(' ').split(/\b|(?=[()"$])/))]

  const only = async (text: string): Promise<void> => {
    try {
      await parse(text)
    } catch (error) {
      if (!isWasmLinkError(error) || error.kind !== 'malformed') throw error
      expect(error.line).toBeGreaterThan(0)
      expect(error.offset).toBeLessThanOrEqual(text.length)
    }
  }

  test('parts of real text in any order', async () => {
    expect(samples.length).toBeGreaterThan(20)
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...pieces), { maxLength: 40 }), (parts) =>
        only(`(component ${parts.join(' ')})`),
      ),
      { numRuns: 2000 },
    )
  })

  test('real text with a few characters changed', async () => {
    const change = fc.record({
      at: fc.nat(),
      drop: fc.nat({ max: 6 }),
      insert: fc.string({ unit: 'grapheme', maxLength: 3 }),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...samples),
        fc.array(change, { minLength: 1, maxLength: 3 }),
        (sample, changes) => {
          let text = `(component ${sample})`
          for (const { at, drop, insert } of changes) {
            const from = at % (text.length + 1)
            text = text.slice(0, from) + insert + text.slice(from + drop)
          }
          return only(text)
        },
      ),
      { numRuns: 3000 },
    )
  })
})
