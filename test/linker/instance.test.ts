/** A running instance: its state, what a trap does to it and to nobody else, its functions by path, and its end. */
import { describe, expect, test } from 'vitest'
import { ClosedError, Engine, type Instance, LinkError, Trap, type Untyped } from '../../src/index.ts'
import { compile, start, thrown } from './help.ts'

const TRAPS = `(component
  (core module $m
    (memory 1)
    (func $forever (export "forever") call $forever)
    (func (export "unreachable") unreachable)
    (func (export "divide") (param i32) (result i32) (i32.div_u (i32.const 1) (local.get 0)))
    (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
    (func (export "fine") (result i32) i32.const 1))
  (core instance $m (instantiate $m))
  (func (export "forever") (canon lift (core func $m "forever")))
  (func (export "unreachable") (canon lift (core func $m "unreachable")))
  (func (export "divide") (param "by" u32) (result u32) (canon lift (core func $m "divide")))
  (func (export "load") (param "at" u32) (result u32) (canon lift (core func $m "load")))
  (func (export "fine") (result u32) (canon lift (core func $m "fine"))))`

describe('a trap', () => {
  test.each([
    ['unreachable', [], 'unreachable', 'wasm trap: wasm `unreachable` instruction executed'],
    ['divide', [0], 'core', 'wasm trap: integer divide by zero'],
    ['load', [0xffff_ffff], 'core', 'wasm trap: out of bounds memory access'],
    ['forever', [], 'stack-overflow', 'wasm trap: call stack exhausted'],
  ])('%s', async (name, args, code, message) => {
    const instance = await start(TRAPS)
    expect(instance.exports['fine']()).toBe(1)
    expect([instance.state, instance.trap]).toEqual(['ready', undefined])
    const trap = thrown(() => instance.exports[name](...args))
    expect(trap).toBeInstanceOf(Trap)
    expect(trap).toBeInstanceOf(WebAssembly.RuntimeError)
    expect(trap).toMatchObject({ kind: 'trap', code, message, path: name })
    expect(instance.state).toBe('trapped')
    expect(instance.trap).toBe(trap)

    const later = thrown(() => instance.exports['fine']())
    expect(later).toMatchObject({ code: 'cannot-enter', message: 'wasm trap: cannot enter component instance' })
    expect(later.cause).toBe(trap)
    // the first reason stays
    expect(instance.trap).toBe(trap)
    expect(thrown(() => instance.func('fine').call([]))).toMatchObject({ code: 'cannot-enter' })
  })

  test('ends one instance only', async () => {
    const engine = new Engine()
    const component = await compile(TRAPS, engine)
    const [one, other] = [component.instantiateSync({}, { engine }), component.instantiateSync({}, { engine })]
    thrown(() => one.exports['unreachable']())
    expect([one.state, other.state]).toEqual(['trapped', 'ready'])
    expect(other.exports['fine']()).toBe(1)
  })

  test('in a start function refuses the instance', async () => {
    const component = await compile(
      '(component (core module $m (func $f unreachable) (start $f)) (core instance (instantiate $m)))',
    )
    const error = thrown(() => component.instantiateSync())
    expect(error).toMatchObject({ kind: 'trap', code: 'unreachable' })
    await expect(component.instantiate()).rejects.toMatchObject({ kind: 'trap', code: 'unreachable' })
  })
})

// Legacy exception handling, which every engine from Node 20 on still has: (try (do call $f) (catch_all)) and then on.
const CATCHES = Uint8Array.of(
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
  ...[0x01, 0x08, 0x02, 0x60, 0x00, 0x00, 0x60, 0x00, 0x01, 0x7f],
  ...[0x02, 0x06, 0x01, 0x00, 0x01, 0x66, 0x00, 0x00],
  ...[0x03, 0x02, 0x01, 0x01],
  ...[0x07, 0x05, 0x01, 0x01, 0x67, 0x00, 0x01],
  ...[0x0a, 0x0c, 0x01, 0x0a, 0x00, 0x06, 0x40, 0x10, 0x00, 0x19, 0x0b, 0x41, 0x07, 0x0b],
)

test.skipIf(!WebAssembly.validate(CATCHES))('a guest that catches everything does not catch what ends it', async () => {
  const text = `(component
    (import "fail" (func $fail))
    (import "m" (core module $m (import "" "f" (func)) (export "g" (func (result i32)))))
    (core func $fail (canon lower (func $fail)))
    (core instance $m (instantiate $m (with "" (instance (export "f" (func $fail))))))
    (func (export "go") (result u32) (canon lift (core func $m "g"))))`
  const m = new WebAssembly.Module(CATCHES)
  const cause = new Error('from the host')
  const instance = await start(text, {
    m,
    fail: () => {
      throw cause
    },
  })
  const trap = thrown(() => instance.exports['go']())
  expect(trap).toMatchObject({ code: 'host-threw' })
  expect(trap.cause).toBe(cause)
  expect(instance.state).toBe('trapped')
  // and it can catch, if nothing ended it
  expect((await start(text, { m, fail: () => {} })).exports['go']()).toBe(7)
})

