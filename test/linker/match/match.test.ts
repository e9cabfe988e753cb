/** Imports: which name serves which, what is missing and said so, what is given twice, and what is never looked at. */
import { describe, expect, test, vi } from 'vitest'
import { CoreModule, type Untyped } from '../../../src/index.ts'
import { parseText } from '../../../src/text.ts'
import { compile, problems, start, thrown } from '../help.ts'

/** Imports interfaces with one `f: func() -> u32` each and exports what they answer, as `a`, `b`, … */
function asking(...names: readonly string[]): string {
  const letters = 'abcdefgh'
  return `(component
    ${names
      .map(
        (name, i) => `
      (import "${name}" (instance $i${i} (export "f" (func (result u32)))))
      (core func $f${i} (canon lower (func $i${i} "f")))
      (core module $m${i} (import "" "f" (func $f (result i32))) (func (export "f") (result i32) call $f))
      (core instance $m${i} (instantiate $m${i} (with "" (instance (export "f" (func $f${i}))))))
      (func (export "${letters[i]}") (result u32) (canon lift (core func $m${i} "f")))`,
      )
      .join('')})`
}

const f = (n: number) => ({ f: () => n })

describe('names', () => {
  test.each([
    ['the exact name', 'a:b/c@1.2.0', { 'a:b/c@1.2.0': f(1), 'a:b/c@1.3.0': f(2), 'a:b/c': f(3) }, 1],
    ['the highest compatible version', 'a:b/c@1.2.0', { 'a:b/c@1.3.0': f(1), 'a:b/c@1.10.0': f(2), 'a:b/c': f(3) }, 2],
    ['a lower version of the same major too', 'a:b/c@1.2.0', { 'a:b/c@1.0.0': f(1) }, 1],
    ['no version at all', 'a:b/c@1.2.0', { 'a:b/c@2.0.0': f(1), 'a:b/c': f(3) }, 3],
    ['within 0.x, the same minor', 'a:b/c@0.2.1', { 'a:b/c@0.2.9': f(1), 'a:b/c@0.3.0': f(2) }, 1],
    ['a plain name', 'c', { c: f(4) }, 4],
    ['a name without version is served by no version', 'a:b/c', { 'a:b/c@1.0.0': f(1), 'a:b/c': f(3) }, 3],
  ])('%s', async (_, name, imports, answer) => {
    const { exports } = await start(asking(name), imports)
    expect(exports['a']()).toBe(answer)
  })

  test('two versions of one interface stand side by side', async () => {
    const component = asking('a:b/c@0.1.0', 'a:b/c@0.2.3')
    const both = await start(component, { 'a:b/c@0.1.0': f(1), 'a:b/c@0.2.0': f(2) })
    expect([both.exports['a'](), both.exports['b']()]).toEqual([1, 2])
    const one = await start(component, { 'a:b/c': f(7) })
    expect([one.exports['a'](), one.exports['b']()]).toEqual([7, 7])
  })

  test('a name of another package, version or case does not serve', async () => {
    const component = await compile(asking('a:b/c@1.2.0'))
    expect(problems(component, { 'a:b/d@1.2.0': f(1), 'a:b/c@2.0.0': f(1), 'A:b/c@1.2.0': f(1) })).toEqual([
      'missing-import a:b/c@1.2.0: import `a:b/c@1.2.0` was not found',
    ])
  })
})

describe('what is missing', () => {
  const MANY = `(component
    (import "a:b/one" (instance (export "f" (func)) (export "g-h" (func)) (export "r" (type (sub resource)))))
    (import "a:b/two@1.0.0" (instance (export "f" (func (param "x" u8)))))
    (import "top" (func))
    (import "types-only" (instance (type $t u8) (export "t" (type (eq $t)))))
    (import "m" (core module)))`

  test('all of it is told at once, by path, with what was tried', async () => {
    const component = await compile(MANY)
    const { problems: all, message } = thrown(() => component.instantiateSync({ 'a:b/one': { f() {} } }))
    expect(all.map((p: Untyped) => [p.kind, p.path, p.tried])).toEqual([
      ['missing-import', 'a:b/one#r', ['R']],
      ['missing-import', 'a:b/one#g-h', ['gH']],
      ['missing-import', 'a:b/two@1.0.0', ['a:b/two@1.0.0', 'a:b/two@<compatible with 1.0.0>', 'a:b/two']],
      ['missing-import', 'top', ['top']],
      ['missing-import', 'm', ['m']],
    ])
    expect(message.split('\n')).toHaveLength(5)
  })

  test('no imports at all', async () => {
    expect(problems(await compile(MANY))).toHaveLength(4)
  })

  test('the wrong sort of thing', async () => {
    const component = await compile(MANY)
    const imports = { 'a:b/one': { f: 7, gH() {}, R: {} }, 'a:b/two': 'x', 'top': { default: null }, 'm': {} }
    expect(problems(component, imports)).toEqual([
      'type-mismatch a:b/one#r: type mismatch: expected a class, found an object',
      'type-mismatch a:b/one#f: type mismatch: expected func(), found number 7',
      'type-mismatch a:b/two@1.0.0: type mismatch: expected an object of functions and classes, found string "x"',
      'type-mismatch top: type mismatch: expected func(), found null',
      'type-mismatch m: type mismatch: expected a CoreModule or a WebAssembly.Module, found an object',
    ])
  })

  test('an import source that is none is a TypeError', async () => {
    const component = await compile(asking('a'))
    for (const source of [null, 7, 'x', () => null]) {
      expect(() => component.instantiateSync([source] as Untyped)).toThrow(TypeError)
    }
  })
})

