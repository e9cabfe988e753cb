/**
 * The host's ends of streams and futures: what a guest's end meets when JavaScript is on the other side. One operation at
 * a time per end; elements pass in the pieces the two sides ask for.
 *
 * A host's operation runs when no other code of the store does, because it may run a guest's allocator.
 *
 * @spec Stream State
 * @spec Future State
 */
import { assert, ClosedError } from '../../model/errors.ts'
import type { HostBridge } from '../embedding.ts'
import type { Elements, ReadableBuffer, WritableBuffer } from './buffer.ts'
import { CopyResult, type SharedCopy } from './copy-end.ts'
import { deferred } from './later.ts'
import type { Concerns, Scheduler } from './scheduler.ts'

/** Collects what a guest writes. */
class Sink implements WritableBuffer {
  readonly inst: undefined
  readonly bridge: HostBridge
  readonly max: number
  taken: Elements | undefined

  constructor(bridge: HostBridge, max: number) {
    this.bridge = bridge
    this.max = max
  }

  get remain(): number {
    return this.taken === undefined ? this.max : 0
  }

  get isZeroLength(): boolean {
    return this.max === 0
  }

  write(elements: Elements): void {
    assert(this.taken === undefined, 'what has arrived is delivered before more arrives')
    this.taken = elements
  }
}

/** Hands out what JavaScript gave. */
class Source implements ReadableBuffer {
  readonly inst: undefined
  readonly bridge: HostBridge
  readonly #elements: Elements
  #offset = 0

  constructor(bridge: HostBridge, elements: Elements) {
    this.bridge = bridge
    this.#elements = elements
  }

  get remain(): number {
    return this.#elements.length - this.#offset
  }

  get isZeroLength(): boolean {
    return this.#elements.length === 0
  }

  read(n: number): Elements {
    const begin = this.#offset
    this.#offset += n
    const elements = this.#elements
    if (begin === 0 && n === elements.length) return elements
    if (elements instanceof Uint8Array) return elements.subarray(begin, begin + n)
    return Array.prototype.slice.call(elements, begin, begin + n)
  }
}

abstract class HostEnd {
  readonly shared: SharedCopy
  protected readonly scheduler: Scheduler
  protected readonly bridge: HostBridge
  /** While it lives, JavaScript may yet bring about what a guest waits for. */
  readonly #released: () => void
  #closed = false

  constructor(shared: SharedCopy, scheduler: Scheduler, bridge: HostBridge) {
    this.shared = shared
    this.scheduler = scheduler
    this.bridge = bridge
    this.#released = scheduler.awaitHost()
  }

  get closed(): boolean {
    return this.#closed
  }

  /** No more of this end: the other one is told. */
  drop(): void {
    if (this.#closed) return
    this.release()
    this.scheduler.post(() => this.shared.drop(), this.concerns)
  }

  /** The end is somebody else's now, or nobody's. */
  release(): void {
    this.#closed = true
    this.#released()
  }

  /** Runs an operation; what fails in it is the failure of the guest on the other side. */
  protected operate(operation: () => void, failed: (error: unknown) => void): void {
    this.scheduler.post(() => {
      const { peer } = this.shared
      try {
        operation()
      } catch (error) {
        if (peer === undefined) return failed(error)
        try {
          peer.root.fail(error, peer.name)
        } catch (trap) {
          failed(trap)
        }
      }
    }, this.concerns)
  }

  /** Whose allocator may run: who waits at the other end, or may come to. */
  protected readonly concerns = (): Concerns => this.shared.peer?.root ?? this.shared.near ?? 'none'
}

export class HostReadEnd extends HostEnd {
  /** The next elements, `max` at most; `undefined`: there will be none. Rejects with the trap that ended the writer, or if this end is no more. */
  read(max: number): Promise<Elements | undefined> {
    if (this.closed) return Promise.reject(new ClosedError(`this ${this.shared.kind} was dropped, or given away`))
    const { promise, resolve, reject } = deferred<Elements | undefined>()
    const sink = new Sink(this.bridge, max)
    const over = (result: CopyResult): void => {
      const { failure } = this.shared
      if (sink.taken !== undefined) resolve(sink.taken)
      else if (result !== CopyResult.dropped) resolve([])
      else if (failure !== undefined) reject(failure)
      else resolve(undefined)
    }
    this.operate(
      () =>
        this.shared.read(
          sink,
          (reclaim) => {
            // what is there is delivered: nothing is collected
            reclaim()
            over(CopyResult.completed)
          },
          over,
        ),
      reject,
    )
    return promise
  }
}

export class HostWriteEnd extends HostEnd {
  /** Resolves when all were taken: `true`; or when nobody takes more: `false`. */
  write(elements: Elements): Promise<boolean> {
    const { promise, resolve, reject } = deferred<boolean>()
    if (this.closed) return Promise.resolve(false)
    const source = new Source(this.bridge, elements)
    const over = (result: CopyResult): void => {
      if (result === CopyResult.dropped) resolve(source.remain === 0)
      else if (source.remain === 0) resolve(true)
      else this.operate(step, reject)
    }
    const step = (): void =>
      this.shared.write(
        source,
        (reclaim) => {
          if (source.remain > 0) return
          reclaim()
          resolve(true)
        },
        over,
      )
    this.operate(step, reject)
    return promise
  }
}
