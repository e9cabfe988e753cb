/**
 * Traps that are traps: no `catch_all` takes them, the root is dead before anything is thrown, and the words are the
 * same whatever the engine says. The guests here are real modules, because only real ones can catch.
 */
import { beforeAll, describe, expect, test } from 'vitest'
import wabt from 'wabt'
import { canonLift } from '../../src/abi/canon-lift.ts'
import { canonLower } from '../../src/abi/canon-lower.ts'
import type { CoreFunction } from '../../src/abi/context.ts'
import { Store } from '../../src/abi/embedding.ts'
import { hostFunc } from '../../src/abi/host-func.ts'
import { runInside } from '../../src/abi/instance.ts'
import { classify } from '../../src/abi/trap.ts'
import { BugError, LimitError, Trap } from '../../src/model/errors.ts'
import { bridge, envOf, expectTrap, func, invoke, newInstance, newRoot, options, string, u32 } from './harness.ts'

let assemble: (wat: string) => WebAssembly.Module
beforeAll(async () => {
  const tools = await wabt()
  assemble = (wat) => {
    const module = tools.parseWat('test.wat', wat, { exceptions: true, mutable_globals: true, reference_types: true })
    return new WebAssembly.Module(module.toBinary({}).buffer as Uint8Array<ArrayBuffer>)
  }
})

function exportsOf(wat: string, imports: WebAssembly.ModuleImports = {}): Record<string, CoreFunction> {
  return new WebAssembly.Instance(assemble(wat), { '': imports }).exports as Record<string, CoreFunction>
}

const NONE = options(undefined)

// A guest that swallows whatever can be caught, and then goes on.
const SWALLOW = `(module
  (import "" "f" (func $f))
  (func (export "run") (result i32)
    (try (do (call $f)) (catch_all))
    i32.const 7))`

const REFUSING = new Proxy(
  {},
  {
    get() {
      throw REFUSING
    },
    has() {
      throw REFUSING
    },
    getPrototypeOf() {
      throw REFUSING
    },
  },
)

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable(new Error('revoked'), {})
  revoke()
  return proxy
}

test.each<[string, unknown]>([
  ['refuses to be looked at', REFUSING],
  ['was revoked', revoked()],
  ['refuses as an error', new Proxy(new RangeError('call stack'), { get: () => REFUSING })],
])('a proxy that %s is classified all the same', (_, thrown) => {
  const { error, object } = classify(thrown, 'f')
  expect(error).toBeInstanceOf(Trap)
  expect(error).toMatchObject({ code: 'host-threw', path: 'f' })
  expect(object).toBeUndefined()
})

describe('a guest cannot catch', () => {
  test.each([
    ['what a host function throws', new Error('boom'), 'host-threw', 'a host function threw: boom'],
    [
      'a RuntimeError made by the host',
      new WebAssembly.RuntimeError('unreachable'),
      'host-threw',
      'a host function threw: unreachable',
    ],
    ['no error at all', 42, 'host-threw', 'a host function threw'],
    ['a Trap', new Trap('host-value', 'not a string'), 'host-value', 'not a string'],
    ['our own bugs', new BugError('oh'), 'internal', /^wasm trap: internal error: BUG in wasm-link: oh/],
  ] as const)('%s', (_name, thrown, code, message) => {
    const inst = newInstance()
    const cause: unknown = thrown
    const host = hostFunc(func([]), 'host', bridge, (): never => {
      throw cause
    })
    const f = canonLower(envOf(inst), host, func([]), NONE)
    const run = canonLift(envOf(inst, [], 'run'), exportsOf(SWALLOW, { f })['run'] as CoreFunction, func([], u32), NONE)
    const trap = expectTrap(() => invoke(run), code, message)
    expect(trap).toBeInstanceOf(Trap)
    expect(trap).toBeInstanceOf(WebAssembly.RuntimeError)
    expect(trap.path).toBe('host')
    expect(inst.root.trap).toBe(trap)
    if (code !== 'host-value') expect(trap.cause).toBe(cause)
  })

  test('a limit', () => {
    const inst = newInstance()
    inst.root.hook = () => {
      throw new LimitError('fuel', 10, 10, 'limits.fuel')
    }
    const host = hostFunc(func([]), 'host', bridge, () => undefined)
    const f = canonLower(envOf(inst), host, func([]), NONE)
    const { run } = exportsOf(SWALLOW, { f }) as { run: CoreFunction }
    let error: unknown
    try {
      runInside(inst, 'start', () => run())
    } catch (thrown) {
      error = thrown
    }
    expect(error).toBeInstanceOf(LimitError)
    expect(error).toMatchObject({ kind: 'limit', limit: 'fuel', used: 10, cap: 10, option: 'limits.fuel' })
    expect(inst.root.trap).toBe(error)
  })

  test('a trap of its own built-ins, nor one in its realloc', () => {
    const inst = newInstance()
    const f = canonLower(
      envOf(inst),
      hostFunc(func([], string), 'text', bridge, () => 'abc'),
      func([], string),
      {
        ...options(undefined),
        memory: undefined,
      },
    )
    // no memory: the deep failure is ours, so it is `internal`; it must not be caught either
    const wat = SWALLOW.replace('(func $f)', '(func $f (param i32))').replace('(call $f)', '(call $f (i32.const 0))')
    const { run } = exportsOf(wat, { f }) as { run: CoreFunction }
    expect(() => runInside(inst, 'start', () => run())).toThrow(Trap)
  })

  test('while it can catch what another guest throws as long as that stays inside', () => {
    const { run } = exportsOf(SWALLOW, { f: () => undefined }) as { run: CoreFunction }
    expect(run()).toBe(7)
  })
})

