/** Synchronous calls: the cases of run_tests.py by name, who may be entered, in which order things happen, borrows. */
import { describe, expect, test } from 'vitest'
import { BUILTIN_BEHAVIOUR, type ResolvedBuiltin } from '../../src/abi/canon-builtins.ts'
import { canonLift, type Lifted } from '../../src/abi/canon-lift.ts'
import { canonLower } from '../../src/abi/canon-lower.ts'
import type { CanonEnv, CoreFunction, CoreValue } from '../../src/abi/context.ts'
import { type FuncInst, Root, Store, type Value } from '../../src/abi/embedding.ts'
import { hostFunc } from '../../src/abi/host-func.ts'
import { ComponentInstance, enteringSet } from '../../src/abi/instance.ts'
import { RuntimeResourceType } from '../../src/abi/resource.ts'
import type { BuiltinName } from '../../src/model/builtins.ts'
import { Trap } from '../../src/model/errors.ts'
import type { PointerType } from '../../src/model/plan.ts'
import type { ValType } from '../../src/model/types.ts'
import {
  bool,
  borrow,
  bridge,
  envOf,
  expectTrap,
  f32,
  f64,
  fromJavaScript,
  fromNobody,
  func,
  type GuestOptions,
  Heap,
  invoke,
  list,
  newInstance,
  newRoot,
  option,
  options,
  own,
  planResource,
  s8,
  s16,
  s32,
  s64,
  string,
  tuple,
  u8,
  u16,
  u32,
  u64,
  variant,
} from './harness.ts'

const NONE = options(undefined)

function builtin(env: CanonEnv, name: BuiltinName, rest: Omit<ResolvedBuiltin, 'name'> = {}): CoreFunction {
  const make = BUILTIN_BEHAVIOUR[name]
  if (make === undefined) expect.fail(name)
  return make(env, { name, ...rest })
}

/** A root with named children, all of one tree. */
function family<N extends string>(...names: N[]): Record<N | 'parent', ComponentInstance> {
  const parent = newInstance()
  const children = names.map((name) => [name, new ComponentInstance(parent.root, parent, name)])
  return { parent, ...Object.fromEntries(children) } as Record<N | 'parent', ComponentInstance>
}

describe('test_roundtrips', () => {
  const wide = tuple(...new Array<ValType>(16).fill(u32), string)
  const numbers = Array.from({ length: 16 }, (_, i) => i + 1)
  const cases: readonly [ValType, Value][] = [
    [s8, -1],
    [tuple(u16, u16), [3, 4]],
    [list(string), ['hello there']],
    [list(list(string)), [['one', 'two'], ['three']]],
    [list(option(tuple(string, u16))), [['answer', 42]]],
    [variant({ x: wide }), { tag: 'x', val: [...numbers, 'wat'] }],
  ]
  test.each(cases)('%#', (type, value) => {
    for (const ptr of ['i32', 'i64'] as const satisfies PointerType[]) {
      const heap = new Heap(1000)
      const inst = newInstance()
      const env = envOf(inst)
      const ft = func([type], type)
      const opts = options(heap, { ptr })
      // the guest's answer is what the host answers the guest
      const ask = canonLower(
        env,
        hostFunc(ft, 'host', bridge, ([x]) => x),
        ft,
        opts,
      )
      const layout = env.layouts.of(type, ptr)
      const echo: CoreFunction = (...args) => {
        if (layout.flat?.length === 1) return ask(...args)
        const at = heap.realloc(0, 0, layout.align, layout.size)
        const retp = ptr === 'i64' ? BigInt(at) : at
        ask(...args, retp)
        return retp
      }
      const f = canonLift(env, echo, ft, opts)
      expect(invoke(f, value)).toEqual(value)
    }
  })
})

