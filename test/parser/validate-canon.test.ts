import { describe, expect, test } from 'vitest'
import { BUILTINS, type BuiltinName } from '../../src/model/builtins.ts'
import type { Feature } from '../../src/model/features.ts'
import { accepted, allBut, refused } from './validating.ts'

/** A module with a memory, helpers of every signature needed, and `core` as `f`. */
const libc = (core = '(func)') => `
  (import "libc" (core module $libc
    (export "mem" (memory 1)) (export "shared" (memory 1 2 shared)) (export "mem64" (memory i64 1))
    (export "table" (table 1 funcref)) (export "table64" (table i64 1 funcref))
    (export "realloc" (func (param i32 i32 i32 i32) (result i32)))
    (export "realloc64" (func (param i64 i64 i64 i64) (result i64)))
    (export "cb" (func (param i32 i32 i32) (result i32)))
    (export "nop" (func)) (export "post" (func (param i32)))
    (export "f" ${core})))
  (core instance $i (instantiate $libc))
  (alias core export $i "mem" (core memory $mem)) (alias core export $i "mem64" (core memory $mem64))
  (alias core export $i "realloc" (core func $realloc)) (alias core export $i "realloc64" (core func $realloc64))
  (alias core export $i "table" (core table $table)) (alias core export $i "table64" (core table $table64))`

const lift = (core: string, type: string, opts = '') =>
  `(component ${libc(core)} (func ${type} (canon lift (core func $i "f") ${opts})))`

/** Lowers a function and hands it to a module that imports it with that core type. */
const lower = (type: string, opts: string, core: string) => `(component ${libc()}
  (import "f" (func $f ${type})) (core func $g (canon lower (func $f) ${opts}))
  ${imported(core)})`
const imported = (core: string) => `
  (import "user" (core module $user (import "" "g" ${core})))
  (core instance (instantiate $user (with "" (instance (export "g" (func $g))))))`

const memory = '(memory $mem)'
const both = `${memory} (realloc $realloc)`
const callback = 'async (callback (core func $i "cb"))'
const u8s = (n: number) => Array.from({ length: n }, (_, i) => `(param "p${i}" u8)`).join(' ')
const i32s = (n: number) => (n === 0 ? '' : `(param ${'i32 '.repeat(n)})`)

describe('signatures', () => {
  test.each([
    ['(func)', '', ''],
    [
      '(func (param i32 i64 f32 f64) (result i32))',
      '(param "a" char) (param "b" s64) (param "c" f32) (param "d" f64) (result bool)',
      '',
    ],
    ['(func (param i32 i32))', '(param "s" string)', both],
    ['(func (result i32))', '(result string)', memory],
    ['(func (param i32 i64 i32))', '(param "v" (result (tuple u64 (flags "a")) (error f32)))', ''],
    ['(func (param i32 i32 i32))', '(param "v" (option (list u8 2)))', ''],
    [`(func ${i32s(16)})`, u8s(16), ''],
    ['(func (param i32))', u8s(17), both],
    ['(func (param i32))', '(param "l" (list u8 268435455))', both],
    ['(func (result i32))', '(result (tuple u8 u8))', memory],
    [
      '(func (param i64 i64) (result i64))',
      '(param "s" string) (result string)',
      '(memory $mem64) (realloc $realloc64)',
    ],
    ['(func (result i32))', 'async (result string)', `${callback} ${memory}`],
    ['(func)', `async (result (tuple ${'u8 '.repeat(16)}))`, 'async'],
    ['(func (param i32))', 'async (param "a" u8)', 'async'],
  ])('%s lifts to %s with %s', async (core, type, opts) => {
    await expect(accepted(lift(core, type.replace('(flags "a")', 'u8'), opts))).resolves.toBeDefined()
  })

  test.each([
    ['', '', '(func)'],
    ['(param "s" string) (result string)', both, '(func (param i32 i32 i32))'],
    ['(result (tuple u8 u8))', memory, '(func (param i32))'],
    [u8s(17), memory, '(func (param i32))'],
    ['async', 'async', '(func (result i32))'],
    [`async ${u8s(4)}`, 'async', '(func (param i32 i32 i32 i32) (result i32))'],
    [`async ${u8s(5)}`, `async ${memory}`, '(func (param i32) (result i32))'],
    ['async (result u8)', `async ${memory}`, '(func (param i32) (result i32))'],
    ['async (result u8)', '', '(func (result i32))'],
  ])('%s with %s lowers to %s', async (type, opts, core) => {
    await expect(accepted(lower(type, opts, core))).resolves.toBeDefined()
    const wrong = core.replace('(func', '(func (param f64)')
    expect((await refused(lower(type, opts, wrong.replace('(param f64) (param', '(param f64')))).words).toContain(
      'expected: ',
    )
  })

  test('what does not match is shown', async () => {
    expect(await refused(lift('(func (param i32))', '(param "a" u64)'))).toMatchObject({
      words: 'lowered parameter types `[I64]` do not match parameter types `[I32]` of core function 2',
    })
    expect(await refused(lift('(func)', '(result u8)'))).toMatchObject({
      words: 'lowered result types `[I32]` do not match result types `[]` of core function 2',
    })
  })
})

