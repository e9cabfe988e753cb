/**
 * The rows: one thing done by the bare core module (`core`, what calling it costs anyhow), by hand-written glue and by
 * this runtime, on the same core module. What comes back is checked once before anything is measured.
 */
import { readFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { Component, Engine, type Instance } from '../src/index.ts'
import { decode } from '../src/parser/decode.ts'
import { encode } from '../src/text/encode.ts'
import { type Calls, type CounterObject, callsGlue, counterGlue, type Sample, type Shape, ValuesGlue } from './glue.ts'
import type { Batch } from './measure.ts'

const engine = new Engine()
// loads the compiler, so that `compileSync` need not
await Component.compile(readFileSync(new URL('../examples/small/built/values.component.wasm', import.meta.url)), {
  engine,
})

export interface Row {
  readonly name: string
  readonly core: Batch | undefined
  readonly glue: Batch
  readonly ours: Batch
  /** How many calls one of a batch stands for, where the guest does the looping. */
  readonly inner?: number
  /** Leaves so much garbage that contenders must not take turns. */
  readonly apart?: true
}

const built = (file: string): Uint8Array => readFileSync(new URL(`../examples/small/built/${file}`, import.meta.url))
const VALUES = 'example:small/values@0.1.0'
const COUNTERS = 'example:small/counters@0.1.0'
const HOST = 'example:small/host@0.1.0'
const CALLS = 'example:small/calls@0.1.0'

/** Results end here, so that no engine finds out that nobody wants them. */
export const sink = { value: undefined as unknown }

function repeat(call: () => unknown): Batch {
  return (n) => {
    let last: unknown
    for (let i = 0; i < n; i++) last = call()
    sink.value = last
  }
}

function same<T>(name: string, given: T, glue: (value: T) => unknown, ours: (value: T) => unknown): void {
  for (const [who, answer] of [
    ['the glue', glue(given)],
    ['the runtime', ours(given)],
  ] as const) {
    if (!isDeepStrictEqual(answer, given)) throw new TypeError(`${name}: ${who} does not echo`)
  }
}

type CoreFunction = (...args: (number | bigint)[]) => number

/** A core function called with the arguments ready: an upper bound for everybody. */
function bare(core: WebAssembly.Instance, name: string, args: readonly (number | bigint)[]): Batch {
  const func = core.exports[name] as CoreFunction
  const [a = 0, b = 0, c = 0, d = 0, e = 0] = args
  switch (args.length) {
    case 2:
      return repeat(() => func(a, b))
    case 3:
      return repeat(() => func(a, b, c))
    default:
      return repeat(() => func(a, b, c, d, e))
  }
}

interface ValuesExports {
  add(a: number, b: number): number
  echoString(text: string): string
  echoBytes(bytes: Uint8Array): Uint8Array
  echoSample(sample: Sample): Sample
  echoSamples(samples: readonly Sample[]): Sample[]
  echoShape(shape: Shape): Shape
}

const NON_ASCII =
  'Příliš žluťoučký kůň úpěl ďábelské ódy. Ξεσκεπάζω τὴν ψυχοφθόρα βδελυγμία. Съешь же ещё этих мягких булок. '

export function valueRows(): Row[] {
  const module = new WebAssembly.Module(Uint8Array.from(built('values.core.wasm')))
  const core = new WebAssembly.Instance(module)
  const glue = new ValuesGlue(new WebAssembly.Instance(module))
  const instance = Component.compileSync(built('values.component.wasm'), { engine }).instantiateSync({}, { engine })
  const ours: ValuesExports = instance.exports[VALUES]

  const row = <K extends keyof ValuesExports & keyof ValuesGlue>(
    name: string,
    method: K,
    value: Parameters<ValuesExports[K]>[0],
    args: readonly (number | bigint)[],
  ): Row => {
    const kebab = method.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)
    const byHand = glue[method].bind(glue) as (value: unknown) => unknown
    const byUs = ours[method] as (value: unknown) => unknown
    same(name, value as unknown, byHand, byUs)
    return {
      name,
      core: bare(core, `${VALUES}#${kebab}`, args),
      glue: repeat(() => byHand(value)),
      ours: repeat(() => byUs(value)),
    }
  }

  const coreAdd = core.exports[`${VALUES}#add`] as CoreFunction
  const { add } = ours
  const glueAdd = glue.add
  const sample: Sample = { id: 7, level: -300, weight: 2.5, ready: true, grade: 200 }
  const samples = Array.from({ length: 100 }, (_, i): Sample => ({ ...sample, id: i, ready: i % 2 === 0 }))
  const bytes = Uint8Array.from({ length: 65_536 }, (_, i) => i)
  const text = 'The quick brown fox jumps over the lazy dog. '.repeat(25)
  const nonAscii = NON_ASCII.repeat(10).slice(0, 1000)
  return [
    {
      name: 'add(u32, u32)',
      core: (n) => {
        let x = 0
        for (let i = 0; i < n; i++) x = coreAdd(x, i)
        sink.value = x
      },
      glue: (n) => {
        let x = 0
        for (let i = 0; i < n; i++) x = glueAdd(x, i)
        sink.value = x
      },
      ours: (n) => {
        let x = 0
        for (let i = 0; i < n; i++) x = add(x, i)
        sink.value = x
      },
    },
    row('echo string, 10 ASCII', 'echoString', text.slice(0, 10), [1024, 10]),
    row('echo string, 1000 ASCII', 'echoString', text.slice(0, 1000), [1024, 1000]),
    row('echo string, 1000 non-ASCII', 'echoString', nonAscii, [1024, 1800]),
    row('echo list<u8>, 64 KiB', 'echoBytes', bytes, [1024, 65_536]),
    row('echo record of 5', 'echoSample', sample, [7, -300, 2.5, 1, 200]),
    row('echo list of 100 records', 'echoSamples', samples, [1024, 100]),
    row('echo variant (string)', 'echoShape', { tag: 'label', val: 'a label 10' }, [2, 1024n, 10]),
  ]
}