test('test_cross_component_realloc', () => {
  const { producer, consumer } = family('producer', 'consumer')
  const ft = func([], list(u8))

  const producerHeap = new Heap(16)
  const producerEnv = envOf(producer)
  const setProducer = builtin(producerEnv, 'context.set', { slot: { type: 'i32', index: 0 } })
  const produce: CoreFunction = () => {
    setProducer(0xdead)
    const buf = producerHeap.realloc(0, 0, 1, 3)
    producerHeap.bytes.set([10, 11, 12], buf)
    const retp = producerHeap.realloc(0, 0, 4, 8)
    producerHeap.memory.view.setUint32(retp, buf, true)
    producerHeap.memory.view.setUint32(retp + 4, 3, true)
    return retp
  }
  const callee = canonLift(producerEnv, produce, ft, options(producerHeap))

  const heap = new Heap(24)
  const env = envOf(consumer)
  const get = [0, 1].map((index) => builtin(env, 'context.get', { slot: { type: 'i32', index } })) as [
    CoreFunction,
    CoreFunction,
  ]
  const set = [0, 1].map((index) => builtin(env, 'context.set', { slot: { type: 'i32', index } })) as [
    CoreFunction,
    CoreFunction,
  ]
  let reallocs = 0
  const realloc: CoreFunction = (...args) => {
    reallocs += 1
    expect([consumer.mayEnter, consumer.mayLeave]).toEqual([false, false])
    expect([get[0](), get[1]()]).toEqual([0, 0])
    set[0](0xfeed)
    expect(get[0]()).toBe(0xfeed)
    return heap.realloc(...(args as [number, number, number, number]))
  }
  const lowered = canonLower(env, callee, ft, options(heap, { realloc }))
  const consume: CoreFunction = () => {
    set[0](42)
    set[1](43)
    const retp = heap.realloc(0, 0, 4, 8)
    lowered(retp)
    expect(reallocs).toBe(1)
    expect([get[0](), get[1]()]).toEqual([42, 43])
    const [ptr, length] = new Uint32Array(heap.bytes.buffer, retp, 2)
    expect([...heap.bytes.subarray(ptr, Number(ptr) + Number(length))]).toEqual([10, 11, 12])
  }
  const f = canonLift(env, consume, func([]), NONE)
  invoke(f)
  expect(reallocs).toBe(1)
  expect([consumer, producer].map((i) => [i.mayEnter, i.mayLeave, i.thread])).toEqual([
    [true, true, undefined],
    [true, true, undefined],
  ])
})

test('test_handles', () => {
  let dtorValue: number | undefined
  const dtor = (rep: number): void => {
    dtorValue = rep
  }
  const { owner, inst } = family('owner', 'inst')
  const rt = new RuntimeResourceType('r', owner, dtor) // usable in imports and exports
  const rt2 = new RuntimeResourceType('r2', inst, dtor) // usable in exports only
  const [r, r2] = [planResource(0), planResource(1)]
  const env = envOf(inst, [rt, rt2])
  const [rep, drop, make] = (['resource.rep', 'resource.drop', 'resource.new'] as const).map((name) =>
    builtin(env, name, { resource: rt }),
  ) as [CoreFunction, CoreFunction, CoreFunction]

  const hostType = func([borrow(r), borrow(r)], own(r))
  const lent: unknown[] = []
  const host = hostFunc(hostType, 'host', bridge, (args) => {
    expect(args).toEqual([
      { borrow: 42, live: true },
      { borrow: 44, live: true },
    ])
    lent.push(...args)
    return { own: 45 }
  })
  const callHost = canonLower(env, host, hostType, NONE)

  let kept: number[] = []
  const heap = new Heap(64)
  const core: CoreFunction = (h1, h2, h3, h4) => {
    expect([h1, h2, h3, h4]).toEqual([1, 2, 3, 13])
    expect(inst.handles.size).toBe(3)
    expect([rep(h1 as number), rep(h2 as number), rep(h3 as number)]).toEqual([42, 43, 44])
    const fromHost = callHost(h1 as number, h3 as number)
    expect(fromHost).toBe(4)
    expect(lent).toEqual([
      { borrow: 42, live: false },
      { borrow: 44, live: false },
    ])
    expect(rep(4)).toBe(45)
    drop(h1 as number)
    expect(dtorValue).toBe(42)
    expect(make(46)).toBe(h1)
    dtorValue = undefined
    drop(h3 as number)
    expect(dtorValue).toBeUndefined()
    kept = [h1, h2, 4].map(Number)
    new Uint32Array(heap.bytes.buffer, 0, 3).set(kept)
    return 0
  }
  const ft = func([own(r), own(r), borrow(r), borrow(r2)], tuple(own(r), own(r), own(r)))
  const f = canonLift(env, core, ft, options(heap))
  expect(invoke(f, { own: 42 }, { own: 43 }, { own: 44 }, { own: 13 })).toEqual([{ own: 46 }, { own: 43 }, { own: 45 }])
  expect(inst.handles.size).toBe(0)
})