test('only own properties are read', async () => {
  const component = await compile(asking('to-string', 'constructor'))
  expect(problems(component, {})).toHaveLength(2)
  expect(problems(component, { 'to-string': {}, 'constructor': { f: () => 1 } })).toEqual([
    'missing-import to-string#f: instance import has no member `f`',
  ])
  expect(problems(component, Object.create({ 'to-string': f(1), 'constructor': f(2) }))).toHaveLength(2)
  const inherited = { 'to-string': Object.create(f(1)), 'constructor': f(2) }
  expect(problems(component, inherited)).toHaveLength(1)
})

test('what no import asks for is never touched', async () => {
  const untouched = vi.fn()
  const imports = Object.defineProperty({ a: f(1) }, 'b', { enumerable: true, get: untouched })
  const { exports } = await start(asking('a'), imports)
  expect(exports['a']()).toBe(1)
  expect(untouched).not.toHaveBeenCalled()
})

test('a function is called without `this`, under the key of its name or `default`', async () => {
  const TOP = `(component
    (import "top-fn" (func $top (result u32)))
    (core func $f (canon lower (func $top)))
    (core module $m (import "" "f" (func $f (result i32))) (func (export "f") (result i32) call $f))
    (core instance $m (instantiate $m (with "" (instance (export "f" (func $f))))))
    (func (export "f") (result u32) (canon lift (core func $m "f"))))`
  const seen: unknown[] = []
  function top(this: unknown): number {
    seen.push(this)
    return 5
  }
  expect((await start(TOP, { 'top-fn': { default: top } })).exports['f']()).toBe(5)
  expect((await start(TOP, { 'top-fn': top })).exports['f']()).toBe(5)
  expect(seen).toEqual([undefined, undefined])
})

describe('several sources', () => {
  test('they are merged, interface by interface and member by member', async () => {
    const { exports } = await start(asking('a', 'b'), [{ a: f(1) }, { b: f(2) }])
    expect([exports['a'](), exports['b']()]).toEqual([1, 2])
  })

  test('an item given twice is a problem', async () => {
    const component = await compile(asking('a', 'b'))
    expect(problems(component, [{ a: f(1), b: f(1) }, { b: f(2) }])).toEqual([
      'duplicate b#f: given by more than one import source',
    ])
  })
})

