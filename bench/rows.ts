/**
 * The rows: one thing done by the bare core module (`core`, what calling it costs anyhow), by hand-written glue, by this
 * runtime in each of its tiers and by the peers, on the same core module. What comes back is checked once before anything
 * is measured.
 */
import { readFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { Engine, type Imports, type Instance } from '../src/index.ts'
import { decode } from '../src/parser/decode.ts'
import { encode } from '../src/text/encode.ts'
import { parseText } from '../src/text/parse.ts'
import {
  type Calls,
  type CounterObject,
  callsGlue,
  counterGlue,
  MoreGlue,
  type Nest,
  type Sample,
  type Shape,
  ValuesGlue,
} from './glue.ts'
import { type Library, TIERS, type Tier, tierOf } from './libraries.ts'
import type { Batch } from './measure.ts'
import type { Peer } from './peers.ts'

export interface Row {
  readonly name: string
  /** By who does it: `core`, `glue`, the tiers, the peers. */
  readonly batches: ReadonlyMap<string, Batch>
  /** How many calls one of a batch stands for, where the guest does the looping. */
  readonly inner?: number
  /** Leaves so much garbage that contenders must not take turns, or that each must begin on a clean heap. */
  readonly garbage?: 'apart' | 'collected'
}

const built = (file: string): Uint8Array => readFileSync(new URL(`../examples/small/built/${file}`, import.meta.url))
const VALUES = 'example:small/values@0.1.0'
const COUNTERS = 'example:small/counters@0.1.0'
const HOST = 'example:small/host@0.1.0'
const CALLS = 'example:small/calls@0.1.0'

/** Results end here, so that no engine finds out that nobody wants them. */
export const sink = { value: undefined as unknown }

/**
 * A loop whose code is its own: what an engine learns of one contender it must not use for another. `args` are the names
 * of what `call` refers to.
 */
function loop(call: string, args: Readonly<Record<string, unknown>>): Batch {
  // V8 has one code for one text, and what it learns of calls with it
  const source = `return (n) => { let x = 0; for (let i = 0; i < n; i++) x = ${call}; sink.value = x } // ${loops++}`
  return new Function(...Object.keys(args), 'sink', source)(...Object.values(args), sink)
}

let loops = 0

const repeat = (call: () => unknown): Batch => loop('call()', { call })

type CoreFunction = (...args: (number | bigint)[]) => number
type Exports = Readonly<Record<string, (value: unknown) => unknown>>

/** A core function called with the arguments ready: an upper bound for everybody. */
function bare(core: WebAssembly.Instance, name: string, args: readonly (number | bigint)[]): Batch {
  const call = `f(${args.map((arg) => (typeof arg === 'bigint' ? `${arg}n` : String(arg))).join(',')})`
  return loop(call, { f: core.exports[name] })
}

/** Instances of one component by everybody but the glue. A peer that cannot is left out, and told. */
export class Everybody {
  readonly libraries: ReadonlyMap<Tier, Library>
  readonly peers: readonly Peer[]
  readonly problems: string[] = []

  private constructor(libraries: ReadonlyMap<Tier, Library>, peers: readonly Peer[]) {
    this.libraries = libraries
    this.peers = peers
  }

  static async prepare(peers: readonly Peer[]): Promise<Everybody> {
    const libraries = new Map<Tier, Library>()
    for (const tier of TIERS) libraries.set(tier, await tierOf(tier))
    return new Everybody(libraries, peers)
  }

  async instances(
    name: string,
    component: Uint8Array,
    imports: Imports = {},
  ): Promise<Map<string, Instance['exports']>> {
    const all = new Map<string, Instance['exports']>()
    for (const [tier, { api, engine }] of this.libraries) {
      const compiled = await api.Component.compile(component, { engine })
      all.set(tier, compiled.instantiateSync(imports, { engine }).exports)
    }
    // jco cuts versions off
    const unversioned = Object.fromEntries(
      Object.entries(imports).map(([key, value]) => [key.replace(/@.*/, ''), value]),
    )
    for (const peer of this.peers) {
      try {
        all.set(peer.name, await (await peer.prepare(name, component))({ ...imports, ...unversioned }))
      } catch (error) {
        this.problems.push(`${peer.name}, ${name}: ${String(error)}`)
      }
    }
    return all
  }

  /** Everybody who answers as is expected. */
  checked(row: string, calls: ReadonlyMap<string, (value: unknown) => unknown>, ours: unknown): Map<string, Batch> {
    const batches = new Map<string, Batch>()
    for (const [who, call] of calls) {
      const value = this.peers.find(({ name }) => name === who)?.taken(ours) ?? ours
      if (isDeepStrictEqual(call(value), value)) batches.set(who, loop('call(value)', { call, value }))
      else if (this.peers.some((peer) => peer.name === who)) this.problems.push(`${who}, ${row}: another answer`)
      else throw new TypeError(`${row}: ${who} does not echo`)
    }
    return batches
  }
}

/** Echoes of arrays are buffers outside of the heap. */
const collected = (value: unknown): Pick<Row, 'garbage'> => (ArrayBuffer.isView(value) ? { garbage: 'collected' } : {})

const NON_ASCII =
  'Příliš žluťoučký kůň úpěl ďábelské ódy. Ξεσκεπάζω τὴν ψυχοφθόρα βδελυγμία. Съешь же ещё этих мягких булок. '

export async function valueRows(everybody: Everybody): Promise<Row[]> {
  const module = new WebAssembly.Module(Uint8Array.from(built('values.core.wasm')))
  const core = new WebAssembly.Instance(module)
  const glue = new ValuesGlue(new WebAssembly.Instance(module))
  const instances = await everybody.instances('values', built('values.component.wasm'))

  const row = (
    name: string,
    method: Exclude<keyof ValuesGlue, 'add'>,
    value: unknown,
    args: readonly (number | bigint)[],
  ): Row => {
    const kebab = method.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)
    const byHand = glue[method].bind(glue) as (value: unknown) => unknown
    const calls = new Map<string, (value: unknown) => unknown>([['glue', byHand]])
    for (const [who, exports] of instances) {
      calls.set(who, (exports[VALUES] as Exports)[method] as (value: unknown) => unknown)
    }
    const batches = everybody.checked(name, calls, value)
    return {
      name,
      ...collected(value),
      batches: new Map([['core', bare(core, `${VALUES}#${kebab}`, args)], ...batches]),
    }
  }

  const adding = (add: (a: number, b: number) => number): Batch => {
    if (add(40, 2) !== 42) throw new TypeError('does not add')
    return loop('add(x & 0xffff, i)', { add })
  }
  const adds = new Map<string, Batch>([
    ['core', adding(core.exports[`${VALUES}#add`] as CoreFunction)],
    ['glue', adding(glue.add)],
  ])
  for (const [who, exports] of instances) {
    adds.set(who, adding((exports[VALUES] as { add(a: number, b: number): number }).add))
  }
  const sample: Sample = { id: 7, level: -300, weight: 2.5, ready: true, grade: 200 }
  const samples = Array.from({ length: 100 }, (_, i): Sample => ({ ...sample, id: i, ready: i % 2 === 0 }))
  const bytes = Uint8Array.from({ length: 65_536 }, (_, i) => i)
  const text = 'The quick brown fox jumps over the lazy dog. '.repeat(25)
  const nonAscii = NON_ASCII.repeat(10).slice(0, 1000)
  const shape: Shape = { tag: 'label', val: 'a label 10' }
  return [
    { name: 'add(u32, u32)', batches: adds },
    row('echo string, 10 ASCII', 'echoString', text.slice(0, 10), [1024, 10]),
    row('echo string, 1000 ASCII', 'echoString', text.slice(0, 1000), [1024, 1000]),
    row('echo string, 1000 non-ASCII', 'echoString', nonAscii, [1024, 1800]),
    row('echo list<u8>, 64 KiB', 'echoBytes', bytes, [1024, 65_536]),
    row('echo record of 5', 'echoSample', sample, [7, -300, 2.5, 1, 200]),
    row('echo list of 100 records', 'echoSamples', samples, [1024, 100]),
    row('echo variant (string)', 'echoShape', shape, [2, 1024n, 10]),
    ...(await moreRows(everybody)),
  ]
}