describe('who may be entered', () => {
  const noop: CoreFunction = () => undefined

  /** A function of `inst` whose core code runs `body`. */
  const running = (inst: ComponentInstance, body: () => unknown): Lifted =>
    canonLift(envOf(inst, [], inst.name), body as CoreFunction, func([]), NONE)
  const lower = (inst: ComponentInstance, f: FuncInst): CoreFunction => canonLower(envOf(inst), f, func([]), NONE)
  const CANNOT = 'cannot enter component instance'

  test('the entering set: callee and ancestors, without those of the caller', () => {
    const { parent, a, b } = family('a', 'b')
    const grandchild = new ComponentInstance(parent.root, a, 'grandchild')
    expect(enteringSet(grandchild, undefined)).toEqual([grandchild, a, parent])
    expect(enteringSet(grandchild, parent)).toEqual([grandchild, a])
    expect(enteringSet(grandchild, b)).toEqual([grandchild, a])
    expect(enteringSet(grandchild, a)).toEqual([grandchild])
    expect(enteringSet(a, a)).toEqual([])
    expect(enteringSet(parent, grandchild)).toEqual([])
    expect(enteringSet(grandchild, newInstance())).toEqual([grandchild, a, parent])
  })

  test.each(['a', 'b', 'parent'] as const)('host → a → host → %s', (again) => {
    const tree = family('a', 'b')
    const inner = running(tree[again], noop)
    const call = lower(
      tree.a,
      hostFunc(func([]), 'host', bridge, () => invoke(inner)),
    )
    expectTrap(() => invoke(running(tree.a, () => call())), 'cannot-enter', CANNOT)
    expectTrap(() => invoke(running(tree.b, noop)), 'cannot-enter', CANNOT)
  })

  test('a sibling that called, by way of a sibling', () => {
    const { a, b } = family('a', 'b')
    const back = lower(b, running(a, noop))
    const there = lower(
      a,
      running(b, () => back()),
    )
    expectTrap(() => invoke(running(a, () => there())), 'cannot-enter', CANNOT)
  })

  test('a host that handles the refusal itself keeps its guest alive', () => {
    const { a } = family('a')
    const inner = running(a, noop)
    const call = lower(
      a,
      hostFunc(func([]), 'host', bridge, () => {
        expectTrap(() => invoke(inner), 'cannot-enter', CANNOT)
      }),
    )
    invoke(running(a, () => call()))
    expect(a.root.dead).toBe(false)
  })

  test('parent, child and self may call each other, unless the store refuses it as wasmtime does', () => {
    for (const refuseRelatedCalls of [false, true]) {
      for (const [from, to] of [
        ['parent', 'child'],
        ['child', 'parent'],
        ['child', 'child'],
      ] as const) {
        const parent = newInstance(new Root(new Store({ refuseRelatedCalls }), 'test'))
        const tree = { parent, child: new ComponentInstance(parent.root, parent, 'child') }
        const call = lower(tree[from], running(tree[to], noop))
        const outer = running(tree[from], () => call())
        if (refuseRelatedCalls) expectTrap(() => invoke(outer), 'cannot-enter', CANNOT)
        else expect(invoke(outer)).toBeUndefined()
      }
    }
  })

  test('after the call everything is open again, after a trap nothing', () => {
    const { parent, a } = family('a')
    const ok = running(a, () => {
      expect([a.mayEnter, parent.mayEnter]).toEqual([false, false])
    })
    invoke(ok)
    expect([a.mayEnter, parent.mayEnter]).toEqual([true, true])
    expect(() =>
      invoke(
        running(a, () => {
          throw new WebAssembly.RuntimeError('unreachable')
        }),
      ),
    ).toThrow()
    expect([a.mayEnter, parent.mayEnter, parent.root.dead]).toEqual([false, false, true])
  })

  test('a disposed root is closed', () => {
    const { a } = family('a')
    a.root.dispose()
    expect(() => invoke(running(a, noop))).toThrow('test is disposed')
    expect(a.root.store.roots.size).toBe(0)
  })
})

