/**
 * What limits the core code of one root while it runs: which way its code is prepared, who pays for what runs, when its
 * time is over, whether its memories and tables may grow. A part of its own, loaded by the first instance that asks.
 *
 * All of a root's counters are filled by one payer at a time, its current lane. A call from outside opens a lane; tasks
 * keep theirs and have it again when they go on; what runs outside of any call (destructors) is paid by what was set last.
 */
import type { FuncInst, Root } from '../../abi/embedding.ts'
import { type Allowance, type Clocks, Deadline, NO_DEADLINE } from '../../limits/deadline.ts'
import { makePurse, Tap, TIMED_SLICE, Till } from '../../limits/fuel.ts'
import { attach, type Metered } from '../../limits/meter.ts'
import { Sizes } from '../../limits/sizes.ts'
import type { CoreModuleType } from '../../model/core-types.ts'
import { assert } from '../../model/errors.ts'
import { checkLimit, type Gauge, type Usage } from '../../model/limits.ts'
import type { FuncType } from '../../model/types.ts'
import { type Artifact, clamped, type Prepared, type Profile, type Watch } from '../artifact.ts'
import type { Engine } from '../engine.ts'
import type { InstanceParts } from '../instance-state.ts'
import type { LiveItem, LiveItems } from '../items.ts'
import { joinPath } from '../js-names.ts'
import type { Limited } from '../limiting.ts'
import type { Running } from '../run.ts'
import { Growth, pageSizes } from './growth.ts'
import { type FuelSource, fuelIn, Lane } from './lane.ts'
import { LimitedFunc, runsIn } from './limited-func.ts'
import { Metering } from './metering.ts'
import { type BudgetName, type Wanted, type WantedLimits, wantedLimits } from './options.ts'
import { needsGuard, plainCaps } from './plan-sizes.ts'

export function limit(parts: InstanceParts, root: Root): Limited {
  return new LimitedRoot(parts, root, wantedLimits(parts.limits))
}

/** How code is prepared that counts. One way for all limits, so that one preparation serves whoever asks for any. */
export function countingProfile(engine: Engine): Profile {
  return Metering.of(engine).profile({ fuel: true, growth: true })
}

/** A call from outside, by the callee's own names. */
export interface CallFacts {
  readonly interface: string
  readonly function: string
  readonly type: FuncType
}

/** The same with what it is called in errors. */
export interface OwnCall extends CallFacts {
  readonly path: string
}

/** What was used of time, in all and at most in one call. */
interface Spent {
  used: number
  peak: number
}

function note(spent: Spent, used: number): void {
  spent.used += used
  spent.peak = Math.max(spent.peak, used)
}