describe('core traps in wasmtime’s words', () => {
  test.each([
    ['unreachable', 'unreachable', 'unreachable', 'wasm `unreachable` instruction executed'],
    ['load', '(drop (i32.load (i32.const -1)))', 'core', 'out of bounds memory access'],
    [
      'memory.fill',
      '(memory.fill (i32.const 65535) (i32.const 0) (i32.const 2))',
      'core',
      'out of bounds memory access',
    ],
    ['division', '(drop (i32.div_s (i32.const 1) (i32.const 0)))', 'core', 'integer divide by zero'],
    ['remainder', '(drop (i32.rem_u (i32.const 1) (i32.const 0)))', 'core', 'integer divide by zero'],
    ['overflow', '(drop (i32.div_s (i32.const 0x80000000) (i32.const -1)))', 'core', 'integer overflow'],
    ['truncation', '(drop (i32.trunc_f32_s (f32.const nan)))', 'core', 'invalid conversion to integer'],
    [
      'table bounds',
      '(call_indirect (type $v) (i32.const 9))',
      'core',
      'undefined element: out of bounds table access',
    ],
    [
      'null element',
      '(call_indirect (type $v) (i32.const 1))',
      'core',
      'indirect call type mismatch or uninitialized element',
    ],
    [
      'signature',
      '(drop (call_indirect (type $i) (i32.const 0)))',
      'core',
      'indirect call type mismatch or uninitialized element',
    ],
    [
      'exception',
      '(throw $e)',
      'uncaught-exception',
      'uncaught exception propagated out of component (thrown Wasm exception)',
    ],
    ['recursion', '(call $run)', 'stack-overflow', 'call stack exhausted'],
  ] as const)('%s', (_name, body, code, message) => {
    const wat = `(module
      (type $v (func)) (type $i (func (result i32)))
      (tag $e) (memory 1) (table 2 funcref) (elem (i32.const 0) $run)
      (func $run (export "run") ${body}))`
    const inst = newInstance()
    const run = canonLift(envOf(inst, [], 'a:b/c#run'), exportsOf(wat)['run'] as CoreFunction, func([]), NONE)
    const trap = expectTrap(() => invoke(run), code, message)
    expect(trap.path).toBe('a:b/c#run')
    expect(trap.stack).toContain(trap.message)
    expect(Object.keys(trap).sort()).toEqual(['code', 'kind', 'path'])
  })

  // What newer V8, JavaScriptCore and SpiderMonkey say; this engine's words are tested by really trapping, above.
  test.each([
    ['null function', 'indirect call type mismatch or uninitialized element'],
    ['function signature mismatch', 'indirect call type mismatch or uninitialized element'],
    ['element segment out of bounds', 'undefined element: out of bounds table access'],
    ['data segment out of bounds', 'out of bounds memory access'],
    ["Unreachable code should not be executed (evaluating 'f()')", 'wasm `unreachable` instruction executed'],
    ["Out of bounds memory access (evaluating 'f()')", 'out of bounds memory access'],
    ['Out of bounds table access', 'undefined element: out of bounds table access'],
    ['Out of bounds call_indirect', 'undefined element: out of bounds table access'],
    ['call_indirect to a null table entry', 'indirect call type mismatch or uninitialized element'],
    ['call_indirect to a signature that does not match', 'indirect call type mismatch or uninitialized element'],
    ['Division by zero', 'integer divide by zero'],
    ['Integer overflow', 'integer overflow'],
    ['Out of bounds Trunc operation', 'invalid conversion to integer'],
    ['unreachable executed', 'wasm `unreachable` instruction executed'],
    ['index out of bounds', 'out of bounds memory access'],
    ['table index out of bounds', 'undefined element: out of bounds table access'],
    ['indirect call to null', 'indirect call type mismatch or uninitialized element'],
    ['indirect call signature mismatch', 'indirect call type mismatch or uninitialized element'],
    ['integer divide by zero', 'integer divide by zero'],
    ['integer overflow', 'integer overflow'],
    ['invalid conversion to integer', 'invalid conversion to integer'],
    ['unaligned memory access', 'unaligned atomic'],
    ['dereferencing null pointer', 'null reference'],
    ['something new', 'something new'],
  ])('%s', (theirs, ours) => {
    expect(classify(new WebAssembly.RuntimeError(theirs), '').error.message).toBe(`wasm trap: ${ours}`)
  })
})