describe('post-return', () => {
  test('gets the flat result, once, and may not leave', () => {
    const heap = new Heap(64)
    const { inst } = family('inst')
    const seen: CoreValue[][] = []
    const leaves: boolean[] = []
    const postReturn: CoreFunction = (...args) => {
      seen.push(args)
      leaves.push(inst.mayLeave)
    }
    heap.bytes.set([12, 0, 0, 0, 2, 0, 0, 0], 4)
    heap.bytes.set([0x68, 0x69], 12)
    const text = canonLift(envOf(inst), () => 4, func([], string), options(heap, { postReturn }))
    const number = canonLift(envOf(inst), () => -1, func([], u32), options(heap, { postReturn }))
    const nothing = canonLift(envOf(inst), () => undefined, func([]), options(heap, { postReturn }))
    expect([invoke(text), invoke(number), invoke(nothing)]).toEqual(['hi', 0xffff_ffff, undefined])
    expect(seen).toEqual([[4], [-1], []])
    expect(leaves).toEqual([false, false, false])
    expect(inst.mayLeave).toBe(true)
  })

  test('that calls out or traps takes the result with it', () => {
    for (const way of ['call', 'trap'] as const) {
      const { inst } = family('inst')
      const call = canonLower(
        envOf(inst),
        hostFunc(func([]), 'host', bridge, () => expect.fail('called')),
        func([]),
        NONE,
      )
      const postReturn: CoreFunction = () => {
        if (way === 'call') call()
        else throw new WebAssembly.RuntimeError('unreachable')
      }
      const f = canonLift(envOf(inst), () => 1, func([], u32), { ...NONE, postReturn })
      if (way === 'call') expectTrap(() => invoke(f), 'cannot-leave', 'cannot leave component instance')
      else expectTrap(() => invoke(f), 'unreachable', 'wasm `unreachable` instruction executed')
      expect(inst.root.dead).toBe(true)
    }
  })
})

test('the order of a call between guests', () => {
  const log: string[] = []
  const { caller, callee } = family('caller', 'callee')
  const [from, to] = [new Heap(64, 32), new Heap(64)]
  from.bytes.set([0x68, 0x69], 0)
  const logged =
    (name: string, heap: Heap): CoreFunction =>
    (...args) => {
      log.push(name)
      return heap.realloc(...(args as [number, number, number, number]))
    }
  const core: CoreFunction = (ptr, length) => {
    log.push('callee')
    new Uint32Array(to.bytes.buffer, 32, 2).set([ptr as number, length as number])
    return 32
  }
  const f = canonLift(
    envOf(callee),
    core,
    func([string], string),
    options(to, { realloc: logged('callee realloc', to), postReturn: () => log.push('post-return') }),
  )
  const call = canonLower(
    envOf(caller),
    f,
    func([string], string),
    options(from, { realloc: logged('caller realloc', from) }),
  )
  const outer = canonLift(envOf(caller), () => call(0, 2, 16), func([]), NONE)
  invoke(outer)
  expect(log).toEqual(['callee realloc', 'callee', 'caller realloc', 'post-return'])
  const [ptr, length] = new Uint32Array(from.bytes.buffer, 16, 2)
  expect([...from.bytes.subarray(ptr, Number(ptr) + Number(length))]).toEqual([0x68, 0x69])
})

test('a callee that cannot be entered is refused before anything is lifted', () => {
  const { caller, callee } = family('caller', 'callee')
  const f = canonLift(envOf(callee), () => undefined, func([string]), options(new Heap(8)))
  const call = canonLower(envOf(caller), f, func([string]), options(new Heap(8)))
  callee.mayEnter = false
  const outer = canonLift(envOf(caller), () => call(99, 99), func([]), NONE)
  expectTrap(() => invoke(outer), 'cannot-enter', 'cannot enter component instance')
})