describe('options', () => {
  const required = (option: string) => `canonical option \`${option}\` is required`
  const twice = (option: string) => `canonical option \`${option}\` is specified more than once`
  const signature = (option: string) =>
    `canonical option \`${option}\` uses a core function with an incorrect signature`
  test.each([
    ['(func (param i32 i32))', '(param "s" string)', '', required('memory')],
    ['(func (param i32 i32))', '(param "s" string)', memory, required('realloc')],
    ['(func (param i32))', u8s(17), memory, required('realloc')],
    ['(func (result i32))', '(result string)', '', required('memory')],
    ['(func (result i32))', 'async (result string)', callback, required('memory')],
    ['(func)', `async (result (tuple ${'u8 '.repeat(17)}))`, 'async', required('memory')],
    [
      '(func)',
      '',
      'string-encoding=utf8 string-encoding=utf16',
      'canonical encoding option `utf8` conflicts with option `utf16`',
    ],
    [
      '(func)',
      '',
      'string-encoding=latin1+utf16 string-encoding=utf8',
      'canonical encoding option `latin1-utf16` conflicts with option `utf8`',
    ],
    ['(func)', '', `${memory} ${memory}`, twice('memory')],
    ['(func)', '', `${both} (realloc $realloc)`, twice('realloc')],
    ['(func)', '', '(post-return (core func $i "nop")) (post-return (core func $i "nop"))', twice('post-return')],
    ['(func)', 'async', `async ${callback}`, twice('async')],
    ['(func)', 'async', `${callback} (callback (core func $i "cb"))`, twice('callback')],
    ['(func)', '', '(realloc $realloc)', 'canonical option `realloc` requires `memory` to also be specified'],
    ['(func)', '', `${memory} (realloc (core func $i "cb"))`, signature('realloc')],
    ['(func)', '', '(memory $mem64) (realloc $realloc)', signature('realloc')],
    ['(func)', '', '(memory (core memory $i "shared"))', 'mismatch in the shared flag for memories'],
    ['(func)', '', '(post-return (core func $i "post"))', signature('post-return')],
    ['(func (result i32))', 'async', 'async (callback (core func $i "nop"))', signature('callback')],
    ['(func)', '', '(callback (core func $i "cb"))', 'cannot specify callback without async'],
    ['(func)', 'async', 'async (post-return (core func $i "nop"))', 'cannot specify post-return function in async'],
    ['(func)', '', 'async', 'the `async` canonical option requires an async function type'],
  ])('lift %s to %s with %s: %s', async (core, type, opts, words) => {
    expect(await refused(lift(core, type, opts))).toMatchObject({ words, feature: undefined })
  })

  test.each([
    ['(param "s" string)', '', required('memory')],
    ['(result string)', memory, required('realloc')],
    ['(result (tuple u8 u8))', '', required('memory')],
    [u8s(17), '', required('memory')],
    ['async (result u8)', 'async', required('memory')],
    ['', '(post-return (core func $i "nop"))', 'canonical option `post-return` cannot be specified for lowerings'],
    ['async', callback, 'canonical option `callback` cannot be specified for lowerings'],
    ['', 'async', 'the `async` canonical option requires an async function type'],
  ])('lower %s with %s: %s', async (type, opts, words) => {
    expect(await refused(lower(type, opts, '(func)'))).toMatchObject({ words })
  })

  test('post-return takes the core results', async () => {
    const text = lift('(func (result i32))', '(result u8)', '(post-return (core func $i "post"))')
    await expect(accepted(text)).resolves.toBeDefined()
  })

  test.each([
    ['(func)', 'async', 'async', 'async-stackful', 'requires the component model async stackful feature'],
    ['(func)', '', '(memory $mem64)', 'memory64', '64-bit memories require the `cm64` feature to be enabled'],
  ] as const)('lift %s to %s with %s needs `%s`', async (core, type, opts, gate, words) => {
    const text = lift(core, type, opts)
    expect(await refused(text, { features: allBut(gate) })).toMatchObject({ words, feature: gate })
    expect(await accepted(text)).toContain(gate)
  })
})

