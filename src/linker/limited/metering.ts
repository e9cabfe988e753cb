/**
 * Core modules with hooks put in, for one engine: the meter it asked for, loaded when first needed, and what it made by
 * content, in memory always and in the host's cache where there is one.
 *
 * Nothing runs half-metered: what comes back, from the meter or from a cache, must show what the original shows.
 */
import { type Meter, type MeterRequest, makeHookModule } from '../../limits/meter.ts'
import { InvalidError } from '../../model/errors.ts'
import type { PlanModule } from '../../model/plan.ts'
import type { Prepared, Profile } from '../artifact.ts'
import type { Engine } from '../engine.ts'
import { type Packed, pack, unpack } from './packed.ts'

/** How many modules are remembered by content before those that are gone are looked for. */
const PRUNE_AT = 64

export class Metering {
  readonly hookModule: WebAssembly.Module = makeHookModule()
  readonly #engine: Engine
  /** By content; whoever runs one keeps it alive. */
  readonly #made = new Map<string, WeakRef<Prepared>>()
  #exact: Promise<Meter> | undefined
  /** One for all modules: it counts its failures, and begins anew in time. */
  #binaryen: Promise<Meter> | undefined
  readonly #pending = new Map<string, Promise<Prepared>>()

  private constructor(engine: Engine) {
    this.#engine = engine
  }

  static of(engine: Engine): Metering {
    if (engine.metering instanceof Metering) return engine.metering
    const metering = new Metering(engine)
    engine.metering = metering
    return metering
  }

  profile(request: MeterRequest): Profile {
    const key = `${request.fuel ? this.#kind : 'exact'} ${request.fuel ? 'fuel ' : ''}${request.growth ? 'growth' : ''}`
    return { key, metered: true, prepare: (module) => this.#prepare(module, request) }
  }

  get #kind(): Meter['kind'] {
    return this.#engine.options.meter ?? 'binaryen'
  }

  /** What counts nothing is put in byte by byte: that is the same for both, and quick. */
  #meter({ fuel }: MeterRequest): Promise<Meter> {
    const { coreNesting } = this.#engine.compileLimits
    if (!fuel || this.#kind === 'exact') {
      this.#exact ??= import('../../limits/exact-meter.ts').then(({ exactMeter }) => exactMeter({ coreNesting }))
      return this.#exact
    }
    this.#binaryen ??= import('../../limits/binaryen-meter.ts').then(({ binaryenMeter }) =>
      binaryenMeter({ coreNesting }),
    )
    return this.#binaryen
  }

  async #prepare(module: PlanModule, request: MeterRequest): Promise<Prepared> {
    const meter = await this.#meter(request)
    const hash = await digest(module.bytes)
    if (hash === undefined) return await this.#compile(module, await meter.instrument(module.bytes, request))
    const { coreNesting } = this.#engine.compileLimits
    const key = `${meter.kind} ${meter.version} ${request.fuel} ${request.growth} ${coreNesting} ${hash}`
    const made = this.#made.get(key)?.deref()
    if (made !== undefined) return made
    let pending = this.#pending.get(key)
    if (pending === undefined) {
      pending = this.#make(module, request, meter, key).finally(() => this.#pending.delete(key))
      this.#pending.set(key, pending)
    }
    return await pending
  }

  async #make(module: PlanModule, request: MeterRequest, meter: Meter, key: string): Promise<Prepared> {
    const { meterCache } = this.#engine.options
    const found = unpack(await meterCache?.get(key))
    const packed: Packed = found ?? (await meter.instrument(module.bytes, request))
    const prepared = await this.#compile(module, packed)
    if (found === undefined) await meterCache?.set(key, pack(packed))
    if (this.#made.size >= PRUNE_AT)
      for (const [old, ref] of this.#made) if (ref.deref() === undefined) this.#made.delete(old)
    this.#made.set(key, new WeakRef(prepared))
    return prepared
  }

  async #compile({ type, at }: PlanModule, { code, ...metered }: Packed): Promise<Prepared> {
    const module = await WebAssembly.compile(code as BufferSource)
    const hidden = new Set(metered.hidden)
    const shown = WebAssembly.Module.exports(module).filter(({ name }) => !hidden.has(name))
    const same =
      shown.length === type.exports.length &&
      shown.every(
        ({ name, kind }, i) => name === type.exports[i]?.name && kind === kindOf(type.exports[i]?.type.kind),
      ) &&
      equalLists(
        WebAssembly.Module.imports(module).map(({ module, name, kind }) => JSON.stringify([module, name, kind])),
        type.imports.map(({ module, name, type }) => JSON.stringify([module, name, kindOf(type.kind)])),
      )
    if (!same) throw new InvalidError('core module cannot be metered: its imports or exports would change', at)
    return { module, metered }
  }
}

const kindOf = (kind: string | undefined): string | undefined => (kind === 'func' ? 'function' : kind)

/** Whatever the order: it is no part of a module's meaning for imports. */
function equalLists(a: readonly string[], b: readonly string[]): boolean {
  const sorted = [...b].sort()
  return a.length === b.length && [...a].sort().every((item, i) => item === sorted[i])
}

/** `undefined` where the platform has no digests: in a browser, on a page that is not secure. */
async function digest(bytes: Uint8Array): Promise<string | undefined> {
  const { crypto } = globalThis as { readonly crypto?: { readonly subtle?: SubtleCrypto } }
  if (crypto?.subtle === undefined) return undefined
  const hash = await crypto.subtle.digest('SHA-256', bytes as BufferSource)
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
