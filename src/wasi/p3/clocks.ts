/** `wasi:clocks@0.3`: the clocks of 0.2, waited for without holding the thread. */
import type { Signal } from '../../index.ts'
import { clockInterfaces } from '../clocks.ts'
import type { Datetime } from '../fs-stat.ts'
import { monotonicNow } from '../wait.ts'
import type { Lifetime } from './lifetime.ts'

const { 'wasi:clocks/monotonic-clock': monotonic, 'wasi:clocks/wall-clock': wall } = clockInterfaces()

/** `callSignal`: the one of the call that is being served, where there is one. */
export function clockInterfaces3(lifetime: Lifetime, callSignal: () => Signal | undefined) {
  const until = (when: bigint): Promise<void> | undefined =>
    monotonicNow() >= when ? undefined : lifetime.sleepUntil(when, callSignal())
  return {
    'wasi:clocks/types': {},
    'wasi:clocks/monotonic-clock': {
      now: monotonic.now,
      getResolution: monotonic.resolution,
      waitUntil: until,
      waitFor: (howLong: bigint): Promise<void> | undefined => until(monotonicNow() + howLong),
    },
    'wasi:clocks/system-clock': {
      now: (): Datetime => wall.now(),
      getResolution: (): bigint => 1_000_000n,
    },
    'wasi:clocks/timezone': {
      ianaId: (): string | undefined => 'UTC',
      utcOffset: (): bigint | undefined => 0n,
      toDebugString: (): string => 'UTC',
    },
  } as const
}
