/** The built-ins: what they do, where they may not, and that every one of them is a trampoline. */
import { describe, expect, test } from 'vitest'
import { BUILTIN_BEHAVIOUR, builtinNeedsTasks, type ResolvedBuiltin } from '../../src/abi/canon-builtins.ts'
import { canonLift } from '../../src/abi/canon-lift.ts'
import type { CoreFunction } from '../../src/abi/context.ts'
import { ErrorContext } from '../../src/abi/error-context.ts'
import { ComponentInstance, runInside } from '../../src/abi/instance.ts'
import { dropRep, ResourceHandle, RuntimeResourceType } from '../../src/abi/resource.ts'
import { BUILTINS, type BuiltinName } from '../../src/model/builtins.ts'
import { envOf, expectTrap, func, Heap, invoke, newInstance, options, prim } from './harness.ts'

const names = Object.keys(BUILTIN_BEHAVIOUR) as BuiltinName[]

/** An instance in a tree of two, with the built-in asked for. */
function made(name: BuiltinName, heap = new Heap(64)) {
  const parent = newInstance()
  const inst = new ComponentInstance(parent.root, parent, 'inst')
  const dropped: number[] = []
  const rt = new RuntimeResourceType('r', inst, (rep) => dropped.push(rep))
  const immediates: ResolvedBuiltin = {
    name,
    resource: rt,
    slot: { type: 'i32', index: 0 },
    opts: options(heap),
  }
  const make = BUILTIN_BEHAVIOUR[name]
  if (make === undefined) expect.fail(name)
  return { parent, inst, rt, dropped, heap, call: make(envOf(inst), immediates) }
}

test('what is not here needs tasks, or threads that no engine has', () => {
  expect(names.filter(builtinNeedsTasks)).toEqual([])
  const others = (Object.keys(BUILTINS) as BuiltinName[]).filter((name) => !names.includes(name))
  expect(others).toContain('task.return')
  expect(others.filter((name) => !builtinNeedsTasks(name))).toEqual([
    'thread.spawn-ref',
    'thread.spawn-indirect',
    'thread.available-parallelism',
  ])
})

const MAY_NOT_LEAVE_IS_FINE: readonly BuiltinName[] = [
  'resource.rep',
  'context.get',
  'context.set',
  'backpressure.inc',
  'backpressure.dec',
]

describe.each(names)('%s', (name) => {
  test('where the instance may not be left', () => {
    const { inst, rt, call } = made(name)
    inst.handles.add(new ResourceHandle(rt, 9, undefined))
    inst.backpressure = 1
    inst.mayLeave = false
    const run = (): unknown => runInside(inst, 'test', () => call(1, 0, 0))
    if (MAY_NOT_LEAVE_IS_FINE.includes(name)) expect(run).not.toThrow()
    else expectTrap(run, 'cannot-leave', 'cannot leave component instance')
  })

  test('runs the hook, and does nothing in a dead root', () => {
    const { inst, call } = made(name)
    let hooks = 0
    inst.root.hook = () => {
      hooks += 1
    }
    expect(() => inst.root.fail(new WebAssembly.RuntimeError('unreachable'), 'x')).toThrow()
    const { size } = inst.handles
    expectTrap(() => call(1, 0, 0), 'unreachable', 'wasm `unreachable` instruction executed')
    expect([hooks, inst.handles.size]).toEqual([0, size])

    const alive = made(name)
    alive.inst.root.hook = () => {
      throw new WebAssembly.RuntimeError('epoch')
    }
    expect(() => alive.call(1, 0, 0)).toThrow('epoch')
  })
})

describe('resource built-ins', () => {
  const wrong: readonly [string, number, RegExp | string][] = [
    ['0', 0, 'unknown handle index 0'],
    ['never given', 5, 'unknown handle index 5'],
    ['-1', -1, 'unknown handle index 4294967295'],
    ['2^28', 2 ** 28, 'unknown handle index 268435456'],
  ]
  test.each(wrong)('of handle %s', (_name, i, message) => {
    for (const name of ['resource.rep', 'resource.drop'] as const) {
      const { inst, call } = made(name)
      expectTrap(() => call(i), 'unknown-handle', message)
      expect(inst.root.dead).toBe(true)
    }
  })

  test('of a handle of another kind', () => {
    for (const name of ['resource.rep', 'resource.drop'] as const) {
      const { inst, call } = made(name)
      inst.handles.add(new ErrorContext('x'))
      expectTrap(
        () => call(1),
        'wrong-handle-type',
        'handle index 1 used with the wrong type, expected guest-defined resource but found error-context',
      )
    }
  })

  test('drop runs the destructor once; a second drop is of nothing', () => {
    const { inst, rt, dropped, call } = made('resource.drop')
    inst.handles.add(new ResourceHandle(rt, 9, undefined))
    runInside(inst, 'test', () => call(1))
    expect([dropped, inst.handles.size]).toEqual([[9], 0])
    expectTrap(() => call(1), 'unknown-handle', 'unknown handle index 1')
  })
})