export function resourceRows(): Row[] {
  const module = new WebAssembly.Module(Uint8Array.from(built('counter.core.wasm')))
  const core = new WebAssembly.Instance(module, {
    [`[export]${COUNTERS}`]: {
      '[resource-new]counter': (rep: number) => rep,
      '[resource-rep]counter': (rep: number) => rep,
      '[resource-drop]counter': () => {},
    },
  })
  const make = core.exports[`${COUNTERS}#[constructor]counter`] as CoreFunction
  const destroy = core.exports[`${COUNTERS}#[dtor]counter`] as CoreFunction
  const increment = core.exports[`${COUNTERS}#[method]counter.increment`] as CoreFunction
  const instance = Component.compileSync(built('counter.component.wasm'), { engine }).instantiateSync({}, { engine })
  const ByUs: new (start: number) => CounterObject = instance.exports[COUNTERS].Counter
  const ByHand = counterGlue(module)
  for (const Counter of [ByUs, ByHand]) if (new Counter(40).increment(2) !== 42) throw new TypeError('cannot count')

  const live = (Counter: new (start: number) => CounterObject): Batch =>
    repeat(() => {
      const counter = new Counter(1)
      counter.increment(2)
      counter[Symbol.dispose]()
    })
  const method = (Counter: new (start: number) => CounterObject): Batch => {
    const counter = new Counter(1)
    return repeat(() => counter.increment(1))
  }
  const rep = make(1)
  return [
    {
      name: 'resource: new, method, drop',
      core: repeat(() => {
        const one = make(1)
        increment(one, 2)
        destroy(one)
      }),
      glue: live(ByHand),
      ours: live(ByUs),
    },
    {
      name: 'resource: method',
      core: repeat(() => increment(rep, 1)),
      glue: method(ByHand),
      ours: method(ByUs),
    },
  ]
}

const INNER = 100

