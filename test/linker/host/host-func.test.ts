/** Calls in both directions: what a WIT `result` is to JavaScript, what host functions may throw, and what a bad answer does. */
import { describe, expect, test } from 'vitest'
import { ComponentError, suspending, Trap, type Untyped } from '../../../src/index.ts'
import { compile, LIBC, problems, start, thrown } from '../help.ts'

/** `ask` is imported and exported as `ask` again: whatever the host answers, the host gets. */
function relay(result: string, param = ''): string {
  const flat = param === '' ? '' : '(param i32)'
  return `(component
    ${LIBC}
    (type $r ${result})
    (import "ask" (func $ask ${param} (result $r)))
    (core func $ask (canon lower (func $ask) (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
    (core module $m
      (import "" "ask" (func $ask ${flat} (param i32)))
      (func (export "ask") ${flat} (result i32)
        ${flat === '' ? '' : 'local.get 0'} i32.const 16 call $ask i32.const 16))
    (core instance $m (instantiate $m (with "" (instance (export "ask" (func $ask))))))
    (func (export "ask") ${param} (result $r)
      (canon lift (core func $m "ask") (memory (core memory $libc "memory")) (realloc (core func $libc "realloc")))))`
}

const NAMES = '(result string (error string))'
const asked = async (result: string, ask: (...args: Untyped[]) => unknown): Promise<Untyped> =>
  await start(relay(result), { ask })

describe('a result', () => {
  test('ok: the host returns it, the export returns it', async () => {
    const instance = await asked(NAMES, () => 'fine')
    expect(instance.exports.ask()).toBe('fine')
    expect(instance.func('ask').call([])).toEqual({ tag: 'ok', val: 'fine' })
  })

  test.each([
    ['a ComponentError', () => new ComponentError('bad')],
    ['anything with an own payload', () => Object.assign(new Error('x'), { payload: 'bad' })],
    ['the error itself, if it is no Error', () => 'bad'],
  ])('err: the host throws %s, the export throws a ComponentError', async (_, make) => {
    const instance = await asked(NAMES, () => {
      throw make()
    })
    const error = thrown(() => instance.exports.ask())
    expect(error).toBeInstanceOf(ComponentError)
    expect(error).toMatchObject({ kind: 'component', payload: 'bad', message: 'bad' })
    expect(Object.keys(error)).not.toContain('payload')
    expect(instance.func('ask').call([])).toEqual({ tag: 'err', val: 'bad' })
    expect(instance.state).toBe('ready')
  })

  test('a payload that is no string is enumerable, and the message says that it is there', async () => {
    const instance = await asked('(result string (error (tuple u8 u8)))', () => {
      throw [1, 2]
    })
    const error = thrown(() => instance.exports.ask())
    expect(Object.keys(error)).toContain('payload')
    expect(error).toMatchObject({ payload: [1, 2], message: 'object (see error.payload)' })
  })

  test('an err without payload', async () => {
    const instance = await asked('(result (tuple u8 u8))', () => {
      throw undefined
    })
    expect(thrown(() => instance.exports.ask())).toMatchObject({ payload: undefined })
  })

  test('a real Error is a failure of the host: a trap, with the error as its cause', async () => {
    const cause = new SyntaxError('not this')
    const instance = await asked(NAMES, () => {
      throw cause
    })
    const error = thrown(() => instance.exports.ask())
    expect(error).toBeInstanceOf(Trap)
    expect(error).toMatchObject({
      code: 'host-threw',
      path: 'ask',
      message: 'wasm trap: a host function threw: not this',
    })
    expect(error.cause).toBe(cause)
    expect(instance.state).toBe('trapped')
    expect(instance.trap).toBe(error)
  })

  test.each([
    ['the ok', () => 7, 'ask: result: expected string, got number 7'],
    [
      'the err',
      () => {
        throw 7
      },
      'ask: thrown error: expected string, got number 7',
    ],
    ['a promise for the ok', async () => 'fine', /^wasm trap: ask: result: got a Promise from a synchronous function/],
  ])('%s of the wrong type is a trap', async (_, ask, message) => {
    const instance = await asked(NAMES, ask)
    const error = thrown(() => instance.exports.ask())
    expect(error).toMatchObject({ code: 'host-value', path: 'ask' })
    expect(error.message).toMatch(message)
    expect(instance.state).toBe('trapped')
  })
})