describe('built-ins', () => {
  const types = `
    (type $r (resource (rep i32))) (type $r64 (resource (rep i64)))
    (type $s (stream string)) (type $f (future u8)) (type $none (stream))
    (core type $start (func (param i32))) (core type $start64 (func (param i64)))`
  const component = (canon: string, core: string) =>
    `(component ${libc()} ${types} (core func $g (canon ${canon})) ${imported(core)})`

  const rows: [canon: string, core: string][] = [
    ['resource.new $r', '(func (param i32) (result i32))'],
    ['resource.new $r64', '(func (param i64) (result i32))'],
    ['resource.drop $r64', '(func (param i32))'],
    ['resource.rep $r64', '(func (param i32) (result i64))'],
    ['task.cancel', '(func)'],
    ['subtask.cancel async', '(func (param i32) (result i32))'],
    ['task.return', '(func)'],
    [`task.return (result string) ${memory}`, '(func (param i32 i32))'],
    [`task.return (result (tuple ${'u8 '.repeat(17)})) ${memory}`, '(func (param i32))'],
    ['context.get i32 0', '(func (result i32))'],
    ['context.set i64 1', '(func (param i64))'],
    ['thread.yield', '(func (result i32))'],
    ['subtask.drop', '(func (param i32))'],
    ['stream.new $s', '(func (result i64))'],
    [`stream.read $s async ${both}`, '(func (param i32 i32 i32) (result i32))'],
    ['stream.read $s async (memory $mem64) (realloc $realloc64)', '(func (param i32 i64 i64) (result i64))'],
    [`stream.write $s ${memory}`, '(func (param i32 i32 i32) (result i32))'],
    ['stream.write $none async', '(func (param i32 i32 i32) (result i32))'],
    ['stream.cancel-read $s async', '(func (param i32) (result i32))'],
    ['stream.cancel-write $s', '(func (param i32) (result i32))'],
    ['stream.drop-readable $s', '(func (param i32))'],
    ['stream.drop-writable $s', '(func (param i32))'],
    ['future.new $f', '(func (result i64))'],
    [`future.read $f async ${memory}`, '(func (param i32 i32) (result i32))'],
    ['future.write $f async (memory $mem64)', '(func (param i32 i64) (result i32))'],
    ['future.cancel-read $f', '(func (param i32) (result i32))'],
    ['future.cancel-write $f', '(func (param i32) (result i32))'],
    ['future.drop-readable $f', '(func (param i32))'],
    ['future.drop-writable $f', '(func (param i32))'],
    [`error-context.new ${memory}`, '(func (param i32 i32) (result i32))'],
    [`error-context.debug-message ${both}`, '(func (param i32 i32))'],
    ['error-context.drop', '(func (param i32))'],
    ['waitable-set.new', '(func (result i32))'],
    ['waitable-set.wait (memory $mem)', '(func (param i32 i32) (result i32))'],
    ['waitable-set.poll (memory $mem64)', '(func (param i32 i64) (result i32))'],
    ['waitable-set.drop', '(func (param i32))'],
    ['waitable.join', '(func (param i32 i32))'],
    ['backpressure.inc', '(func)'],
    ['backpressure.dec', '(func)'],
    ['thread.index', '(func (result i32))'],
    ['thread.new-indirect $start (core table $i "table")', '(func (param i32 i32) (result i32))'],
    ['thread.new-indirect $start64 (core table $i "table64")', '(func (param i64 i64) (result i32))'],
    ['thread.resume-later', '(func (param i32))'],
    ['thread.suspend', '(func (result i32))'],
    ['thread.suspend-then-resume', '(func (param i32) (result i32))'],
    ['thread.yield-then-resume', '(func (param i32) (result i32))'],
    ['thread.suspend-then-promote', '(func (param i32) (result i32))'],
    ['thread.yield-then-promote', '(func (param i32) (result i32))'],
  ]
  const nameOf = (canon: string) => (canon.split(' ', 1)[0] ?? '') as BuiltinName

  test.each(rows)('%s : %s', async (canon, core) => {
    const gate: Feature | undefined = BUILTINS[nameOf(canon)].feature
    const used = await accepted(component(canon, core))
    if (gate === undefined) return
    expect(used).toContain(gate)
    // the types, too, need `async`: without them, the built-in alone shows its gate
    if (/\$(?:s|f|none)\b/.test(canon)) return
    const alone = `(component ${libc()} (core type $start (func (param i32))) (core type $start64 (func (param i64))) (core func (canon ${canon})))`
    expect(await refused(alone, { features: allBut(gate) })).toMatchObject({ feature: gate })
  })

  test('the table misses none but those of shared threads', () => {
    const names = new Set(rows.map(([canon]) => nameOf(canon)))
    const missing = Object.keys(BUILTINS).filter((name) => !names.has(name as BuiltinName))
    expect(missing).toEqual(['thread.spawn-ref', 'thread.spawn-indirect', 'thread.available-parallelism'])
  })

  test.each([
    ['resource.new $s', 'type index 2 is not a resource type'],
    ['stream.new $f', '`stream.new` requires a stream type'],
    ['future.read $s', '`future.read` requires a future type'],
    ['stream.read $s async', 'canonical option `memory` is required'],
    [`stream.read $s async ${memory}`, 'canonical option `realloc` is required'],
    ['future.write $f async', 'canonical option `memory` is required'],
    [
      `stream.write $s async ${memory} (callback (core func $i "cb"))`,
      'canonical option `callback` cannot be specified for lowerings',
    ],
    ['error-context.new', 'canonical option `memory` is required'],
    [`error-context.debug-message ${memory}`, 'canonical option `realloc` is required'],
    [`error-context.new async ${memory}`, 'cannot specify `async` option on `error-context.new`'],
    [`task.return ${both}`, 'cannot specify `realloc` option on `task.return`'],
    ['task.return (post-return (core func $i "nop"))', 'cannot specify `post-return` option on `task.return`'],
    ['task.return async', 'cannot specify `async` option on `task.return`'],
    ['task.return (result string)', 'canonical option `memory` is required'],
    ['context.get i32 2', '`context.get` immediate must be zero or one: 2'],
    ['waitable-set.wait (memory (core memory $i "shared"))', 'mismatch in the shared flag for memories'],
    ['thread.new-indirect $start (core table $i "table64")', undefined],
  ])('%s: %s', async (canon, words) => {
    const text = `(component ${libc()} ${types} (core func (canon ${canon})))`
    if (words === undefined) await expect(accepted(text)).resolves.toBeDefined()
    else expect(await refused(text)).toMatchObject({ words })
  })

  test.each([
    [
      'subtask.cancel async',
      'more-async-builtins',
      'async `subtask.cancel` requires the component model more async builtins feature',
    ],
    [
      'stream.read $none',
      'more-async-builtins',
      'synchronous `stream.read` requires the component model more async builtins feature',
    ],
    ['context.get i64 0', 'memory64', '64-bit `context.get` requires the component model 64-bit feature'],
    ['context.get i32 1', 'threading', '`context.get` immediate must be zero: 1'],
  ] as const)('%s needs `%s`', async (canon, gate, words) => {
    const text = `(component (type $none (stream)) (core func (canon ${canon})))`
    expect(await refused(text, { features: allBut(gate) })).toMatchObject({ words, feature: gate })
  })

  test('context slots of one component have one type', async () => {
    const text = '(component (core func (canon context.get i32 0)) (core func (canon context.set i64 0)))'
    expect(await refused(text)).toMatchObject({ words: '`context.set` type must match previous context type' })
  })

  test('only the component that defines a resource makes one', async () => {
    const text = '(component (import "r" (type $r (sub resource))) (core func (canon resource.new $r)))'
    expect(await refused(text)).toMatchObject({ words: 'type 0 is not a local resource' })
    await expect(accepted(text.replace('new', 'drop'))).resolves.toEqual([])
  })
})
