/**
 * `wasi:clocks`: they are on for everybody. A guest learns the time, and nothing of the machine: the monotonic clock
 * counts from the start of the host, the time zone is UTC.
 */
import { Pollable } from './io.ts'
import { monotonicNow, timer } from './wait.ts'

interface Datetime {
  readonly seconds: bigint
  readonly nanoseconds: number
}

const MAX_U64 = 2n ** 64n - 1n

/** What engines promise of `performance.now` outside isolated pages. */
const MONOTONIC_RESOLUTION = 1_000n

function wallNow(): Datetime {
  const ms = Date.now()
  return { seconds: BigInt(Math.floor(ms / 1000)), nanoseconds: (ms % 1000) * 1_000_000 }
}

/** @param look for who holds the thread until then */
export const clockInterfaces = (look?: () => void) =>
  ({
    'wasi:clocks/monotonic-clock': {
      now: monotonicNow,
      resolution: () => MONOTONIC_RESOLUTION,
      subscribeInstant: (when: bigint) => new Pollable(timer(when, look)),
      subscribeDuration: (duration: bigint) => {
        const when = monotonicNow() + duration
        return new Pollable(timer(when > MAX_U64 ? MAX_U64 : when, look))
      },
    },
    'wasi:clocks/wall-clock': {
      now: wallNow,
      resolution: (): Datetime => ({ seconds: 0n, nanoseconds: 1_000_000 }),
    },
    'wasi:clocks/timezone': {
      display: () => ({ utcOffset: 0, name: 'UTC', inDaylightSavingTime: false }),
      utcOffset: () => 0,
    },
  }) as const
