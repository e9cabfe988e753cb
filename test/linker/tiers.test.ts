/** Functions in steady use: when code is made for them, what happens where it may not be, and that nobody sees a difference. */
import { afterEach, expect, test, vi } from 'vitest'
import { Component, Engine, type EngineOptions, type Untyped } from '../../src/index.ts'
import { LIBC, thrown } from './help.ts'

const TEXT = `(component
  (import "tick" (func $tick (param "n" u32) (result u32)))
  ${LIBC}
  (core func $lowered (canon lower (func $tick)))
  (core module $m
    (import "libc" "memory" (memory 1))
    (import "host" "tick" (func $tick (param i32) (result i32)))
    (func (export "ask") (param i32) (result i32) (call $tick (local.get 0)))
    (func (export "point") (param i32 i32 i32) (result i32)
      (i32.store8 (i32.const 8) (local.get 0)) (i32.store (i32.const 12) (local.get 1)) (i32.store8 (i32.const 16) (local.get 2))
      (i32.const 8)))
  (core instance $i (instantiate $m (with "libc" (instance $libc)) (with "host" (instance (export "tick" (func $lowered))))))
  (type $point (record (field "x" u8) (field "constructor" u32) (field "y" bool)))
  (export $exported "point" (type $point))
  (func $ask (param "n" u32) (result u32) (canon lift (core func $i "ask")))
  (func $echo (param "point" $exported) (result $exported)
    (canon lift (core func $i "point") (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
  (export "ask" (func $ask))
  (export "echo" (func $echo)))`

afterEach(() => {
  vi.unstubAllGlobals()
})

/** Counts who asks for generated functions. */
function watched(refuse: boolean): { made: number } {
  const seen = { made: 0 }
  const real = Function
  vi.stubGlobal(
    'Function',
    class {
      constructor(...args: string[]) {
        seen.made++
        if (refuse) throw new EvalError('Refused to evaluate a string as JavaScript')
        // biome-ignore lint/correctness/noConstructorReturn: what is stubbed does so
        return new real(...args)
      }
    },
  )
  return seen
}

async function exportsOf(options: EngineOptions): Promise<Untyped> {
  const engine = new Engine(options)
  const component = await Component.compile(TEXT, { engine })
  const instance = component.instantiateSync({ tick: (n: number) => n + 1 }, { engine })
  return instance.exports
}

/** Often enough for code to be wanted, and again once what makes it was loaded. */
async function use({ ask, echo }: Untyped): Promise<void> {
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 250; i++) {
      expect(ask(i)).toBe(i + 1)
      const point = { x: i, constructor: i * 7, y: i % 2 === 0 }
      expect(echo(point)).toEqual(point)
      expect(thrown(() => echo({ ...point, x: -1 })).message).toBe(
        'echo: param `point`.x: expected u8 (an integer from 0 to 255), got -1',
      )
      expect(thrown(() => echo({ x: 1, y: true })).message).toBe(
        'echo: param `point`.constructor: expected number, got undefined',
      )
    }
    await vi.waitFor(async () => await import('../../src/linker/glue/index.ts'))
  }
}

test('code is made for functions in steady use', async () => {
  const seen = watched(false)
  await use(await exportsOf({}))
  expect(seen.made).toBeGreaterThan(process.env['TIER'] === undefined || process.env['TIER'] === 'compiled' ? 1 : -1)
})

test.runIf(process.env['TIER'] === undefined)('none is made where the host says so', async () => {
  const seen = watched(false)
  await use(await exportsOf({ codegen: 'never' }))
  expect(seen.made).toBe(0)
})

test.runIf(process.env['TIER'] === undefined)(
  'a platform that refuses is asked once, and functions go on',
  async () => {
    const seen = watched(true)
    await use(await exportsOf({}))
    expect(seen.made).toBe(1)
  },
)

const LISTS = `(component
  ${LIBC}
  (core module $m
    (import "libc" "memory" (memory 1))
    (func (export "first") (param i32 i32) (result i32)
      (if (i32.eqz (local.get 1)) (then (return (i32.const 0)))) (i32.load (local.get 0)))
    (func (export "sum") (param i32 i32 i32) (result i32)
      (i32.add (i32.add (local.get 0) (local.get 1)) (local.get 2))))
  (core instance $i (instantiate $m (with "libc" (instance $libc))))
  (type $point (record (field "x" u32) (field "y" u8)))
  (export $exported "point" (type $point))
  (func $first (param "points" (list $exported)) (result u32)
    (canon lift (core func $i "first") (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
  (func $sum (param "point" $exported) (param "n" u32) (result u32) (canon lift (core func $i "sum")))
  (export "first" (func $first))
  (export "sum" (func $sum)))`