describe('destructors', () => {
  function two(dtor: (rep: number) => unknown) {
    const parent = newInstance()
    const owner = new ComponentInstance(parent.root, parent, 'owner')
    const user = new ComponentInstance(parent.root, parent, 'user')
    const rt = new RuntimeResourceType('r', owner, dtor)
    const drop = (BUILTIN_BEHAVIOUR['resource.drop'] as NonNullable<(typeof BUILTIN_BEHAVIOUR)['resource.drop']>)(
      envOf(user),
      { name: 'resource.drop', resource: rt },
    )
    user.handles.add(new ResourceHandle(rt, 3, undefined))
    const f = canonLift(envOf(user), () => drop(1), func([]), options(undefined))
    return { owner, user, rt, f }
  }

  test('run inside their owner', () => {
    const w = two(() => expect([w.owner.mayEnter, w.owner.mayLeave]).toEqual([false, true]))
    invoke(w.f)
    expect(w.owner.mayEnter).toBe(true)
  })

  test('that trap end the tree', () => {
    const w = two(() => {
      throw new WebAssembly.RuntimeError('unreachable')
    })
    expectTrap(() => invoke(w.f), 'unreachable', 'wasm `unreachable` instruction executed')
    expect(w.owner.root.dead).toBe(true)
  })

  test('need an owner that can be entered, whether or not there is one', () => {
    for (const dtor of [() => undefined, undefined]) {
      const w = two(dtor as () => unknown)
      w.owner.mayEnter = false
      expectTrap(() => invoke(w.f), 'cannot-enter', 'cannot enter component instance')
    }
  })

  test('do not run in a dead or disposed owner', () => {
    const owner = newInstance()
    const rt = new RuntimeResourceType('r', owner, () => expect.fail('ran'))
    owner.root.dispose()
    dropRep(rt, 1, newInstance())
    const dead = newInstance()
    expect(() => dead.root.fail(new WebAssembly.RuntimeError('unreachable'), '')).toThrow()
    dropRep(new RuntimeResourceType('r', dead, () => expect.fail('ran')), 1, undefined)
  })

  test('of the host are just called', () => {
    const dropped: number[] = []
    dropRep(new RuntimeResourceType('r', undefined, (rep) => dropped.push(rep)), 4, newInstance())
    dropRep(new RuntimeResourceType('r', undefined, undefined), 5, undefined)
    expect(dropped).toEqual([4])
    const cause = new WebAssembly.RuntimeError('unreachable')
    const bad = new RuntimeResourceType('r', undefined, () => {
      throw cause
    })
    expect(() => dropRep(bad, 1, undefined)).toThrow(cause)
    const trap = expectTrap(() => dropRep(bad, 1, newInstance()), 'host-threw', 'a host function threw: unreachable')
    expect(trap.cause).toBe(cause)
  })
})

describe('context', () => {
  test('has two slots per thread, zero at first, in either width', () => {
    const inst = newInstance()
    const at = (name: 'context.get' | 'context.set', type: 'i32' | 'i64', index: number): CoreFunction =>
      (BUILTIN_BEHAVIOUR[name] as NonNullable<(typeof BUILTIN_BEHAVIOUR)['context.get']>)(envOf(inst), {
        name,
        slot: { type, index },
      })
    const body = (): unknown => {
      const seen: unknown[] = [at('context.get', 'i32', 0)(), at('context.get', 'i64', 1)()]
      at('context.set', 'i32', 0)(-1)
      at('context.set', 'i64', 1)(-1n)
      seen.push(at('context.get', 'i32', 0)(), at('context.get', 'i64', 1)())
      seen.push(at('context.get', 'i64', 0)(), at('context.get', 'i32', 1)())
      return seen
    }
    at('context.get', 'i32', 0)
    for (let i = 0; i < 2; i++) {
      expect(runInside(inst, 'test', body)).toEqual([0, 0n, -1, -1n, 0xffff_ffffn, -1])
    }
  })
})

describe('backpressure', () => {
  test('counts up to 2^16, and down to 0', () => {
    const up = made('backpressure.inc')
    for (let i = 1; i < 2 ** 16; i++) up.call()
    expectTrap(() => up.call(), 'backpressure', 'backpressure counter overflow')
    const down = made('backpressure.dec')
    down.inst.backpressure = 1
    down.call()
    expectTrap(() => down.call(), 'backpressure', 'backpressure counter overflow')
  })
})

describe('error contexts', () => {
  const u32s = (heap: Heap, at: number): number[] => [...new Uint32Array(heap.bytes.buffer, at, 2)]

  test('keep their message', () => {
    const heap = new Heap(64, 32)
    heap.bytes.set([0x6f, 0x68], 0)
    const { inst, call } = made('error-context.new', heap)
    expect(call(0, 2)).toBe(1)
    const entry = inst.handles.get(1)
    expect(entry instanceof ErrorContext && entry.debugMessage).toBe('oh')
    const opts = options(heap)
    const behaviour = BUILTIN_BEHAVIOUR['error-context.debug-message']
    behaviour?.(envOf(inst), { name: 'error-context.debug-message', opts })(1, 8)
    expect(u32s(heap, 8)).toEqual([32, 2])
    expect([...heap.bytes.subarray(32, 34)]).toEqual([0x6f, 0x68])
    BUILTIN_BEHAVIOUR['error-context.drop']?.(envOf(inst), { name: 'error-context.drop' })(1)
    expect(inst.handles.size).toBe(0)
  })

  test.each([2, 60, 0xffff_fffc])('a message cannot go to %i', (ptr) => {
    const { inst, call } = made('error-context.debug-message')
    inst.handles.add(new ErrorContext('x'))
    expectTrap(() => call(1, ptr), 'bad-pointer', 'invalid debug message pointer')
  })

  test('pass between sides as they are', () => {
    const inst = newInstance()
    const context = new ErrorContext('x')
    const type = prim('error-context')
    const echo = canonLift(envOf(inst), (i) => i, func([type], type), options(undefined))
    expect(invoke(echo, context)).toBe(context)
    expect(() => invoke(echo, { debugMessage: 'forged' })).toThrow('expected an error context')
  })
})
