import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BUILTINS } from '../../src/model/builtins.ts'
import type { ComponentDef } from '../../src/model/component.ts'
import { FEATURES, type Feature } from '../../src/model/features.ts'
import { COMPILE_LIMITS } from '../../src/model/limits.ts'
import { decode } from '../../src/parser/decode.ts'
import { encode } from '../../src/text/encode.ts'
import { parseText } from '../../src/text/parse.ts'
import { printComponent } from '../../src/text/print.ts'
import { Toolkit } from '../../src/text/toolkit.ts'
import { printText } from '../../src/text.ts'
import { component as arbitraryComponent } from '../parser/arbitrary-component.ts'
import { withoutOffsets } from '../parser/bytes.ts'

const options = { features: new Set(Object.keys(FEATURES) as Feature[]), limits: COMPILE_LIMITS }
const toolkit = new Toolkit()

const again = async (def: ComponentDef): Promise<ComponentDef> =>
  decode(
    await parseText(
      printComponent(def, () => undefined),
      { toolkit },
    ),
    options,
  )

test('what is printed reads back equal', async () => {
  await fc.assert(
    fc.asyncProperty(arbitraryComponent, async (def) => {
      // through bytes first: the arbitrary one may say things that have one encoding only
      const decoded = decode(encode(def), options)
      expect(withoutOffsets(await again(decoded))).toStrictEqual(withoutOffsets(decoded))
    }),
    { numRuns: 500 },
  )
})

/** What is printed here is what was written: the printer's form is the parser's, without sugar. */
const plain: readonly string[] = [
  `(component
  (type (;0;) (record (field "a" u8) (field "b" string)))
  (type (;1;) (variant (case "x") (case "y" 0)))
  (type (;2;) (list 1 4))
  (type (;3;) (map string 2))
  (type (;4;) (result 0 (error 1)))
  (type (;5;) (result (error 1)))
  (type (;6;) (func async (param "p" 4) (result 5)))
  (type (;7;) (resource (rep i32)))
  (type (;8;) (own 7))
  (type (;9;) (stream 8))
  (type (;10;) (future))
  (type (;11;) (flags "a" "b"))
)
`,
  `(component
  (core type (;0;) (func (param i32 (ref null extern)) (result i64)))
  (core rec
    (type (;1;) (sub (struct (field (mut i8)) (field (ref 2)))))
    (type (;2;) (sub final 1 (struct (field (mut i8)) (field (ref 2)))))
  )
  (core type (;3;) (shared (func)))
  (core type (;4;) (module
    (alias outer 1 0 (type (;0;)))
    (import "a" "b" (func (type 0)))
    (import "a" "c" (memory i64 1 2 shared (pagesize 1)))
    (export "d" (table 1 (ref null func)))
    (export "e" (global (mut i32)))
    (export "f" (tag (type 0)))
  ))
  (import "m" (core module (;0;) (type 4)))
)
`,
  `(component
  (type (;0;) (component
    (type (;0;) (func))
    (import "a" (func (;0;) (type 0)))
    (alias outer 1 0 (type (;1;)))
    (export "r" (type (;2;) (sub resource)))
    (export "s" (type (;3;) (eq 2)))
    (export "i" (implements "a:b/c") (external-id "x\\u{a}y") (instance (;0;) (type 1)))
  ))
  (component (;0;)
    (import "v" (value (;0;) u8))
    (export (;1;) "w" (value 0) (value u8))
  )
  (import "j" (versionsuffix ".1") (instance (;0;) (type 0)))
  (alias export 0 "f" (func (;0;)))
  (instance (;1;) (instantiate 0
    (with "a" (func 0))
    (with "b" (core module 0))
  ))
  (instance (;2;)
    (export "f" (func 0))
  )
  (start 0 (value 0) (result (value (;0;))))
  (@custom "name" "\\00\\ffok\\22")
)
`,
  `(component
  (core module (;0;)
    (type (;0;) (func (param i32) (result i32)))
    (func (;0;) (type 0) (param i32) (result i32)
      local.get 0)
    (memory (;0;) 1)
    (export "f" (func 0))
  )
  (core module (;1;))
  (core instance (;0;) (instantiate 0
    (with "x" (instance 0))
  ))
  (core instance (;1;)
    (export "f" (func 0))
    (export "m" (memory 0))
  )
  (alias core export 0 "f" (core func (;0;)))
  (alias core export 0 "m" (core memory (;0;)))
  (canon lift (core func 0) string-encoding=utf16 (memory 0) (realloc (core func 0)) (func (;0;) (type 0)))
  (canon lower (func 0) async (memory 0) (core func (;1;)))
  (canon task.return (result u8) (memory 0) (core func (;2;)))
  (canon task.return (core func (;3;)))
  (canon stream.cancel-read 0 async (core func (;4;)))
  (canon waitable-set.wait cancellable (memory 0) (core func (;5;)))
  (canon context.get i32 1 (core func (;6;)))
  (canon thread.new-indirect 0 0 (core func (;7;)))
)
`,
]

describe('text without sugar is printed as it was', () => {
  test.each(plain.map((text, i) => [i, text] as const))('%i', async (_, text) => {
    expect(await printText(await parseText(text, { toolkit }))).toBe(text)
  })
})

test('every built-in is printed and read', async () => {
  for (const name of Object.keys(BUILTINS)) {
    const immediates: readonly string[] = BUILTINS[name as keyof typeof BUILTINS].immediates
    const words = { type: '0', memory: '(memory 0)', coreType: '0', table: '0', slot: 'i32 0' } as Record<
      string,
      string
    >
    const given = immediates.flatMap((immediate) => words[immediate] ?? []).join(' ')
    const text = `(component\n  (canon ${name}${given === '' ? '' : ' '}${given} (core func (;0;)))\n)\n`
    expect(await printText(await parseText(text, { toolkit })), name).toBe(text)
  }
})

describe('core modules that text cannot say are printed byte by byte', () => {
  test.each([
    ['a custom section', '"\\00\\02\\01n"'],
    ['a padded length', '"\\01\\84\\80\\80\\80\\00\\01\\60\\00\\00"'],
    ['a type that wabt does not know', '"\\01\\07\\01\\4e\\01\\5f\\01\\7f\\00"'],
  ])('%s', async (_, section) => {
    const text = `(component (core module binary "\\00asm" "\\01\\00\\00\\00" ${section}))`
    const bytes = await parseText(text, { toolkit })
    const printed = await printText(bytes)
    expect(printed).toContain('core module (;0;) binary')
    expect(await parseText(printed, { toolkit })).toEqual(bytes)
  })
})
