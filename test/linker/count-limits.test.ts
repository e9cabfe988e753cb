/** Everything else that a component can exhaust: each limit at its value and one over it, and what was used so far. */
import { describe, expect, test } from 'vitest'
import {
  Binding,
  Component,
  Engine,
  ExactlyOne,
  type Instance,
  type LimitName,
  type Limits,
  Linker,
  Plugin,
  type RunLimit,
  type Untyped,
} from '../../src/index.ts'
import { LIBC, rejected, thrown } from './help.ts'

async function start(text: string, limits: Limits, imports = {}, engine: Engine = new Engine()): Promise<Instance> {
  return await (await Component.compile(text, { engine })).instantiate(imports, { engine, limits })
}

/** Makes so many of something per call, and keeps them. */
const maker = (builtins: string, imports: string, exports: string, body: string): string => `(component
  (type $t (resource (rep i32)))
  (type $s (stream u8))
  ${builtins}
  (core module $m ${imports}
    (func (export "make") (param $n i32)
      (block $out (loop $again
        (br_if $out (i32.eqz (local.get $n)))
        ${body}
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br $again)))))
  (core instance $i (instantiate $m (with "" (instance ${exports}))))
  (func (export "make") (param "n" u32) (canon lift (core func $i "make"))))`

const HANDLES = maker(
  '(core func $new (canon resource.new $t))',
  '(import "" "new" (func $new (param i32) (result i32)))',
  '(export "new" (func $new))',
  '(drop (call $new (i32.const 7)))',
)
const STREAMS = maker(
  '(core func $new (canon stream.new $s))',
  '(import "" "new" (func $new (result i64)))',
  '(export "new" (func $new))',
  '(drop (call $new))',
)
/** Makes an end and drops it: nothing stays. */
const CHURN = maker(
  '(core func $new (canon waitable-set.new)) (core func $drop (canon waitable-set.drop))',
  '(import "" "new" (func $new (result i32))) (import "" "drop" (func $drop (param i32)))',
  '(export "new" (func $new)) (export "drop" (func $drop))',
  '(call $drop (call $new))',
)

const LISTS = `(component ${LIBC}
  (core module $m
    (import "libc" "memory" (memory 1))
    (func (export "f") (param i32 i32) (result i32) (i32.store (i32.const 8) (local.get 0)) (i32.store (i32.const 12) (local.get 1)) i32.const 8))
  (core instance $i (instantiate $m (with "libc" (instance $libc))))
  (func (export "echo") (param "a" (list u8)) (result (list u8))
    (canon lift (core func $i "f") (memory (core memory $libc "memory")) (realloc (core func $libc "realloc")))))`

describe.each<[RunLimit, string, (exports: Untyped, n: number) => unknown, number, number]>([
  ['handles', HANDLES, (exports, n) => exports.make(n), 10, 1],
  ['streamEnds', STREAMS, (exports, n) => exports.make(n), 10, 2],
  ['operationsWithoutYield', CHURN, (exports, n) => exports.make(n), 10, 2],
  ['hostBytesPerCall', LISTS, (exports, n) => exports.echo(new Uint8Array(n)), 100, 1],
])('%s', (limit, text, use, count, each) => {
  const cap = count * each

  test('at the limit', async () => {
    const instance = await start(text, { [limit]: cap })
    use(instance.exports, count)
    expect(instance.usage()[limit]).toMatchObject({ used: cap, peak: cap, remaining: 0, limit: cap })
    expect(instance.state).toBe('ready')
  })

  test('one over it', async () => {
    const instance = await start(text, { [limit]: cap })
    expect(thrown(() => use(instance.exports, count + 1))).toMatchObject({
      kind: 'limit',
      limit,
      cap,
      option: `limits.${limit}`,
      message: expect.stringMatching(
        new RegExp(`^limit \`${limit}\` reached: \\d+ of ${cap}; raise it with \`limits.${limit}\`$`),
      ),
    })
    expect(instance.state).toBe('trapped')
  })
})

test('what counts per call, or per quantum, begins anew with the next', async () => {
  const lists = await start(LISTS, { hostBytesPerCall: 100 })
  for (let i = 0; i < 3; i++) expect(lists.exports.echo(new Uint8Array(100))).toHaveLength(100)
  const churn = await start(CHURN, { operationsWithoutYield: 20 })
  for (let i = 0; i < 3; i++) churn.exports.make(10)
  expect(churn.state).toBe('ready')
})

/** Calls that stay until the import answers. */
const WAITING = `(component
  (import "sleep" (func $sleep async))
  (core func $sleep (canon lower (func $sleep) async))
  (core func $new (canon waitable-set.new))
  (core func $join (canon waitable.join))
  (core func $return (canon task.return))
  (core func $more (canon backpressure.inc))
  (core module $m
    (import "" "sleep" (func $sleep (result i32)))
    (import "" "new" (func $new (result i32)))
    (import "" "join" (func $join (param i32 i32)))
    (import "" "return" (func $return))
    (import "" "more" (func $more))
    (func $wait (export "wait") (result i32)
      (local $set i32)
      (local.set $set (call $new))
      (call $join (i32.shr_u (call $sleep) (i32.const 4)) (local.get $set))
      (i32.or (i32.const 2) (i32.shl (local.get $set) (i32.const 4))))
    (func (export "block") (result i32) (call $more) (call $wait))
    (func (export "callback") (param i32 i32 i32) (result i32) (call $return) i32.const 0))
  (core instance $i (instantiate $m (with "" (instance
    (export "sleep" (func $sleep)) (export "new" (func $new)) (export "join" (func $join))
    (export "return" (func $return)) (export "more" (func $more))))))
  (func (export "wait") async (canon lift (core func $i "wait") async (callback (core func $i "callback"))))
  (func (export "block") async (canon lift (core func $i "block") async (callback (core func $i "callback")))))`