describe('borrows', () => {
  const r = planResource(0)
  function world(core: (drop: CoreFunction, args: CoreValue[]) => unknown) {
    const { owner, caller, callee } = family('owner', 'caller', 'callee')
    const rt = new RuntimeResourceType('r', owner, undefined)
    const calleeEnv = envOf(callee, [rt])
    const callerEnv = envOf(caller, [rt])
    const drop = builtin(calleeEnv, 'resource.drop', { resource: rt })
    const f = canonLift(calleeEnv, (...args) => core(drop, args), func([borrow(r)]), NONE)
    const call = canonLower(callerEnv, f, func([borrow(r)]), NONE)
    const own = builtin(callerEnv, 'resource.new', { resource: rt })
    const end = builtin(callerEnv, 'resource.drop', { resource: rt })
    return { owner, caller, callee, rt, f, call, own, end, callerEnv, calleeEnv }
  }

  test('are given back, and the owner may go then', () => {
    const w = world((drop, [h]) => {
      expect(h).toBe(1)
      drop(h as number)
    })
    invoke(
      canonLift(
        w.callerEnv,
        () => {
          const h = w.own(7) as number
          w.call(h)
          w.end(h)
        },
        func([]),
        NONE,
      ),
    )
    expect([w.caller.handles.size, w.callee.handles.size]).toEqual([0, 0])
  })

  test('that remain at the end trap, before post-return', () => {
    const w = world(() => undefined)
    expectTrap(() => invoke(w.f, { own: 7 }), 'borrows-remain', 'borrow handles still remain at the end of the call')
  })

  test('cannot be taken while they last: not dropped, not given away', () => {
    for (const way of ['drop', 'own'] as const) {
      let during: () => unknown = () => undefined
      const w = world(() => during())
      const take = canonLower(
        w.callerEnv,
        hostFunc(func([own(r)]), 'host', bridge, () => undefined),
        func([own(r)]),
        NONE,
      )
      during = () => (way === 'drop' ? w.end(1) : take(1))
      const outer = canonLift(
        w.callerEnv,
        () => {
          w.call(w.own(7) as number)
        },
        func([]),
        NONE,
      )
      expectTrap(() => invoke(outer), 'resource-lent', 'cannot remove owned resource while borrowed')
    }
  })

  test('may be lent on, and are no owns', () => {
    const w = world((drop, [h]) => {
      const rt = w.rt
      const lendOn = canonLower(
        w.calleeEnv,
        hostFunc(func([borrow(r)]), 'host', bridge, ([handle]) => {
          expect(handle).toEqual({ borrow: 7, live: true })
          // a borrow that is lent on cannot be dropped either
          expect(rt.name).toBe('r')
        }),
        func([borrow(r)]),
        NONE,
      )
      lendOn(h as number)
      drop(h as number)
    })
    expect(invoke(w.f, { own: 7 })).toBeUndefined()

    const v = world((_drop, [h]) => {
      const give = canonLower(
        v.calleeEnv,
        hostFunc(func([own(r)]), 'host', bridge, () => expect.fail('given')),
        func([own(r)]),
        NONE,
      )
      give(h as number)
    })
    expectTrap(() => invoke(v.f, { own: 7 }), 'wrong-handle-type', 'index 1 is not an own resource')
  })

  test('reach the one who defined the resource as the rep', () => {
    const { owner } = family('owner')
    const rt = new RuntimeResourceType('r', owner, undefined)
    const f = canonLift(envOf(owner, [rt]), (rep) => rep, func([borrow(r)], u32), NONE)
    expect(invoke(f, { own: 77 })).toBe(77)
    expect(owner.handles.size).toBe(0)
  })

  test('of the host end with the call, even if it traps', () => {
    for (const traps of [false, true]) {
      const { inst, owner } = family('inst', 'owner')
      const rt = new RuntimeResourceType('r', owner, undefined)
      let ended = 0
      const host = {
        ...bridge,
        lowerBorrow: (_rt: unknown, _value: unknown, scope: { onEnd(end: () => void): void }) => {
          scope.onEnd(() => {
            ended += 1
          })
          return 5
        },
      }
      const drop = builtin(envOf(inst), 'resource.drop', { resource: rt })
      const core: CoreFunction = (h) => {
        drop(h as number)
        if (traps) throw new WebAssembly.RuntimeError('unreachable')
      }
      const f = canonLift(envOf(inst, [rt]), core, func([borrow(r)]), NONE)
      const call = (): Value => f.invoke([{}], { inst: undefined, host })
      if (traps) expect(call).toThrow('unreachable')
      else call()
      expect(ended).toBe(1)
    }
  })
})