test.each(['auto', 'never'] as const)('a getter may call the function that reads it, codegen %s', async (codegen) => {
  const engine = new Engine({ codegen })
  const { first, sum } = (await Component.compile(LISTS, { engine })).instantiateSync({}, { engine }).exports as Untyped
  const calling = (call: () => unknown, y: number) => ({
    x: 7,
    get y() {
      expect(call()).toBe(40 + 2)
      return y
    },
  })
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 250; i++) {
      expect(
        sum(
          calling(() => sum({ x: 40, y: 1 }, 1), 2),
          i,
        ),
      ).toBe(9 + i)
      expect(first([calling(() => first([{ x: 42, y: 1 }]), 2)])).toBe(7)
      // a call that does not come about leaves nothing behind
      expect(
        thrown(() =>
          sum(
            calling(() => sum({ x: 40, y: 1 }, 1), 256),
            i,
          ),
        ).message,
      ).toContain('param `point`.y')
      expect(thrown(() => first([{ x: i, y: 1 }, calling(() => first([{ x: 42, y: 1 }]), 256)])).message).toContain(
        'param `points`[1].y',
      )
    }
    await vi.waitFor(async () => await import('../../src/linker/glue/index.ts'))
  }
})

test.each(['auto', 'never'] as const)('a variant of one case has no other, codegen %s', async (codegen) => {
  const engine = new Engine({ codegen })
  const text = `(component
    (core module $m (func (export "f") (param i32)))
    (core instance $i (instantiate $m))
    (type $v (variant (case "only")))
    (export $exported "v" (type $v))
    (func $f (param "v" $exported) (canon lift (core func $i "f")))
    (export "f" (func $f)))`
  const { f } = (await Component.compile(text, { engine })).instantiateSync({}, { engine }).exports as Untyped
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 250; i++) {
      f({ tag: 'only' })
      for (const tag of [undefined, 'other', 1])
        expect(thrown(() => f({ tag })).message).toMatch(/^f: param `v`\.tag: expected one of 'only', got /)
    }
    await vi.waitFor(async () => await import('../../src/linker/glue/index.ts'))
  }
})

test.each([3, 5, 26] as const)('a variant of %i cases and an enum of as many labels are told apart', async (count) => {
  const names = Array.from({ length: count }, (_, i) => `c${i}`)
  const text = `(component
    ${LIBC}
    (core module $m
      (import "libc" "memory" (memory 1))
      (func (export "v") (param i32 i32) (result i32)
        (i32.store8 (i32.const 8) (local.get 0)) (i32.store (i32.const 12) (local.get 1)) (i32.const 8))
      (func (export "e") (param i32) (result i32) (local.get 0)))
    (core instance $i (instantiate $m (with "libc" (instance $libc))))
    (type $v (variant ${names.map((name, i) => `(case "${name}"${i % 2 === 1 ? ' u32' : ''})`).join('')}))
    (type $e (enum ${names.map((name) => `"${name}"`).join(' ')}))
    (export $variant "v" (type $v))
    (export $enum "e" (type $e))
    (func $f (param "v" $variant) (result $variant) (canon lift (core func $i "v") (memory (core memory $libc "memory"))))
    (func $g (param "e" $enum) (result $enum) (canon lift (core func $i "e")))
    (export "f" (func $f))
    (export "g" (func $g)))`
  for (const codegen of ['auto', 'never'] as const) {
    const engine = new Engine({ codegen })
    const { f, g } = (await Component.compile(text, { engine })).instantiateSync({}, { engine }).exports as Untyped
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 250; i++) {
        const tag = names[i % count] as string // one of them
        const value = (i % count) % 2 === 1 ? { tag, val: i } : { tag }
        expect(f(value)).toEqual(value)
        expect(g(tag)).toBe(tag)
      }
      expect(thrown(() => f({ tag: 'c' })).message).toContain("f: param `v`.tag: expected one of 'c0', 'c1', ")
      expect(thrown(() => f({ tag: 'c1', val: 'x' })).message).toContain(
        'f: param `v`.val: expected number, got string "x"',
      )
      expect(thrown(() => g('c')).message).toContain("g: param `e`: expected one of 'c0', 'c1', ")
      await vi.waitFor(async () => await import('../../src/linker/glue/index.ts'))
    }
  }
})