describe('a trap ends its root', () => {
  test('and says so to whoever comes later', () => {
    const inst = newInstance()
    const wat = '(module (func (export "run") unreachable) (func (export "ok") (result i32) i32.const 1))'
    const core = exportsOf(wat)
    const run = canonLift(envOf(inst), core['run'] as CoreFunction, func([]), NONE)
    const ok = canonLift(envOf(inst), core['ok'] as CoreFunction, func([], u32), NONE)
    expect(invoke(ok)).toBe(1)
    const trap = expectTrap(() => invoke(run), 'unreachable', 'wasm `unreachable` instruction executed')
    expect(inst.root.dead).toBe(true)
    const later = expectTrap(() => invoke(ok), 'cannot-enter', 'cannot enter component instance')
    expect(later.cause).toBe(trap)
  })

  test('while another root of the store goes on, and carries the cause if it was the caller', () => {
    const store = new Store()
    const [calm, caller, callee] = [1, 2, 3].map(() => newInstance(newRoot(store))) as [
      ReturnType<typeof newInstance>,
      ReturnType<typeof newInstance>,
      ReturnType<typeof newInstance>,
    ]
    const bad = exportsOf('(module (func (export "run") unreachable))')['run'] as CoreFunction
    const inner = canonLift(envOf(callee, [], 'inner'), bad, func([]), NONE)
    const f = canonLower(envOf(caller), inner, func([]), NONE)
    const outer = canonLift(
      envOf(caller, [], 'outer'),
      exportsOf(SWALLOW, { f })['run'] as CoreFunction,
      func([], u32),
      NONE,
    )
    const trap = expectTrap(() => invoke(outer), 'unreachable', 'wasm `unreachable` instruction executed')
    expect(caller.root.trap).toBe(trap)
    expect(trap.cause).toBe(callee.root.trap)
    expect(callee.root.trap?.message).toBe('wasm trap: wasm `unreachable` instruction executed')
    expect(calm.root.dead).toBe(false)
  })

  test('a failure of the caller’s side does not end the callee', () => {
    const store = new Store()
    const caller = newInstance(newRoot(store))
    const callee = newInstance(newRoot(store))
    let postReturns = 0
    const inner = canonLift(envOf(callee, [], 'inner'), () => 5, func([], u32), {
      ...NONE,
      postReturn: () => {
        postReturns += 1
      },
    })
    expect(() =>
      inner.call(
        () => [],
        () => {
          throw new Trap('bad-realloc')
        },
        { inst: caller, host: undefined },
      ),
    ).toThrow(Trap)
    expect(() =>
      inner.call(
        () => {
          throw new Trap('bad-string')
        },
        () => undefined,
        { inst: caller, host: undefined },
      ),
    ).toThrow(Trap)
    expect(postReturns).toBe(1)
    expect(callee.root.dead).toBe(false)
    expect(invoke(inner)).toBe(5)
  })

  test('the stack may be all used up when it happens', () => {
    const inst = newInstance()
    let deepest = 0
    const self = { call: (): unknown => undefined }
    const host = hostFunc(func([]), 'deep', bridge, () => {
      deepest += 1
      return self.call()
    })
    const f = canonLower(envOf(inst), host, func([]), NONE)
    const { run } = exportsOf(SWALLOW, { f }) as { run: CoreFunction }
    self.call = () => run()
    const lifted = canonLift(envOf(inst, [], 'run'), run, func([], u32), NONE)
    const trap = expectTrap(() => invoke(lifted), 'stack-overflow', 'call stack exhausted')
    expect(deepest).toBeGreaterThan(100)
    expect(inst.root.trap).toBe(trap)
    expectTrap(() => invoke(lifted), 'cannot-enter', 'cannot enter component instance')
  })
})