test('own handles must be owns of the very type', () => {
  const { inst, owner } = family('inst', 'owner')
  const [mine, other] = [1, 2].map(() => new RuntimeResourceType('r', owner, undefined)) as [
    RuntimeResourceType,
    RuntimeResourceType,
  ]
  const r = planResource(0)
  for (const [made, message] of [
    [other, 'expected guest-defined resource but found a different guest-defined resource'],
    [
      new RuntimeResourceType('h', undefined, undefined),
      'expected guest-defined resource but found a different host-defined resource',
    ],
  ] as const) {
    const tree = family('inst')
    const env = envOf(tree.inst, [mine])
    const make = builtin(env, 'resource.new', { resource: made })
    const f = canonLift(env, () => make(1), func([], own(r)), NONE)
    expectTrap(() => invoke(f), 'wrong-handle-type', `handle index 1 used with the wrong type, ${message}`)
  }
  const f = canonLift(envOf(inst, [mine]), () => 5, func([], own(r)), NONE)
  expectTrap(() => invoke(f), 'unknown-handle', 'unknown handle index 5')
})

test('each call from outside has its own budget for copies', () => {
  const { inst } = family('inst')
  const heap = new Heap(64)
  heap.bytes.set([16, 0, 0, 0, 20, 0, 0, 0], 0)
  const f = canonLift(envOf(inst), () => 0, func([], list(bool)), options(heap))
  const { used } = inst.root.ledger
  invoke(f)
  const once = used.hostBytesPerCall
  expect(once).toBeGreaterThan(20)
  invoke(f)
  expect(used.hostBytesPerCall).toBe(once)
})

test('the protocol and the direct call are the same call', () => {
  const { inst } = family('inst')
  const f = canonLift(envOf(inst), (a, b) => (a as number) + (b as number), func([u32, u32], u32), NONE)
  let answer: Value
  f.call(
    () => [1, 2],
    (value) => {
      answer = value
    },
    fromJavaScript,
  )
  expect(answer).toBe(invoke(f, 1, 2))
})