test('who answers for a growth finds the instance closed, whatever code calls it', async () => {
  const engine = new Engine({ meter: 'exact' })
  const text = `(component
    (core module $m (memory 1)
      (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
      (func (export "one") (result i32) (i32.const 1)))
    (core instance $i (instantiate $m))
    (func (export "grow") (param "pages" u32) (result s32) (canon lift (core func $i "grow")))
    (func (export "one") (result u32) (canon lift (core func $i "one"))))`
  const said: string[] = []
  const limits = {
    growth: {
      memoryGrowing: () => {
        try {
          said.push(String(exports['one']()))
        } catch (error) {
          said.push(String(error))
        }
        return true
      },
    },
  }
  const component = await Component.compile(text, { engine, metered: true })
  const { exports }: { readonly exports: Untyped } = await component.instantiate({}, { engine, limits })
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 250; i++) {
      expect(exports['one']()).toBe(1)
      expect(exports['grow'](0)).toBeGreaterThan(0)
    }
    await vi.waitFor(async () => await import('../../src/linker/glue/index.ts'))
  }
  // it was asked about the beginning, too
  said.length = 0
  expect(exports['grow'](1)).toBe(1)
  expect(said).toEqual([expect.stringContaining('cannot enter component instance')])
})

test.each(['auto', 'never'] as const)('post-return may not drop a resource, codegen %s', async (codegen) => {
  const engine = new Engine({ codegen })
  const text = `(component
    (type $t (resource (rep i32)))
    (core func $new (canon resource.new $t))
    (core func $drop (canon resource.drop $t))
    (core module $m
      (import "" "new" (func $new (param i32) (result i32)))
      (import "" "drop" (func $drop (param i32)))
      (global $handle (mut i32) (i32.const 0))
      (func (export "make") (global.set $handle (call $new (i32.const 7))))
      (func (export "f") (result i32) (i32.const 5))
      (func (export "after") (param i32) (if (global.get $handle) (then (call $drop (global.get $handle))))))
    (core instance $i (instantiate $m (with "" (instance (export "new" (func $new)) (export "drop" (func $drop))))))
    (func (export "make") (canon lift (core func $i "make")))
    (func (export "f") (result u32) (canon lift (core func $i "f") (post-return (core func $i "after")))))`
  const { make, f } = (await Component.compile(text, { engine })).instantiateSync({}, { engine }).exports as Untyped
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 250; i++) expect(f()).toBe(5)
    await vi.waitFor(async () => await import('../../src/linker/glue/index.ts'))
  }
  make()
  expect(thrown(() => f()).message).toContain('cannot leave component instance')
  expect(thrown(() => f()).message).toContain('cannot enter component instance')
})

test.each(['auto', 'never'] as const)('an answer may be wider than what passes flat, codegen %s', async (codegen) => {
  const engine = new Engine({ codegen })
  const names = ['constructor', ...Array.from({ length: 19 }, (_, i) => `f${i}`)]
  const text = `(component
    (core module $m
      (memory (export "memory") 1)
      (data (i32.const 16) "\\01\\02\\03")
      (func (export "f") (result i32) (i32.const 16)))
    (core instance $i (instantiate $m))
    (type $wide (record ${names.map((name) => `(field "${name}" u8)`).join(' ')}))
    (export $exported "wide" (type $wide))
    (func (export "plain") (result $exported) (canon lift (core func $i "f") (memory (core memory $i "memory"))))
    (func (export "maybe") (result (option $exported)) (canon lift (core func $i "f") (memory (core memory $i "memory"))))
    (func (export "either") (result (result $exported (error $exported)))
      (canon lift (core func $i "f") (memory (core memory $i "memory")))))`
  const { exports }: { readonly exports: Untyped } = (await Component.compile(text, { engine })).instantiateSync(
    {},
    { engine },
  )
  const wide = (...first: number[]) => Object.fromEntries(names.map((name, i) => [name, first[i] ?? 0]))
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 250; i++) {
      expect(exports['plain']()).toEqual(wide(1, 2, 3))
      expect(exports['maybe']()).toEqual(wide(2, 3))
      expect(thrown(() => exports['either']()).payload).toEqual(wide(2, 3))
    }
    await vi.waitFor(async () => await import('../../src/linker/glue/index.ts'))
  }
})