describe('calls that stay', () => {
  async function waiting(limits: Limits): Promise<{ readonly instance: Instance; readonly wake: () => void }> {
    const wakers: (() => void)[] = []
    const sleep = (): Promise<void> => new Promise((resolve) => wakers.push(resolve))
    const instance = await start(WAITING, limits, { sleep: { default: sleep } })
    return {
      instance,
      wake: () => {
        for (const wake of wakers.splice(0)) wake()
      },
    }
  }

  test('tasks: at the limit, and one over it, which is its caller’s failure', async () => {
    const { instance, wake } = await waiting({ tasks: 3 })
    const calls = [1, 2, 3].map(() => instance.exports.wait() as Promise<unknown>)
    expect(instance.usage().tasks).toMatchObject({ used: 3, remaining: 0 })
    expect(await rejected(instance.exports.wait())).toMatchObject({
      limit: 'tasks',
      used: 4,
      cap: 3,
      option: 'limits.tasks',
    })
    wake()
    await Promise.all(calls)
    expect(instance.state).toBe('ready')
    expect(instance.usage().tasks).toMatchObject({ used: 0, peak: 3 })
  })

  test('queuedCalls: those that wait at the door', async () => {
    const { instance } = await waiting({ queuedCalls: 2 })
    const calls = [instance.exports.block(), instance.exports.wait(), instance.exports.wait()] as Promise<unknown>[]
    for (const call of calls) call.catch(() => {})
    expect(instance.usage().queuedCalls).toMatchObject({ used: 2, remaining: 0, limit: 2 })
    expect(await rejected(instance.exports.wait())).toMatchObject({ limit: 'queuedCalls', used: 3, cap: 2 })
    expect(instance.state).toBe('ready')
    instance[Symbol.dispose]()
  })
})

test('callDepth: plugins behind plugins', async () => {
  const engine = new Engine()
  const leaf = await Component.compile(
    `(component
      (core module $m (func (export "f") (result i32) i32.const 1))
      (core instance $i (instantiate $m))
      (func $f (result u32) (canon lift (core func $i "f")))
      (instance $e (export "get" (func $f)))
      (export "test:p0/root" (instance $e)))`,
    { engine },
  )
  const limits = { callDepth: 3 }
  let plugin = await new Plugin(leaf, { limits }).instantiate(engine)
  for (let i = 1; i <= 3; i++) {
    const relay = await Component.compile(
      `(component
        (import "test:p${i - 1}/root" (instance $p (export "get" (func (result u32)))))
        (core func $get (canon lower (func $p "get")))
        (core module $m (import "" "get" (func $get (result i32))) (func (export "f") (result i32) (call $get)))
        (core instance $i (instantiate $m (with "" (instance (export "get" (func $get))))))
        (func $f (result u32) (canon lift (core func $i "f")))
        (instance $e (export "get" (func $f)))
        (export "test:p${i}/root" (instance $e)))`,
      { engine },
    )
    const behind = new Binding(`test:p${i - 1}`, ExactlyOne('it', plugin))
    plugin = await new Plugin(relay, { limits }).link(engine, new Linker(engine), [behind])
    const result = new Binding(`test:p${i}`, ExactlyOne('it', plugin)).dispatch('root', 'get').value
    if (i < 3) expect(result).toEqual({ ok: true, value: 1 })
    else
      expect(result).toMatchObject({
        ok: false,
        error: {
          kind: 'runtime-exception',
          cause: { message: expect.stringContaining('limit `callDepth` reached: 4 of 3') },
        },
      })
  }
})

describe('totals', () => {
  test('handles: over all instances of an engine, and given back', async () => {
    const engine = new Engine({ totals: { handles: 10 } })
    const [one, two] = [await start(HANDLES, {}, {}, engine), await start(HANDLES, {}, {}, engine)]
    one.exports.make(6)
    two.exports.make(4)
    expect(engine.usage().handles).toMatchObject({ used: 10, remaining: 0, limit: 10 })
    expect(thrown(() => two.exports.make(1))).toMatchObject({
      limit: 'handles',
      used: 11,
      cap: 10,
      option: 'totals.handles',
    })
    one[Symbol.dispose]()
    two[Symbol.dispose]()
    expect(engine.usage().handles).toMatchObject({ used: 0 })
  })
})

test('every limit has a gauge', async () => {
  const instance = await start('(component)', {})
  const names: readonly LimitName[] = [
    'memoryBytes',
    'tableElements',
    'memories',
    'tables',
    'handles',
    'tasks',
    'queuedCalls',
    'streamEnds',
    'callDepth',
    'hostBytesPerCall',
    'outputBytes',
    'operationsWithoutYield',
    'fuel',
    'epochTicks',
    'timeoutMs',
  ]
  expect(Object.keys(instance.usage()).sort()).toEqual([...names].sort())
  for (const name of names) expect(Object.keys(instance.usage()[name])).toEqual(['used', 'peak', 'remaining', 'limit'])
})