describe('functions of numbers', () => {
  const samples: readonly [ValType, Value, CoreValue, Value][] = [
    // type, what JavaScript passes, what core code answers, what JavaScript gets
    [bool, true, 2, true],
    [bool, false, 0, false],
    [u8, 255, 0x1ff, 255],
    [s8, -1, 0xff, -1],
    [u16, 65535, -1, 65535],
    [s16, -2, 0xfffe, -2],
    [u32, 0xffff_ffff, -1, 0xffff_ffff],
    [s32, -5, -5, -5],
    [u64, 2n ** 64n - 1n, -1n, 2n ** 64n - 1n],
    [s64, -9n, -9n, -9n],
    [f32, 1.5, 1.5, 1.5],
    [f64, Number.NaN, Number.NaN, Number.NaN],
  ]

  test.each(samples)('%# go the short way as they go the long one', (type, passed, answered, got) => {
    for (let arity = 0; arity <= 5; arity++) {
      const { inst } = family('inst')
      const seen: CoreValue[][] = []
      const core: CoreFunction = (...args) => {
        seen.push(args)
        return answered
      }
      const ft = func(new Array<ValType>(arity).fill(type), type)
      const f = canonLift(envOf(inst), core, ft, NONE)
      const args = new Array<Value>(arity).fill(passed)
      expect(invoke(f, ...args)).toEqual(got)
      expect(inst.mayEnter).toBe(true)

      // guest to guest and guest to host: what the caller's core code passes is normalised on the way
      const { caller, callee } = family('caller', 'callee')
      const calleeSeen: CoreValue[][] = []
      const inner = canonLift(
        envOf(callee),
        (...flat) => {
          calleeSeen.push(flat)
          return answered
        },
        ft,
        NONE,
      )
      const hostSeen: Value[][] = []
      const answer = (values: readonly Value[]): Value => {
        hostSeen.push([...values])
        return passed
      }
      const host = hostFunc(ft, 'host', bridge, answer)
      const flat = new Array<CoreValue>(arity).fill(answered)
      const toGuest = canonLower(envOf(caller), inner, ft, NONE)
      const results: unknown[] = []
      invoke(
        canonLift(
          envOf(caller),
          () => {
            results.push(toGuest(...flat))
            results.push(canonLower(envOf(caller), host, ft, NONE)(...flat))
          },
          func([]),
          NONE,
        ),
      )
      expect(calleeSeen[0]?.map((v) => (typeof v === 'boolean' ? Number(v) : v))).toEqual(
        new Array(arity).fill(type === bool ? Number(got) : got),
      )
      expect(hostSeen).toEqual([new Array(arity).fill(got)])
      expect(results).toHaveLength(2)
    }
  })

  test('have the same checks', () => {
    for (const caller of [fromJavaScript, fromNobody]) {
      const { inst } = family('inst')
      const f = canonLift(
        envOf(inst),
        (a) => {
          if (a === 0) throw new WebAssembly.RuntimeError('unreachable')
          return a
        },
        func([u32], u32),
        NONE,
      )
      expect(f.invoke([1], caller)).toBe(1)
      const trap = expectTrap(() => f.invoke([0], caller), 'unreachable', 'wasm `unreachable` instruction executed')
      expect(inst.root.trap).toBe(trap)
      expectTrap(() => f.invoke([1], caller), 'cannot-enter', 'cannot enter component instance')
    }
  })

  test('may not be called where the instance may not be left', () => {
    for (const callee of ['guest', 'host'] as const) {
      const { a, b } = family('a', 'b')
      const ft = func([u32], u32)
      const never = (): never => expect.fail('called')
      const f = callee === 'guest' ? canonLift(envOf(b), never, ft, NONE) : hostFunc(ft, 'host', bridge, never)
      const call = canonLower(envOf(a), f, ft, NONE)
      const outer = canonLift(envOf(a), () => 1, ft, { ...NONE, postReturn: () => call(1) })
      expectTrap(() => invoke(outer, 1), 'cannot-leave', 'cannot leave component instance')
    }
  })

  // Engines let a guest catch an exhausted stack here and there; whatever it caught, it must not return.
  test('do not return after the guest swallowed what ended it', () => {
    const ft = func([u32], u32)
    for (const caller of ['host', 'guest'] as const) {
      const { a, b } = family('a', 'b')
      const swallowing: CoreFunction = (x) => {
        expect(() => b.root.fail(new RangeError('Maximum call stack size exceeded'), 'deep')).toThrow(Trap)
        return x
      }
      const f = canonLift(envOf(b), swallowing, ft, NONE)
      const call = canonLower(envOf(a), f, ft, NONE)
      const run =
        caller === 'host'
          ? () => invoke(f, 1)
          : () =>
              invoke(
                canonLift(envOf(a), () => call(1), ft, NONE),
                1,
              )
      expectTrap(run, 'stack-overflow', 'call stack exhausted')
    }
  })

  test('see a fresh context when the instance observes threads', () => {
    const { inst } = family('inst')
    const env = envOf(inst)
    let get: CoreFunction = () => undefined
    let set: CoreFunction = () => undefined
    const f = canonLift(
      env,
      (a) => {
        const before = get()
        set(a as number)
        return before
      },
      func([u32], u32),
      NONE,
    )
    // built-ins may be made after the function
    get = builtin(env, 'context.get', { slot: { type: 'i32', index: 1 } })
    set = builtin(env, 'context.set', { slot: { type: 'i32', index: 1 } })
    expect([invoke(f, 5), invoke(f, 6)]).toEqual([0, 0])
  })
})

test('memory64: pointers are BigInts at the border only', () => {
  const { inst } = family('inst')
  const heap = new Heap(256, 64)
  const opts: GuestOptions = { ptr: 'i64' }
  const core: CoreFunction = (ptr, length) => {
    expect([typeof ptr, typeof length]).toEqual(['bigint', 'bigint'])
    heap.memory.view.setBigUint64(0, ptr as bigint, true)
    heap.memory.view.setBigUint64(8, length as bigint, true)
    return 0n
  }
  const f = canonLift(envOf(inst), core, func([string], string), options(heap, opts))
  expect(invoke(f, 'grüße')).toBe('grüße')
  expect(invoke(f, '')).toBe('')
})

test('a poisoned root refuses what its guest still tries', () => {
  const root = newRoot()
  const inst = newInstance(root)
  let called = 0
  const call = canonLower(
    envOf(inst),
    hostFunc(func([]), 'host', bridge, () => {
      called += 1
    }),
    func([]),
    NONE,
  )
  const f = canonLift(
    envOf(inst),
    () => {
      try {
        throw new WebAssembly.RuntimeError('unreachable')
      } catch (error) {
        expect(() => root.fail(error, 'x')).toThrow()
      }
      call()
    },
    func([]),
    NONE,
  )
  expectTrap(() => invoke(f), 'unreachable', 'wasm `unreachable` instruction executed')
  expect(called).toBe(0)
})
