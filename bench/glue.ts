/**
 * What a good engineer writes by hand for the three core modules of `examples/small`: no checks of types, no general
 * code, the platform's fast ways. What it must do, it does: it refreshes its views when the memory has grown, refuses
 * invalid UTF-8, calls post-return, drops resources that were forgotten.
 */

export interface Sample {
  readonly id: number
  readonly level: number
  readonly weight: number
  readonly ready: boolean
  readonly grade: number
}
export type Shape =
  | { readonly tag: 'empty' }
  | { readonly tag: 'circle'; readonly val: number }
  | { readonly tag: 'label'; readonly val: string }

type Core = (...args: (number | bigint)[]) => number

const VALUES = 'example:small/values@0.1.0'
const COUNTERS = 'example:small/counters@0.1.0'
const HOST = 'example:small/host@0.1.0'
const CALLS = 'example:small/calls@0.1.0'

function coreFunction(exports: WebAssembly.Exports, name: string): Core {
  const found = exports[name]
  if (typeof found !== 'function') throw new TypeError(`the core module has no function ${name}`)
  return found as Core
}

function memoryOf(exports: WebAssembly.Exports): WebAssembly.Memory {
  const { memory } = exports
  if (!(memory instanceof WebAssembly.Memory)) throw new TypeError('the core module has no memory')
  return memory
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const encoder = new TextEncoder()
const SAMPLE = 24

export class ValuesGlue {
  readonly add: (a: number, b: number) => number
  #memory: WebAssembly.Memory
  #bytes: Uint8Array
  #view: DataView
  #realloc: Core
  #echoString: Core
  #echoBytes: Core
  #echoSample: Core
  #echoSamples: Core
  #echoShape: Core
  #post: { readonly [name: string]: Core }

  constructor({ exports }: WebAssembly.Instance) {
    this.#memory = memoryOf(exports)
    this.#bytes = new Uint8Array(this.#memory.buffer)
    this.#view = new DataView(this.#memory.buffer)
    this.#realloc = coreFunction(exports, 'cabi_realloc')
    const named = (name: string): Core => coreFunction(exports, `${VALUES}#${name}`)
    const post = (name: string): Core => coreFunction(exports, `cabi_post_${VALUES}#${name}`)
    const add = named('add')
    this.add = (a, b) => add(a, b) >>> 0
    this.#echoString = named('echo-string')
    this.#echoBytes = named('echo-bytes')
    this.#echoSample = named('echo-sample')
    this.#echoSamples = named('echo-samples')
    this.#echoShape = named('echo-shape')
    this.#post = {
      string: post('echo-string'),
      bytes: post('echo-bytes'),
      samples: post('echo-samples'),
      shape: post('echo-shape'),
    }
  }

  #refresh(): void {
    if (this.#bytes.byteLength !== 0) return
    this.#bytes = new Uint8Array(this.#memory.buffer)
    this.#view = new DataView(this.#memory.buffer)
  }

  /** Answers the address; the length is left in `#written`. */
  #encode(text: string): number {
    const room = text.length * 3
    const address = this.#realloc(0, 0, 1, room)
    this.#refresh()
    this.#written = encoder.encodeInto(text, this.#bytes.subarray(address, address + room)).written
    return address
  }
  #written = 0

  #decode(address: number, length: number): string {
    return decoder.decode(this.#bytes.subarray(address, address + length))
  }

  echoString(text: string): string {
    const area = this.#echoString(this.#encode(text), this.#written)
    this.#refresh()
    const result = this.#decode(this.#view.getUint32(area, true), this.#view.getUint32(area + 4, true))
    this.#post['string']?.(area)
    return result
  }

  echoBytes(value: Uint8Array): Uint8Array {
    const address = this.#realloc(0, 0, 1, value.length)
    this.#refresh()
    this.#bytes.set(value, address)
    const area = this.#echoBytes(address, value.length)
    this.#refresh()
    const begin = this.#view.getUint32(area, true)
    const result = this.#bytes.slice(begin, begin + this.#view.getUint32(area + 4, true))
    this.#post['bytes']?.(area)
    return result
  }

  echoSample({ id, level, weight, ready, grade }: Sample): Sample {
    const area = this.#echoSample(id, level, weight, ready ? 1 : 0, grade)
    this.#refresh()
    return this.#loadSample(area)
  }

  #loadSample(at: number): Sample {
    const view = this.#view
    return {
      id: view.getUint32(at, true),
      level: view.getInt16(at + 4, true),
      weight: view.getFloat64(at + 8, true),
      ready: view.getUint8(at + 16) !== 0,
      grade: view.getUint8(at + 17),
    }
  }

  echoSamples(samples: readonly Sample[]): Sample[] {
    const address = this.#realloc(0, 0, 8, samples.length * SAMPLE)
    this.#refresh()
    const view = this.#view
    for (let i = 0, at = address; i < samples.length; i++, at += SAMPLE) {
      const sample = samples[i] as Sample // i < length
      view.setUint32(at, sample.id, true)
      view.setInt16(at + 4, sample.level, true)
      view.setFloat64(at + 8, sample.weight, true)
      view.setUint8(at + 16, sample.ready ? 1 : 0)
      view.setUint8(at + 17, sample.grade)
    }
    const area = this.#echoSamples(address, samples.length)
    this.#refresh()
    const begin = this.#view.getUint32(area, true)
    const length = this.#view.getUint32(area + 4, true)
    const result = new Array<Sample>(length)
    for (let i = 0; i < length; i++) result[i] = this.#loadSample(begin + i * SAMPLE)
    this.#post['samples']?.(area)
    return result
  }

  #scratch = new DataView(new ArrayBuffer(8))

  echoShape(shape: Shape): Shape {
    let area: number
    switch (shape.tag) {
      case 'empty':
        area = this.#echoShape(0, 0n, 0)
        break
      case 'circle':
        this.#scratch.setFloat64(0, shape.val)
        area = this.#echoShape(1, this.#scratch.getBigInt64(0), 0)
        break
      case 'label':
        area = this.#echoShape(2, BigInt(this.#encode(shape.val)), this.#written)
        break
    }
    this.#refresh()
    const view = this.#view
    let result: Shape
    switch (view.getUint8(area)) {
      case 0:
        result = { tag: 'empty' }
        break
      case 1:
        result = { tag: 'circle', val: view.getFloat64(area + 8, true) }
        break
      case 2:
        result = { tag: 'label', val: this.#decode(view.getUint32(area + 8, true), view.getUint32(area + 12, true)) }
        break
      default:
        throw new TypeError('no such case')
    }
    this.#post['shape']?.(area)
    return result
  }
}