describe('core modules', () => {
  const IMPORTS = `(component
    (import "m" (core module $m (import "a" "g" (func (result i32))) (export "f" (func (result i32)))))
    (core module $g (func (export "g") (result i32) i32.const 42))
    (core instance $g (instantiate $g))
    (core instance $i (instantiate $m (with "a" (instance $g))))
    (func (export "f") (result u32) (canon lift (core func $i "f"))))`
  const core = async (text: string): Promise<Uint8Array> => {
    const component = await compile(`(component (core module $m ${text}) (export "m" (core module $m)))`)
    expect(component.exports.get('m')?.type.kind).toBe('module')
    return await coreBytes(text)
  }
  async function coreBytes(text: string): Promise<Uint8Array> {
    const bytes = await parseText(`(component (core module ${text}))`)
    // the module is all of the component but its preamble and the head of one section
    return bytes.subarray(bytes.findIndex((_, i) => i > 7 && bytes[i] === 0 && bytes[i + 1] === 0x61))
  }
  const FITS = '(import "a" "g" (func $g (result i32))) (func (export "f") (result i32) call $g)'

  test('a CoreModule and a WebAssembly.Module serve', async () => {
    const bytes = Uint8Array.from(await core(FITS))
    for (const m of [await CoreModule.compile(bytes), new WebAssembly.Module(bytes)]) {
      expect((await start(IMPORTS, { m })).exports['f']()).toBe(42)
      expect((await start(IMPORTS, { m: { default: m } })).exports['f']()).toBe(42)
    }
  })

  test('one of another type does not', async () => {
    const component = await compile(IMPORTS)
    const m = await CoreModule.compile(await core('(func (export "f") (param i32) (result i32) local.get 0)'))
    const [problem] = problems(component, { m })
    expect(problem).toMatch(/^type-mismatch m: type mismatch at /)
    expect(problems(component, { m })).toHaveLength(1)
  })

  test('one that a component exports serves another', async () => {
    const { exports } = await start(`(component (core module $m ${FITS}) (export "my-m" (core module $m)))`)
    expect(exports['myM']).toBeInstanceOf(CoreModule)
    expect((await start(IMPORTS, { m: exports['myM'] })).exports['f']()).toBe(42)
  })
})

describe('components', () => {
  const IMPORTS = `(component
    (import "c" (component $c (import "n" (func (result u32))) (export "f" (func (result u32)))))
    (core module $m (func (export "n") (result i32) i32.const 41))
    (core instance $m (instantiate $m))
    (func $n (result u32) (canon lift (core func $m "n")))
    (instance $i (instantiate $c (with "n" (func $n))))
    (export "f" (func $i "f")))`
  const FITS = `(component
    (import "n" (func $n (result u32)))
    (core func $n (canon lower (func $n)))
    (core module $m (import "" "n" (func $n (result i32)))
      (func (export "f") (result i32) (i32.add (call $n) (i32.const 1))))
    (core instance $m (instantiate $m (with "" (instance (export "n" (func $n))))))
    (func (export "f") (result u32) (canon lift (core func $m "f"))))`

  test('a Component serves an import', async () => {
    const c = await compile(FITS)
    expect((await start(IMPORTS, { c })).exports['f']()).toBe(42)
    // each instance has its own
    expect((await start(IMPORTS, { c })).exports['f']()).toBe(42)
  })

  test('one of another type does not', async () => {
    const c = await compile('(component (import "other" (func)) (import "n" (func (result string))))')
    expect(problems(await compile(IMPORTS), { c })).toHaveLength(1)
    expect(problems(await compile(IMPORTS), { c: {} })).toEqual([
      'type-mismatch c: type mismatch: expected a Component, found an object',
    ])
  })

  test('one that an instance exports serves, with what it closes over', async () => {
    const { exports } = await start(`(component
      (core module $m (func (export "f") (result i32) i32.const 7))
      (component $c
        (alias outer 1 0 (core module $m))
        (core instance $i (instantiate $m))
        (func (export "f") (result u32) (canon lift (core func $i "f"))))
      (export "c" (component $c)))`)
    const inner = exports['c'].instantiateSync()
    expect(inner.exports['f']()).toBe(7)
    const imports =
      '(component (import "c" (component $c (export "f" (func (result u32))))) (instance $i (instantiate $c)) (export "f" (func $i "f")))'
    expect((await start(imports, { c: exports['c'] })).exports['f']()).toBe(7)
  })
})

describe('core names from the component are never paths', () => {
  test('`__proto__` and `constructor` as core import names', async () => {
    const snapshot = [Object.prototype, Function.prototype, Array.prototype].map((p) =>
      Reflect.ownKeys(p).map(String).join(),
    )
    const { exports } = await start(`(component
      (core module $m
        (import "__proto__" "__proto__" (func $a (result i32)))
        (import "constructor" "to-string" (func $b (result i32)))
        (import "" "" (func $c (result i32)))
        (func (export "__proto__") (result i32) (i32.add (call $c) (i32.add (call $a) (call $b)))))
      (core module $one (func (export "__proto__") (export "to-string") (export "") (result i32) i32.const 1))
      (core instance $one (instantiate $one))
      (core instance $m (instantiate $m
        (with "__proto__" (instance $one)) (with "constructor" (instance $one)) (with "" (instance $one))))
      (func (export "f") (result u32) (canon lift (core func $m "__proto__"))))`)
    expect(exports['f']()).toBe(3)
    expect(
      [Object.prototype, Function.prototype, Array.prototype].map((p) => Reflect.ownKeys(p).map(String).join()),
    ).toEqual(snapshot)
  })
})
