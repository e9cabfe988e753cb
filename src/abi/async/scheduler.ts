/**
 * Who runs next: one per store. Ready threads and what the host has to say, first come first served, one at a time and
 * never while other code of the store runs. No timers and no polling: whoever may have become ready is woken by what
 * made it so. A guest that yields for ever meets a gap every so often, in which the event loop goes on.
 *
 * @spec Embedding
 */
import { Trap } from '../../model/errors.ts'
import type { Later } from '../async-abi.ts'
import type { Root } from '../embedding.ts'
import { type ComponentInstance, checkEnter, enter, enteringSet, leave } from '../instance.ts'
import { hostThrew } from '../trap.ts'
import { type Frame, Frames } from './nested.ts'
import type { TaskThread } from './thread.ts'
import { turn } from './turn.ts'

/** Quanta between two gaps. */
const QUANTA_PER_TURN = 256

/** A call of the host whose result is awaited. */
export interface Outstanding {
  readonly root: Root
  /** The call can never resolve: its tree is dead. */
  fail(): void
}

interface Awaited {
  readonly root: Root | undefined
  readonly abandoned: (() => void) | undefined
}

interface Flight {
  readonly root: Root | undefined
  end(): void
}

/** Whom a job of the host concerns: it waits for that tree's parked quanta. `none`: it enters nobody. */
export type Concerns = Root | 'none'

interface Job {
  readonly run: () => Later<void>
  readonly concerns: () => Concerns
}

export class Scheduler {
  /** Chooses among that many ready threads; first come, first served unless given. */
  pick: ((ready: number) => number) | undefined
  /** What the store waits for outside: promises of host functions, ends of streams that JavaScript holds. */
  readonly #outside = new Set<Awaited>()
  readonly #outstanding = new Set<Outstanding>()
  /** For waiting on a stack that cannot be parked. */
  readonly frames = new Frames(this)
  #idle: (() => boolean)[] = []
  #ready: TaskThread[] = []
  #jobs: Job[] = []
  /** Code of this store is on the stack. */
  #depth = 0
  /** Quanta that are parked in the middle, to be continued elsewhere. Meanwhile nothing else of their trees runs; others do. */
  readonly #flights = new Set<Flight>()
  /** Whether something of a tree is entered. */
  readonly #isEntered: (root: Root) => boolean
  /** Whether a store in which nothing can go on, while results are awaited, is a deadlock. */
  trapsWhenIdle = true
  #pumping = false
  /** Counts what runs in one piece. */
  quantum = 0
  /** Quanta until the next gap, whoever asked for them: promises that are there already make no gap either. */
  #budget = QUANTA_PER_TURN

  /** Trees that call each other directly. */
  readonly #joined = new WeakMap<Root, Set<Root>>()

  constructor(isEntered: (root: Root) => boolean) {
    this.#isEntered = isEntered
  }

  // — Who is ready

  enqueue(thread: TaskThread): void {
    this.#ready.push(thread)
    this.#kick()
  }

  /** Something the host has to say, said when no other code runs; asked again, whom it concerns, until it can be said. */
  post(run: () => Later<void>, concerns: () => Concerns): void {
    this.#jobs.push({ run, concerns })
    this.#kick()
  }