export interface CounterObject extends Disposable {
  increment(by: number): number
}

/** The class of a resource, for one instance of the core module. */
export function counterGlue(module: WebAssembly.Module): new (start: number) => CounterObject {
  const reps: number[] = [0]
  const free: number[] = []
  const drop = (handle: number): number => {
    const rep = reps[handle] as number // handles are ours
    free.push(handle)
    return rep
  }
  const { exports } = new WebAssembly.Instance(module, {
    [`[export]${COUNTERS}`]: {
      '[resource-new]counter': (rep: number) => {
        const handle = free.pop() ?? reps.length
        reps[handle] = rep
        return handle
      },
      '[resource-rep]counter': (handle: number) => reps[handle],
      '[resource-drop]counter': (handle: number) => destroy(drop(handle)),
    },
  })
  const make = coreFunction(exports, `${COUNTERS}#[constructor]counter`)
  const destroy = coreFunction(exports, `${COUNTERS}#[dtor]counter`)
  const increment = coreFunction(exports, `${COUNTERS}#[method]counter.increment`)
  const forgotten = new FinalizationRegistry<number>(destroy)
  return class Counter {
    #rep: number

    constructor(start: number) {
      this.#rep = drop(make(start))
      forgotten.register(this, this.#rep, this)
    }

    increment(by: number): number {
      return increment(this.#rep, by) >>> 0
    }

    [Symbol.dispose](): void {
      const rep = this.#rep
      if (rep === 0) return
      this.#rep = 0
      forgotten.unregister(this)
      destroy(rep)
    }
  }
}

export interface Calls {
  runTick(n: number): number
  runLog(n: number): void
}

export function callsGlue(
  module: WebAssembly.Module,
  host: { tick(n: number): number; log(message: string): void },
): Calls {
  const { tick, log } = host
  let bytes = new Uint8Array(0)
  const { exports } = new WebAssembly.Instance(module, {
    [HOST]: {
      tick: (n: number) => tick(n >>> 0),
      log: (address: number, length: number) => {
        if (bytes.byteLength === 0) bytes = new Uint8Array(memory.buffer)
        log(decoder.decode(bytes.subarray(address, address + length)))
      },
    },
  })
  const memory = memoryOf(exports)
  const runTick = coreFunction(exports, `${CALLS}#run-tick`)
  const runLog = coreFunction(exports, `${CALLS}#run-log`)
  return { runTick: (n) => runTick(n) >>> 0, runLog: (n) => void runLog(n) }
}

export type Nest =
  | { readonly tag: 'ok'; readonly val: number }
  | { readonly tag: 'err'; readonly val: string }
  | undefined

/** For the core module of `more.wat`. */
export class MoreGlue {
  #memory: WebAssembly.Memory
  #bytes: Uint8Array
  #view: DataView
  #realloc: Core
  #floats: Core
  #nest: Core
  #post: Core

  constructor({ exports }: WebAssembly.Instance) {
    this.#memory = memoryOf(exports)
    this.#bytes = new Uint8Array(this.#memory.buffer)
    this.#view = new DataView(this.#memory.buffer)
    this.#realloc = coreFunction(exports, 'cabi_realloc')
    this.#floats = coreFunction(exports, 'floats')
    this.#nest = coreFunction(exports, 'nest')
    this.#post = coreFunction(exports, 'post')
  }

  #refresh(): void {
    if (this.#bytes.byteLength !== 0) return
    this.#bytes = new Uint8Array(this.#memory.buffer)
    this.#view = new DataView(this.#memory.buffer)
  }

  echoFloats(values: Float64Array): Float64Array {
    const address = this.#realloc(0, 0, 8, values.byteLength)
    this.#refresh()
    new Float64Array(this.#bytes.buffer, address, values.length).set(values)
    const area = this.#floats(address, values.length)
    this.#refresh()
    const begin = this.#view.getUint32(area, true)
    const result = new Float64Array(
      this.#bytes.buffer.slice(begin, begin + 8 * this.#view.getUint32(area + 4, true)) as ArrayBuffer,
    )
    this.#post(area)
    return result
  }

  echoNest(value: Nest): Nest {
    let area: number
    if (value === undefined) area = this.#nest(0, 0, 0, 0)
    else if (value.tag === 'ok') area = this.#nest(1, 0, value.val, 0)
    else {
      const room = value.val.length * 3
      const address = this.#realloc(0, 0, 1, room)
      this.#refresh()
      const { written } = encoder.encodeInto(value.val, this.#bytes.subarray(address, address + room))
      area = this.#nest(1, 1, address, written)
    }
    this.#refresh()
    const view = this.#view
    let result: Nest
    if (view.getUint8(area) === 1) {
      const at = view.getUint32(area + 8, true)
      result =
        view.getUint8(area + 4) === 0
          ? { tag: 'ok', val: at }
          : { tag: 'err', val: decoder.decode(this.#bytes.subarray(at, at + view.getUint32(area + 12, true))) }
    }
    this.#post(area)
    return result
  }
}