describe('a bad answer', () => {
  test.each([
    ['a promise', async () => 'x', /got a Promise from a synchronous function; mark the function with `suspending`/],
    ['a rejected promise', () => Promise.reject(new Error('x')), /got a Promise from a synchronous function/],
    ['nothing', () => {}, /ask: result: expected string, got undefined/],
    ['a Symbol', () => Symbol('s'), /ask: result: expected string, got symbol/],
  ])('%s is a trap that names the place', async (_, ask, message) => {
    const instance = await asked('string', ask)
    expect(thrown(() => instance.exports.ask())).toMatchObject({
      code: 'host-value',
      path: 'ask',
      message: expect.stringMatching(message),
    })
  })

  test.each([
    ['a primitive', 7],
    ['undefined', undefined],
    ['a frozen error', Object.freeze(new Error('cold'))],
    [
      'a proxy that throws',
      new Proxy(new Error('x'), {
        get() {
          throw new TypeError('no')
        },
      }),
    ],
  ])('a host function that throws %s ends the instance, and it is the cause', async (_, cause) => {
    const instance = await asked('string', () => {
      throw cause
    })
    const error = thrown(() => instance.exports.ask())
    expect(error).toBeInstanceOf(Trap)
    expect(error.code).toBe('host-threw')
    expect(error.cause === cause).toBe(true)
    expect(instance.state).toBe('trapped')
  })

  test('a function without result may return anything but a promise', async () => {
    const text = `(component
      (import "tell" (func $tell))
      (core func $tell (canon lower (func $tell)))
      (core module $m (import "" "f" (func $f)) (func (export "f") call $f))
      (core instance $m (instantiate $m (with "" (instance (export "f" (func $tell))))))
      (func (export "tell") (canon lift (core func $m "f"))))`
    expect((await start(text, { tell: () => 7 })).exports['tell']()).toBeUndefined()
    const { exports } = await start(text, { tell: async () => {} })
    expect(thrown(() => exports['tell']())).toMatchObject({ code: 'host-value' })
  })
})

test('a `suspending` function is refused where no stack can be switched, and where that is not loaded', async () => {
  const component = await compile(relay('string'))
  if ('Suspending' in WebAssembly) {
    const now = () => component.instantiateSync({ ask: suspending(async () => 'x') })
    expect(thrown(now)).toMatchObject({
      name: 'TypeError',
      message: expect.stringMatching(/^an import is `suspending`/),
    })
    return
  }
  const found = problems(component, { ask: suspending(async () => 'x') })
  expect(found).toHaveLength(1)
  expect(found[0]).toMatch(/^needs-jspi ask: /)
})

describe('arguments of exports', () => {
  const TEXT = relay('(tuple u8 u8)', '(param "the-name" u8)')

  test('too many are ignored, too few are undefined', async () => {
    const { exports } = await start(TEXT, { ask: (n: number) => [n, n] })
    expect(exports['ask'](7, 8, 9)).toEqual([7, 7])
    expect(thrown(() => exports['ask']())).toMatchObject({
      name: 'TypeError',
      message: 'ask: param `the-name`: expected number, got undefined',
    })
  })

  test('what does not fit is refused before the guest is entered, also by path', async () => {
    const instance = await start(TEXT, { ask: (n: number) => [n, n] })
    for (const call of [() => instance.exports['ask'](300), () => instance.func('ask').call([300])]) {
      expect(thrown(call)).toMatchObject({
        name: 'RangeError',
        message: 'ask: param `the-name`: expected u8 (an integer from 0 to 255), got 300',
      })
    }
    expect(instance.state).toBe('ready')
    expect(instance.exports['ask'](3)).toEqual([3, 3])
  })

  test('a getter that calls the same instance is served before the call begins', async () => {
    const text = relay('(tuple u8 u8)', '(param "r" (tuple u8))')
    const { exports } = await start(text, { ask: ([n]: number[]) => [n, n] })
    const inner: unknown[] = []
    const value = {
      length: 1,
      get 0() {
        inner.push(exports['ask']([5]))
        return 6
      },
    }
    expect(exports['ask'](value)).toEqual([6, 6])
    expect(inner).toEqual([[5, 5]])
  })
})

describe('the caller that factories get', () => {
  const TEXT = relay('(tuple u8 u8)', '(param "n" u8)')

  test('tells who calls, with what context, while it calls', async () => {
    const component = await compile(TEXT)
    const seen: Untyped[] = []
    let caller: Untyped
    const instance = component.instantiateSync(
      (given: Untyped) => {
        caller = given
        return {
          ask: (n: number) => {
            seen.push([given.name, given.context, given.call.path, given.call.depth, given.call.signal.aborted])
            return [n, n]
          },
        }
      },
      { name: 'plugin', context: { user: 'bob' } },
    )
    instance.exports['ask'](1)
    expect(seen).toEqual([['plugin', { user: 'bob' }, 'ask', 1, false]])
    expect(() => caller.call).toThrow(TypeError)
    expect(caller.usage()).toHaveProperty('hostBytesPerCall')
  })

  test('a factory runs once per instance', async () => {
    const component = await compile(TEXT)
    let runs = 0
    const factory = () => ({ ask: () => [++runs, runs] })
    component.instantiateSync(factory as Untyped)
    const second = component.instantiateSync((() => {
      runs += 10
      return factory()
    }) as Untyped)
    expect(runs).toBe(10)
    expect(second.exports['ask'](0)).toEqual([11, 11])
  })

  test('a factory may answer with a promise, but not to the synchronous form', async () => {
    const component = await compile(TEXT)
    const factory = async () => ({ ask: (n: number) => [n, n] })
    const instance = await component.instantiate(factory as Untyped)
    expect(instance.exports['ask'](4)).toEqual([4, 4])
    expect(() => component.instantiateSync(factory as Untyped)).toThrow(TypeError)
  })
})

test('a host function may call the instance it serves only if the component model allows it', async () => {
  let instance: Untyped
  instance = await start(relay('string'), { ask: () => instance.exports.ask() })
  const error = thrown(() => instance.exports.ask())
  expect(error).toMatchObject({ kind: 'trap', message: expect.stringContaining('cannot enter component instance') })
  expect(instance.state).toBe('trapped')
})
