/**
 * Waiting, and the clock that is waited by. What a guest can wait for is a `Waitable`; a synchronous call that waits
 * holds the thread, as the guest asked. This file is the only one that does so.
 *
 * Three sorts of waitable cover all of WASI: what is always ready, a point in time, and what only another party (the
 * worker behind sockets and HTTP) knows about.
 */
import { WasiFault } from './outcome.ts'

export interface Waitable {
  readonly ready: () => boolean
  /** For a timer: when, in nanoseconds of `monotonicNow`. */
  readonly deadline?: bigint
  /** For what another party knows. All of one wait are the same party's. */
  readonly remote?: Remote
  /** Asked while the thread is held. @throws when whoever waits may not any longer */
  readonly look?: (() => void) | undefined
}

export interface Remote {
  readonly party: RemoteParty
  readonly handle: unknown
}

export interface RemoteParty {
  /** Indices of the handles that are ready; waits for one until `deadline`, for ever without. */
  readonly waitFor: (handles: readonly unknown[], deadline: bigint | undefined) => readonly number[]
}

export const ALWAYS_READY: Waitable = { ready: () => true }

export function monotonicNow(): bigint {
  return BigInt(Math.round(performance.now() * 1e6))
}

export function timer(deadline: bigint, look?: () => void): Waitable {
  return { deadline, look, ready: () => monotonicNow() >= deadline }
}

/** Indices of what is ready, in order, at least one; blocks until there is one. */
export function waitAny(waitables: readonly Waitable[]): number[] {
  const remotes = waitables.flatMap(({ remote }, index) => (remote === undefined ? [] : [{ ...remote, index }]))
  const party = remotes[0]?.party
  const handles = remotes.map(({ handle }) => handle)
  const deadline = earliest(waitables)
  const look = waitables.find((waitable) => waitable.look !== undefined)?.look
  for (;;) {
    look?.()
    const until = look === undefined ? deadline : nextLook(deadline)
    const ready = waitables.flatMap(({ remote, ready }, index) => (remote === undefined && ready() ? [index] : []))
    if (party !== undefined) {
      // what is ready here does not hide what is ready there, nor wait for it
      for (const at of party.waitFor(handles, ready.length > 0 ? 0n : until)) ready.push(remotes[at]?.index ?? at)
    }
    if (ready.length > 0) return ready.sort((a, b) => a - b)
    if (party !== undefined) continue
    if (deadline === undefined || until === undefined)
      throw new WasiFault('poll: nothing in the list can ever become ready')
    sleepUntil(until)
  }
}

/** Nanoseconds between two looks. */
const LOOK_AFTER = 10_000_000n

function nextLook(deadline: bigint | undefined): bigint {
  const next = monotonicNow() + LOOK_AFTER
  return deadline !== undefined && deadline < next ? deadline : next
}

function earliest(waitables: readonly Waitable[]): bigint | undefined {
  let deadline: bigint | undefined
  for (const { deadline: mine } of waitables) {
    if (mine !== undefined && (deadline === undefined || mine < deadline)) deadline = mine
  }
  return deadline
}

const MAX_SLEEP_MS = 1_000_000

/** Where the thread may not sleep (a page's main thread), it spins: a synchronous call has no other way to wait. */
export function sleepUntil(deadline: bigint): void {
  for (let left = deadline - monotonicNow(); left > 0n; left = deadline - monotonicNow()) {
    const ms = left > BigInt(MAX_SLEEP_MS) * 1_000_000n ? MAX_SLEEP_MS : Number(left) / 1e6
    if (ms >= 0.05) sleep(ms)
  }
}

export function sleep(ms: number): void {
  if (typeof SharedArrayBuffer === 'undefined') return
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
  } catch (error) {
    // a page's main thread refuses to sleep with a TypeError
    if (!(error instanceof TypeError)) throw error
  }
}