describe('functions by path', () => {
  const TEXT = `(component
    (core module $m (func (export "f") (param i32) (result i32) local.get 0))
    (core instance $m (instantiate $m))
    (func $f (param "n" u32) (result u32) (canon lift (core func $m "f")))
    (instance $i (export "get-it" (func $f)))
    (export "top-f" (func $f))
    (export "acme:calc/ops@0.3.1" (instance $i))
    (export "acme:other/ops@1.0.0" (instance $i))
    (export "acme:one/alone@1.0.0" (instance $i)))`
  let instance: Instance

  test.each([
    ['top-f', 'top-f'],
    ['acme:calc/ops@0.3.1#get-it', 'acme:calc/ops@0.3.1#get-it'],
    ['acme:calc/ops#get-it', 'acme:calc/ops@0.3.1#get-it'],
    ['alone#get-it', 'acme:one/alone@1.0.0#get-it'],
  ])('%s', async (path, full) => {
    instance ??= await start(TEXT)
    const func = instance.func(path)
    expect(func.path).toBe(full)
    expect(func.type).toMatchObject({ kind: 'func', async: false, params: [{ name: 'n', type: { kind: 'u32' } }] })
    expect(func.call([3])).toBe(3)
    expect(await func.callAsync([4])).toBe(4)
  })

  test.each([
    ['ops#get-it', /no such function; there are acme:calc\/ops@0.3.1, acme:other\/ops@1.0.0/],
    ['topF', /no such function; there are top-f/],
    ['alone#getIt', /no such function; there are get-it/],
    ['acme:calc/ops@0.3.1', /no such function/],
    ['', /no such function/],
    ['constructor', /no such function/],
    ['__proto__#x', /no such function/],
  ])('%s is not there', async (path, message) => {
    instance ??= await start(TEXT)
    const error = thrown(() => instance.func(path))
    expect(error).toBeInstanceOf(LinkError)
    expect(error.problems[0]).toMatchObject({ kind: 'missing-export', message: expect.stringMatching(message) })
  })

  test('a call that was aborted before it began does not begin', async () => {
    instance ??= await start(TEXT)
    const reason = new Error('stop')
    await expect(instance.func('top-f').callAsync([1], { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })
})

describe('the end', () => {
  test('a disposed instance is closed, once and for all', async () => {
    const instance = await start(TRAPS)
    const { exports } = instance
    instance[Symbol.dispose]()
    instance[Symbol.dispose]()
    expect(instance.state).toBe('disposed')
    for (const call of [() => exports['fine'](), () => instance.func('fine').call([])])
      expect(thrown(call)).toBeInstanceOf(ClosedError)
  })

  test('asynchronously too', async () => {
    const instance = await start(TRAPS)
    await instance.drain()
    await instance[Symbol.asyncDispose]()
    expect(instance.state).toBe('disposed')
  })

  test('an engine disposes what it holds', async () => {
    const engine = new Engine()
    const component = await compile(TRAPS, engine)
    const instances = [1, 2].map(() => component.instantiateSync({}, { engine }))
    expect(engine.graph().plugins.map(({ state }) => state)).toEqual(['ready', 'ready'])
    engine[Symbol.dispose]()
    expect(instances.map(({ state }) => state)).toEqual(['disposed', 'disposed'])
    expect(thrown(() => component.instantiateSync({}, { engine }))).toBeInstanceOf(ClosedError)
  })

  test('of an engine comes to what is being started, whoever disposes of it', async () => {
    const text = `(component
      (import "f" (func $f)) (core func $g (canon lower (func $f)))
      (core module $m (import "" "g" (func $g)) (start $g))
      (core instance (instantiate $m (with "" (instance (export "g" (func $g)))))))`
    const component = await compile(text)
    const closes = async (imports: (end: () => void) => Untyped): Promise<void> => {
      const engine = new Engine()
      const end = () => engine[Symbol.dispose]()
      await expect(component.instantiate(imports(end), { engine })).rejects.toMatchObject({ kind: 'closed' })
      expect(engine.usage().instances.used).toBe(0)
    }
    await closes((end) => ({ f: { default: end } }))
    await closes((end) => async () => {
      end()
      return { f: { default: () => {} } }
    })
  })

  test('its own resources are destroyed with it', async () => {
    const dropped: number[] = []
    const instance = await start(
      `(component
        (import "gone" (func $gone (param "rep" u32)))
        (core func $gone (canon lower (func $gone)))
        (core module $d (import "" "gone" (func $gone (param i32))) (func (export "dtor") (param i32) local.get 0 call $gone))
        (core instance $d (instantiate $d (with "" (instance (export "gone" (func $gone))))))
        (type $r (resource (rep i32) (dtor (core func $d "dtor"))))
        (core func $new (canon resource.new $r))
        (core module $m (import "" "new" (func $new (param i32) (result i32)))
          (func (export "keep") (param i32) (drop (call $new (local.get 0)))))
        (core instance $m (instantiate $m (with "" (instance (export "new" (func $new))))))
        (func (export "keep") (param "rep" u32) (canon lift (core func $m "keep"))))`,
      { gone: (rep: number) => dropped.push(rep) },
    )
    instance.exports['keep'](5)
    instance.exports['keep'](6)
    instance[Symbol.dispose]()
    expect(dropped.sort()).toEqual([5, 6])
  })
})

test('a host function sees its instance busy, and may dispose it', async () => {
  const states: Untyped[] = []
  const text = `(component
    (import "f" (func $f))
    (core func $f (canon lower (func $f)))
    (core module $m (import "" "f" (func $f)) (func (export "f") call $f))
    (core instance $m (instantiate $m (with "" (instance (export "f" (func $f))))))
    (func (export "f") (canon lift (core func $m "f"))))`
  const instance: Instance = await start(text, { f: () => states.push(instance.state) })
  instance.exports['f']()
  expect([...states, instance.state]).toEqual(['busy', 'ready'])

  const closing: Instance = await start(text, { f: () => closing[Symbol.dispose]() })
  thrown(() => closing.exports['f']())
  expect(closing.state).toBe('disposed')
  expect(thrown(() => closing.exports['f']())).toBeInstanceOf(ClosedError)
})