export function importRows(): Row[] {
  const module = new WebAssembly.Module(Uint8Array.from(built('calls.core.wasm')))
  const tick = (n: number): number => (n + 1) >>> 0
  const log = (message: string): void => {
    sink.value = message
  }
  const core = new WebAssembly.Instance(module, { [HOST]: { tick: (n: number) => n + 1, log: () => {} } })
  const byHand = callsGlue(module, { tick, log })
  const component = Component.compileSync(built('calls.component.wasm'), { engine })
  const ours: Calls = component.instantiateSync({ [HOST]: { tick, log } }, { engine }).exports[CALLS]
  for (const calls of [byHand, ours]) {
    if (calls.runTick(INNER) !== INNER) throw new TypeError('does not tick')
    sink.value = undefined
    calls.runLog(1)
    if (sink.value !== 'hello, host') throw new TypeError('does not log')
  }
  const runTick = core.exports[`${CALLS}#run-tick`] as CoreFunction
  const runLog = core.exports[`${CALLS}#run-log`] as CoreFunction
  return [
    {
      name: 'import u32 → u32, per call',
      inner: INNER,
      core: repeat(() => runTick(INNER)),
      glue: repeat(() => byHand.runTick(INNER)),
      ours: repeat(() => ours.runTick(INNER)),
    },
    {
      name: 'import log(string 10), per call',
      inner: INNER,
      core: repeat(() => runLog(INNER)),
      glue: repeat(() => byHand.runLog(INNER)),
      ours: repeat(() => ours.runLog(INNER)),
    },
  ]
}

/** A stamp in a custom section of a core module, which makes the bytes new to the engine: it keeps what it compiled. */
const STAMP = Uint8Array.of(0, 14, 5, 0x73, 0x74, 0x61, 0x6d, 0x70, 0, 0, 0, 0, 0, 0, 0, 0)

function stamped(core: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(core.length + STAMP.length)
  bytes.set(core)
  bytes.set(STAMP, core.length)
  return bytes
}

/** The same bytes again and again, each time with another stamp. */
function fresh(bytes: Uint8Array<ArrayBuffer>): () => Uint8Array<ArrayBuffer> {
  const at = Buffer.from(bytes.buffer).indexOf(STAMP) + STAMP.length - 8
  const view = new DataView(bytes.buffer)
  return () => {
    view.setFloat64(at, stamps++)
    return bytes
  }
}
let stamps = 1

function stampedComponent(): Uint8Array<ArrayBuffer> {
  const { features, compileLimits } = engine
  const component = decode(built('values.component.wasm'), { features, limits: compileLimits })
  const defs = component.defs.map((def) => (def.kind === 'core-module' ? { ...def, bytes: stamped(def.bytes) } : def))
  return Uint8Array.from(encode({ ...component, defs }))
}

export function startRows(): Row[] {
  const coreBytes = Uint8Array.from(built('values.core.wasm'))
  const component = Component.compileSync(built('values.component.wasm'), { engine })
  const module = new WebAssembly.Module(coreBytes)
  const core = fresh(stamped(coreBytes))
  const bytes = fresh(stampedComponent())
  const call = (instance: Instance): unknown => {
    const answer: unknown = instance.exports[VALUES].add(40, 2)
    instance[Symbol.dispose]()
    return answer
  }
  return [
    {
      name: 'instantiate from bytes, warm',
      apart: true,
      core: repeat(() => new WebAssembly.Instance(new WebAssembly.Module(core())).exports),
      glue: repeat(() => new ValuesGlue(new WebAssembly.Instance(new WebAssembly.Module(core()))).add(40, 2)),
      ours: repeat(() => call(Component.compileSync(bytes(), { engine }).instantiateSync({}, { engine }))),
    },
    {
      name: 'second instance',
      apart: true,
      core: repeat(() => new WebAssembly.Instance(module).exports),
      glue: repeat(() => new ValuesGlue(new WebAssembly.Instance(module)).add(40, 2)),
      ours: repeat(() => call(component.instantiateSync({}, { engine }))),
    },
  ]
}