export class LimitedRoot implements Limited, Watch {
  readonly profile: Profile
  readonly watch: Watch = this
  readonly root: Root
  readonly #parts: InstanceParts
  readonly #wanted: WantedLimits
  readonly #clocks: Clocks
  readonly #metering: Metering
  readonly #sizes: Sizes
  readonly #growth: Growth | undefined
  readonly #till: Till
  readonly #timed: boolean
  readonly #counts: boolean
  // What was set last, and what is left of it.
  #fuel: FuelSource
  #ms: Allowance
  #ticks: Allowance
  /** Pays for what no call pays for: start-up at first, then what the last call left. */
  #base: Lane
  #current: Lane
  /** Who pays between calls. */
  #idle: Lane
  #next: Lane | undefined
  #isLast = false
  #granted = 0
  readonly #told = (units: number): void => {
    this.#granted += units
  }
  readonly #spent: Record<BudgetName, Spent> = {
    fuel: { used: 0, peak: 0 },
    epochTicks: { used: 0, peak: 0 },
    timeoutMs: { used: 0, peak: 0 },
  }

  constructor(parts: InstanceParts, root: Root, wanted: WantedLimits) {
    const { engine } = parts
    this.#parts = parts
    this.root = root
    this.#wanted = wanted
    this.#metering = Metering.of(engine)
    this.#sizes = new Sizes(root.ledger)
    this.#clocks = { now: () => engine.options.now?.() ?? performance.now(), epochCell: engine.epochCell }
    this.#timed = wanted.epochTicks !== undefined || wanted.timeoutMs !== undefined
    this.#counts = this.#timed || wanted.fuel !== undefined
    const guarded = this.#counts || needsGuard(parts, wanted)
    this.profile = guarded
      ? this.#metering.profile({ fuel: this.#counts, growth: true })
      : clamped(plainCaps(parts, root.ledger.caps))
    this.#growth = guarded ? new Growth(root, wanted.growth) : undefined

    const { fuel, timeoutMs, epochTicks } = wanted
    this.#fuel = fuel ? { own: makePurse(fuel.initial), pool: fuel.pool?.purse, option: fuel.initialOption } : endless()
    this.#ms = allowance(timeoutMs)
    this.#ticks = allowance(epochTicks)
    this.#base = this.#lane(root.name, this.#fuel, undefined)
    this.#current = this.#base
    this.#idle = this.#base
    this.#till = new Till(this.#base)
    if (this.#timed) {
      this.#till.slice = TIMED_SLICE
      root.hook = () => this.#current.deadline.check()
    }
    root.payer = this
  }

  #lane(path: string, fuel: FuelSource, patron: Lane | undefined): Lane {
    const deadline = this.#timed ? new Deadline(this.#clocks, this.#ms, this.#ticks) : NO_DEADLINE
    return new Lane(path, fuel, deadline, patron, this.#told)
  }

  // — Core instances

  async prepare(running: Running): Promise<void> {
    await Promise.all([...this.#artifacts(running)].map((artifact) => artifact.compile(this.profile)))
  }

  prepareSync(running: Running): void {
    for (const artifact of this.#artifacts(running)) artifact.compileSync(this.profile)
  }

  #artifacts(running: Running): Set<Artifact> {
    const artifacts = new Set([running.artifact])
    // what is prepared at once can be so when it is met
    if (this.profile.metered) {
      for (let { outer } = running; outer !== undefined; outer = outer.outer) artifacts.add(outer.artifact)
      collect(running.imports, artifacts)
    }
    return artifacts
  }

  admit(type: CoreModuleType): void {
    if (this.#growth === undefined) this.#sizes.admit(type)
    else this.#growth.admit(type)
  }

  made(type: CoreModuleType | undefined, instance: WebAssembly.Instance, { metered }: Prepared): void {
    if (metered === undefined) {
      this.#sizes.made(type, instance)
      return
    }
    assert(type !== undefined, 'what was metered was decoded')
    const attached = this.#attach(type, instance, metered)
    if (metered.start === undefined) return
    // the start function of each core instance is a piece of one start-up
    const lane = this.#lane(this.root.name, this.#fuel, undefined)
    this.#base = lane
    const outer = this.switchTo(lane)
    try {
      this.root.hook?.()
      attached.start()
    } finally {
      this.leave(outer)
      this.close(lane)
    }
  }

  #attach(type: CoreModuleType, instance: WebAssembly.Instance, metered: Omit<Metered, 'code'>): { start(): void } {
    const pages = pageSizes(type)
    const fail = (error: unknown): never => this.root.fail(error, this.#current.path)
    const attached = attach(
      instance,
      metered,
      {
        exhausted: () => {
          try {
            if (this.#timed) this.#current.deadline.check()
            if (!tap.refill()) throw this.#current.exhausted()
          } catch (error) {
            fail(error)
          }
        },
        grow: (kind, index, current, delta, maximum) => {
          try {
            const limit = kind === 'memory' ? 'memoryBytes' : 'tableElements'
            const unit = kind === 'memory' ? pages[index] : 1
            assert(unit !== undefined, 'a memory of the module')
            return this.#growth?.allows(limit, unit, current, delta, maximum) ?? true
          } catch (error) {
            return fail(error)
          }
        },
      },
      this.#metering.hookModule,
    )
    const tap = new Tap(this.#till, attached)
    return attached
  }

  // — Who pays

  get current(): Lane {
    return this.#current
  }

  /** Something runs that no call asked for: it has the time of one. */
  entering(): void {
    if (this.#current === this.#idle && !this.#isLast) this.#idle.deadline.restart()
  }

  /** What runs from now on has the time of one call in all: there may be as many destructors as a guest likes. */
  last(): void {
    this.entering()
    this.#isLast = true
  }

  /** A call returned: whoever paid before it pays again, or between calls what was set last. */
  leave(outer: object): void {
    const idle = outer === this.#idle
    if (idle) this.#idle = this.#base
    this.switchTo(idle ? this.#base : outer)
  }

  /** @returns who paid until now */
  switchTo(lane: object): Lane {
    assert(lane instanceof Lane, 'what a task kept is what it was given')
    const outer = this.#current
    this.#current = lane
    this.#till.charge(lane)
    return outer
  }

  /** Who pays for a task that begins now: the call that it serves, or the one that runs. */
  take(): Lane {
    const lane = this.#next ?? this.#current
    this.#next = undefined
    return lane
  }

  /** The next task is for this call. */
  offer(lane: Lane | undefined): void {
    this.#next = lane
  }

  // — Calls

  exports(items: LiveItems): LiveItems {
    if (!this.#counts) return items
    return this.#wrapped('', items)
  }

  #wrapped(path: string, items: LiveItems): LiveItems {
    const wrapped = new Map<string, LiveItem>()
    for (const [name, item] of items) {
      if (item.kind === 'func') wrapped.set(name, this.#func(path, name, item.func))
      else if (item.kind === 'instance')
        wrapped.set(name, {
          kind: 'instance',
          exports: this.#wrapped(joinPath(path, name), item.exports),
        })
      else wrapped.set(name, item)
    }
    return wrapped
  }

  #func(path: string, name: string, func: FuncInst): LiveItem {
    // what only passes through is its owner's
    return { kind: 'func', func: runsIn(func, this.root) ? new LimitedFunc(this, path, name, func) : func }
  }

  /** Asks the limiters, once. @throws what they throw, before anything runs */
  open(own: OwnCall): Lane {
    const { fuel, timeoutMs, epochTicks } = this.#wanted
    const requested = this.#parts.engine.layer?.callInto(this.root)
    const call: CallFacts = requested === undefined ? own : { type: own.type, ...splitPath(requested.path) }
    const from = requested?.from
    const path = call === own ? own.path : joinPath(call.interface, call.function)
    if (timeoutMs?.perCall !== undefined) {
      const total = this.#ask('timeoutMs', timeoutMs.perCall, call, from, this.#ms.left)
      this.#ms = { left: total, total, option: 'limits.timeoutMs.perCall' }
    }
    if (epochTicks?.perCall !== undefined) {
      const total = this.#ask('epochTicks', epochTicks.perCall, call, from, this.#ticks.left)
      this.#ticks = { left: total, total, option: 'limits.epochTicks.perCall' }
    }
    if (fuel?.charge === 'caller' && from !== undefined) {
      const patron = from.payer instanceof LimitedRoot ? from.payer.current : undefined
      // a caller without a limit pays for as much as it takes
      return this.#lane(path, patron?.fuel ?? endless(), patron)
    }
    if (fuel?.perCall !== undefined) {
      const units = this.#ask('fuel', fuel.perCall, call, from, fuelIn(this.#fuel))
      this.#fuel = { own: makePurse(units), pool: fuel.pool?.purse, option: 'limits.fuel.perCall' }
    }
    const lane = this.#lane(path, this.#fuel, undefined)
    this.#base = lane
    return lane
  }

  #ask(
    name: BudgetName,
    perCall: NonNullable<Wanted['perCall']>,
    call: CallFacts,
    from: Root | undefined,
    remaining: number,
  ): number {
    if (typeof perCall === 'number') return perCall
    const { context } = this.#parts
    const { interface: path, function: called, type } = call
    const facts = { interface: path, function: called, type, context, remaining, caller: from?.name }
    return checkLimit(`${name}.perCall`, perCall(facts))
  }

  /** The answer of a call is there, or it failed. */
  close(lane: Lane): void {
    lane.deadline.end()
    this.#account(lane)
  }

  #account(lane: Lane): void {
    const { fuel, timeoutMs, epochTicks } = this.#spent
    note(fuel, lane.spent - (lane === this.#current ? this.#till.held : 0))
    if (!this.#timed) return
    note(timeoutMs, lane.deadline.elapsedMs)
    note(epochTicks, lane.deadline.elapsedTicks)
  }

  usage(): Partial<Usage> {
    const { fuel, epochTicks, timeoutMs } = this.#spent
    const gauge = ({ used, peak }: Spent, remaining: number, limit: number): Gauge => ({ used, peak, remaining, limit })
    const { fuelUsed } = this
    if (fuelUsed === undefined) return {}
    const fuelGauge = gauge({ ...fuel, used: fuelUsed }, fuelIn(this.#fuel), this.#fuel.own.total)
    if (!this.#timed) return { fuel: fuelGauge }
    return {
      fuel: fuelGauge,
      epochTicks: gauge(epochTicks, this.#ticks.left, this.#ticks.total),
      timeoutMs: gauge(timeoutMs, this.#ms.left, this.#ms.total),
    }
  }

  get fuelUsed(): number | undefined {
    return this.#counts ? this.#granted - this.#till.held : undefined
  }

  /** Stops waiting for a deadline. */
  readonly timers = new Set<() => void>()

  end(): void {
    for (const tap of this.#till.open.slice()) tap.takeBack()
    for (const stop of this.timers) stop()
    this.timers.clear()
  }
}

/** Whose code may come in through imports. */
function collect(items: LiveItems, into: Set<Artifact>): void {
  for (const item of items.values()) {
    if (item.kind === 'instance') collect(item.exports, into)
    else if (item.kind === 'module' && item.origin !== undefined) into.add(item.origin.artifact)
    else if (item.kind === 'component') {
      into.add(item.artifact)
      for (let { outer } = item; outer !== undefined; outer = outer.outer) into.add(outer.artifact)
    }
  }
}

const endless = (): FuelSource => ({ own: makePurse(Number.POSITIVE_INFINITY), pool: undefined, option: '' })

function splitPath(path: string): { readonly interface: string; readonly function: string } {
  const hash = path.indexOf('#')
  return { interface: path.slice(0, Math.max(0, hash)), function: path.slice(hash + 1) }
}

function allowance(wanted: Wanted | undefined): Allowance {
  const total = wanted?.initial ?? Number.POSITIVE_INFINITY
  return { left: total, total, option: wanted?.initialOption ?? '' }
}