async function moreRows(everybody: Everybody): Promise<Row[]> {
  const component = await parseText(readFileSync(new URL('./more.wat', import.meta.url), 'utf8'))
  const module = new WebAssembly.Module(Uint8Array.from(onlyModule(component)))
  const core = new WebAssembly.Instance(module)
  const glue = new MoreGlue(new WebAssembly.Instance(module))
  const instances = await everybody.instances('more', component)
  const row = (name: string, method: 'echoFloats' | 'echoNest', value: unknown, call: Batch): Row => {
    const byHand = glue[method].bind(glue) as (value: unknown) => unknown
    const calls = new Map<string, (value: unknown) => unknown>([['glue', byHand]])
    for (const [who, exports] of instances) {
      calls.set(who, (exports as Exports)[method] as (value: unknown) => unknown)
    }
    return { name, ...collected(value), batches: new Map([['core', call], ...everybody.checked(name, calls, value)]) }
  }
  const floats = Float64Array.from({ length: 8192 }, (_, i) => i / 3)
  const nest: Nest = { tag: 'ok', val: 7 }
  return [
    row('echo list<f64>, 8 Ki', 'echoFloats', floats, bare(core, 'floats', [1024, 8192])),
    row('echo option<result<u32, string>>', 'echoNest', nest, bare(core, 'nest', [1, 0, 7, 0])),
  ]
}