  #isHeld(concerned: Concerns): boolean {
    if (this.#flights.size === 0 || concerned === 'none') return false
    for (const root of this.#joined.get(concerned) ?? [concerned]) if (this.#isEntered(root)) return true
    return false
  }

  /** Code of one calls the other directly: neither would get in while the other is parked. */
  join(a: Root, b: Root): void {
    const roots = new Set([...(this.#joined.get(a) ?? [a]), ...(this.#joined.get(b) ?? [b])])
    for (const root of roots) this.#joined.set(root, roots)
  }

  #takeJob(): Job | undefined {
    if (this.#flights.size === 0) return this.#jobs.shift()
    const at = this.#jobs.findIndex(({ concerns }) => !this.#isHeld(concerns()))
    return at < 0 ? undefined : this.#jobs.splice(at, 1)[0]
  }

  /** The next ready thread of one instance that may run while a synchronous call of it does, if there is one. */
  takeReady(inst: ComponentInstance): TaskThread | undefined {
    for (let i = 0; i < this.#ready.length; i++) {
      const thread = this.#ready[i] as TaskThread // i < length
      if (thread.task.inst !== inst || thread.needsExclusive || !thread.isReady) continue
      this.#ready.splice(i, 1)
      thread.queued = false
      return thread
    }
    return undefined
  }

  #take(): TaskThread | undefined {
    const { pick } = this
    if (pick !== undefined) {
      const candidates = this.#ready.filter((thread) => thread.isReady && !this.#isHeld(thread.task.inst.root))
      const chosen = candidates[candidates.length > 0 ? this.#picked(pick, candidates) : 0]
      if (chosen?.task.inst.root.dead === false) {
        this.#ready.splice(this.#ready.indexOf(chosen), 1)
        chosen.queued = false
        return chosen
      }
    }
    for (;;) {
      const at = this.#flights.size === 0 ? 0 : this.#ready.findIndex(({ task }) => !this.#isHeld(task.inst.root))
      const [thread] = at < 0 ? [] : this.#ready.splice(at, 1)
      if (thread === undefined) return undefined
      thread.queued = false
      if (thread.isReady) return thread
      thread.stall()
    }
  }

  /** The host's choice; if it cannot make one, those it had to choose from end for that. */
  #picked(pick: (ready: number) => number, candidates: readonly TaskThread[]): number {
    try {
      const at = Math.trunc(pick(candidates.length))
      return at > 0 ? Math.min(at, candidates.length - 1) : 0
    } catch (error) {
      for (const { task } of candidates) {
        try {
          task.inst.root.fail(hostThrew(error), task.path)
        } catch {
          // the tree is dead, and its callers were told
        }
      }
      return 0
    }
  }

  // — What the host owes

  /**
   * @param root for whom it is awaited, if that is one tree; `abandoned` is called when that tree ends before
   * @returns called once, when the host did what was waited for
   */
  awaitHost(root?: Root, abandoned?: () => void): () => void {
    const awaited: Awaited = { root, abandoned }
    this.#outside.add(awaited)
    return () => {
      if (this.#outside.delete(awaited)) this.#kick()
    }
  }

  expect(call: Outstanding): void {
    this.#outstanding.add(call)
    this.#kick()
  }

  settled(call: Outstanding): void {
    this.#outstanding.delete(call)
    if (this.#idle.length > 0) this.#idle = this.#idle.filter((waiting) => !waiting())
    this.#kick()
  }

  /** Resolves when no call of the host is under way in this tree. */
  async idle(root: Root): Promise<void> {
    const isIdle = (): boolean => ![...this.#outstanding].some((call) => call.root === root)
    if (isIdle()) return
    await new Promise<void>((resolve) => {
      this.#idle.push(() => {
        if (!isIdle()) return false
        resolve()
        return true
      })
    })
  }

  /** After a trap, or the disposal of a tree: its threads never run again, its callers are told. */
  ended(root: Root): void {
    this.#joined.get(root)?.delete(root)
    this.#ready = this.#ready.filter((thread) => thread.task.inst.root !== root)
    for (const call of [...this.#outstanding]) if (call.root === root) call.fail()
    for (const awaited of [...this.#outside]) if (awaited.root === root) awaited.abandoned?.()
    for (const flight of [...this.#flights]) if (flight.root === root) flight.end()
    this.#kick()
  }

  // — Quanta

  /** Whether a call of the host has to wait: something of the tree is parked in the middle of a quantum. */
  isParked(root: Root): boolean {
    return this.#isHeld(root)
  }

  /**
   * Runs code of the store now. Nothing else of that tree is scheduled until its answer is there.
   * @param root whose code it is: if that dies, nobody waits for the answer any more
   */
  run<T>(root: Root | undefined, quantum: () => Later<T>): Later<T> {
    if (this.#depth === 0) this.quantum += 1
    this.#depth += 1
    let answer: Later<T>
    try {
      answer = quantum()
    } finally {
      this.#depth -= 1
      this.#kick()
    }
    if (!(answer instanceof Promise)) return answer
    const flight: Flight = {
      root,
      end: () => {
        if (this.#flights.delete(flight)) this.#kick()
      },
    }
    this.#flights.add(flight)
    return answer.finally(flight.end)
  }

  /** One quantum of a ready thread. */
  #tick(thread: TaskThread): Later<void> {
    const { inst } = thread.task
    const entering = enteringSet(inst, undefined)
    const over = (error: unknown): void => {
      try {
        inst.root.fail(error, thread.task.path)
      } catch {
        // the tree is dead, and its callers were told
      }
    }
    const frame: Frame = { thread, callerWaits: false, base: true, entering, left: false }
    try {
      checkEnter(inst, entering)
      enter(entering)
      this.frames.push(frame)
      const answer = thread.resume()
      this.frames.pop(frame)
      if (answer instanceof Promise) return answer.then(() => leave(entering)).catch(over)
      leave(frame.entering)
    } catch (error) {
      this.frames.pop(frame)
      over(error)
    }
  }

  #kick(): void {
    if (this.#pumping || this.#depth > 0) return
    if (this.#ready.length === 0 && this.#jobs.length === 0 && this.#outstanding.size === 0) return
    this.#pumping = true
    queueMicrotask(() => void this.#pump())
  }

  /** @returns whether something ran; a promise: it was parked */
  #step(): Later<boolean> {
    const job = this.#takeJob()
    const thread = job === undefined ? this.#take() : undefined
    if (job === undefined && thread === undefined) return false
    const concerned = job?.concerns()
    const root = thread?.task.inst.root ?? (typeof concerned === 'object' ? concerned : undefined)
    const answer = this.run(root, () =>
      job !== undefined ? job.run() : thread === undefined ? undefined : this.#tick(thread),
    )
    return answer instanceof Promise ? answer.then(() => true) : true
  }

  /** The same on top of code that waits: `undefined` if it could not be done now. */
  stepNow(): boolean | undefined {
    const answer = this.#step()
    return answer instanceof Promise ? undefined : answer
  }

  async #pump(): Promise<void> {
    let idle = false
    try {
      while (this.#depth === 0) {
        const stepped = this.#step()
        // what was parked goes on by itself
        if (stepped !== false) {
          idle = false
          this.#budget -= 1
          if (this.#budget > 0) continue
          this.#budget = QUANTA_PER_TURN
        } else if (idle || this.#outstanding.size === 0 || this.#outside.size > 0 || this.#flights.size > 0) break
        else idle = true
        await turn()
      }
    } finally {
      // a step that fails, which none may, stops nobody else
      this.#pumping = false
      // what is held has its turn when the flight is over
      if (this.#flights.size === 0 && (this.#ready.length > 0 || this.#jobs.length > 0)) this.#kick()
    }
    if (idle && this.#depth === 0) this.#deadlock()
  }

  /** The host awaits results that nothing can bring about. */
  #deadlock(): void {
    if (!this.trapsWhenIdle || this.#outside.size > 0 || this.#ready.length > 0 || this.#jobs.length > 0) return
    for (const { root } of [...this.#outstanding]) {
      if (root.dead) continue
      try {
        root.fail(new Trap('deadlock'), root.name)
      } catch {
        // its callers were told
      }
    }
  }
}
