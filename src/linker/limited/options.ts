/** Limits on running code as the host states them, read once and checked: what would not be kept is refused here. */
import { checkLimit, type LimitedCall, type ResourceLimiter } from '../../model/limits.ts'
import { FuelPool, type Limits } from '../limit-options.ts'

export type BudgetName = 'fuel' | 'epochTicks' | 'timeoutMs'

/** Start-up is bounded as soon as there is any budget of its kind: it can neither hang nor end by surprise. */
const START_UP: Readonly<Record<BudgetName, number>> = { fuel: 1e7, epochTicks: 1, timeoutMs: 1000 }

export interface Wanted {
  readonly initial: number
  readonly initialOption: string
  readonly perCall: number | ((call: LimitedCall<unknown>) => number) | undefined
}

export interface WantedLimits {
  readonly fuel: (Wanted & { readonly pool: FuelPool | undefined; readonly charge: 'callee' | 'caller' }) | undefined
  readonly epochTicks: Wanted | undefined
  readonly timeoutMs: Wanted | undefined
  readonly growth: ResourceLimiter | undefined
}

/** @throws TypeError, RangeError */
export function wantedLimits(limits: Limits<never> | undefined): WantedLimits {
  const own = (name: string): unknown => ownOf(limits, name)
  const fuel = own('fuel')
  const pool = ownOf(fuel, 'pool')
  if (pool !== undefined && !(pool instanceof FuelPool)) throw new TypeError('limit `fuel.pool`: expected a FuelPool')
  const charge = ownOf(fuel, 'charge') ?? 'callee'
  if (charge !== 'callee' && charge !== 'caller')
    throw new TypeError("limit `fuel.charge`: expected 'callee' or 'caller'")
  const budget = wantedBudget('fuel', fuel, pool === undefined ? START_UP.fuel : Number.POSITIVE_INFINITY)
  return {
    fuel: budget && { ...budget, pool, charge },
    epochTicks: wantedBudget('epochTicks', own('epochTicks'), START_UP.epochTicks),
    timeoutMs: wantedBudget('timeoutMs', own('timeoutMs'), START_UP.timeoutMs),
    growth: wantedGrowth(own('growth')),
  }
}

function ownOf(object: unknown, name: string): unknown {
  return typeof object === 'object' && object !== null && Object.hasOwn(object, name)
    ? Reflect.get(object, name)
    : undefined
}

function wantedBudget(name: BudgetName, value: unknown, startUp: number): Wanted | undefined {
  if (value === undefined) return undefined
  if (typeof value !== 'object' || value === null)
    throw new TypeError(`limit \`${name}\`: say for what, as \`{ perCall: … }\` or \`{ initial: … }\``)
  const perCall = ownOf(value, 'perCall')
  const initial = ownOf(value, 'initial')
  if (perCall !== undefined && typeof perCall !== 'function') checkLimit(`${name}.perCall`, perCall)
  if (initial !== undefined) checkLimit(`${name}.initial`, initial)
  const fallback = typeof perCall === 'number' ? perCall : startUp
  return {
    initial: (initial as number | undefined) ?? fallback,
    initialOption: `limits.${name}.${initial === undefined && typeof perCall === 'number' ? 'perCall' : 'initial'}`,
    perCall: perCall as Wanted['perCall'],
  }
}

function wantedGrowth(value: unknown): ResourceLimiter | undefined {
  if (value === undefined) return undefined
  if (typeof value !== 'object' || value === null)
    throw new TypeError('limit `growth`: expected an object with `memoryGrowing` or `tableGrowing`')
  return value as ResourceLimiter
}