function onlyModule(component: Uint8Array): Uint8Array {
  const { features, compileLimits } = new Engine()
  const def = decode(component, { features, limits: compileLimits }).defs.find(({ kind }) => kind === 'core-module')
  if (def?.kind !== 'core-module') throw new TypeError('the component has a core module')
  return def.bytes
}

type CounterClass = new (start: number) => CounterObject

export async function resourceRows(everybody: Everybody): Promise<Row[]> {
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
  const classes = new Map<string, CounterClass>([['glue', counterGlue(module)]])
  for (const [who, exports] of await everybody.instances('counter', built('counter.component.wasm')))
    classes.set(who, (exports[COUNTERS] as { readonly Counter: CounterClass }).Counter)

  const rep = make(1)
  const live = new Map<string, Batch>([
    ['core', loop('(x = make(1), increment(x, 2), destroy(x))', { make, increment, destroy })],
  ])
  const method = new Map<string, Batch>([['core', repeat(() => increment(rep, 1))]])
  const dispose: typeof Symbol.dispose = Symbol.dispose ?? Symbol.for('dispose')
  for (const [who, Counter] of classes) {
    if (new Counter(40).increment(2) !== 42) throw new TypeError(`${who} cannot count`)
    live.set(who, loop('(x = new Counter(1), x.increment(2), x[dispose]())', { Counter, dispose }))
    const counter = new Counter(1)
    method.set(who, loop('counter.increment(1)', { counter }))
  }
  return [
    { name: 'resource: new, method, drop', batches: live },
    { name: 'resource: method', batches: method },
  ]
}

const INNER = 100

export async function importRows(everybody: Everybody): Promise<Row[]> {
  const module = new WebAssembly.Module(Uint8Array.from(built('calls.core.wasm')))
  const tick = (n: number): number => (n + 1) >>> 0
  const log = (message: string): void => {
    sink.value = message
  }
  const core = new WebAssembly.Instance(module, { [HOST]: { tick: (n: number) => n + 1, log: () => {} } })
  const all = new Map<string, Calls>([['glue', callsGlue(module, { tick, log })]])
  for (const [who, exports] of await everybody.instances('calls', built('calls.component.wasm'), {
    [HOST]: { tick, log },
  }))
    all.set(who, exports[CALLS] as Calls)
  const runTick = core.exports[`${CALLS}#run-tick`] as CoreFunction
  const runLog = core.exports[`${CALLS}#run-log`] as CoreFunction
  const ticks = new Map<string, Batch>([['core', loop('f(INNER)', { f: runTick, INNER })]])
  const logs = new Map<string, Batch>([['core', loop('f(INNER)', { f: runLog, INNER })]])
  for (const [who, calls] of all) {
    if (calls.runTick(INNER) !== INNER) throw new TypeError(`${who} does not tick`)
    sink.value = undefined
    calls.runLog(1)
    if (sink.value !== 'hello, host') throw new TypeError(`${who} does not log`)
    ticks.set(who, loop('calls.runTick(INNER)', { calls, INNER }))
    logs.set(who, loop('calls.runLog(INNER)', { calls, INNER }))
  }
  return [
    { name: 'import u32 → u32, per call', inner: INNER, batches: ticks },
    { name: 'import log(string 10), per call', inner: INNER, batches: logs },
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
  const { features, compileLimits } = new Engine()
  const component = decode(built('values.component.wasm'), { features, limits: compileLimits })
  const defs = component.defs.map((def) => (def.kind === 'core-module' ? { ...def, bytes: stamped(def.bytes) } : def))
  return Uint8Array.from(encode({ ...component, defs }))
}

export function startRows(everybody: Everybody): Row[] {
  const library = everybody.libraries.get('compiled')
  if (library === undefined) throw new TypeError('nothing to measure')
  const { engine } = library
  const { Component } = library.api
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
      garbage: 'apart',
      batches: new Map([
        ['core', repeat(() => new WebAssembly.Instance(new WebAssembly.Module(core())).exports)],
        ['glue', repeat(() => new ValuesGlue(new WebAssembly.Instance(new WebAssembly.Module(core()))).add(40, 2))],
        ['compiled', repeat(() => call(Component.compileSync(bytes(), { engine }).instantiateSync({}, { engine })))],
      ]),
    },
    {
      name: 'second instance',
      garbage: 'apart',
      batches: new Map([
        ['core', repeat(() => new WebAssembly.Instance(module).exports)],
        ['glue', repeat(() => new ValuesGlue(new WebAssembly.Instance(module)).add(40, 2))],
        ['compiled', repeat(() => call(component.instantiateSync({}, { engine })))],
      ]),
    },
  ]
}
