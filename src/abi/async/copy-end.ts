/**
 * Streams and futures: what both ends share, and the ends as entries of handle tables. A rendezvous: nothing is buffered;
 * a buffer that was filled in part stays open for more until its event is delivered.
 *
 * @spec Stream State
 * @spec Future State
 */
import { assert, Trap } from '../../model/errors.ts'
import type { Root } from '../embedding.ts'
import type { ComponentInstance } from '../instance.ts'
import type { Layout } from '../layout.ts'
import type { RuntimeResourceType } from '../resource.ts'
import { type Buffer, copy, type ReadableBuffer, type WritableBuffer } from './buffer.ts'
import { Waitable } from './waitable.ts'

export const CopyResult = { completed: 0, dropped: 1, cancelled: 2 } as const
export type CopyResult = (typeof CopyResult)[keyof typeof CopyResult]

export type ReclaimBuffer = () => void
/** Elements passed; the operation may go on until the buffer is reclaimed. */
export type OnCopy = (reclaim: ReclaimBuffer) => void
export type OnCopyDone = (result: CopyResult) => void

/** What kind of elements pass; `resources` gives their handles identity. */
export interface ElementType {
  readonly layout: Layout | undefined
  readonly resources: readonly RuntimeResourceType[]
}

interface Pending {
  readonly side: 'read' | 'write'
  readonly buffer: Buffer
  readonly onCopy: OnCopy
  readonly onCopyDone: OnCopyDone
}

function isNoneOrNumber(layout: Layout | undefined): boolean {
  return layout === undefined || /^[suf]\d/.test(layout.kind)
}

abstract class Shared {
  abstract readonly kind: 'stream' | 'future'
  readonly element: ElementType
  protected dropped = false
  /** Why there will be no more, if an end was not dropped but died. */
  failure: unknown
  /** The tree that had an end when JavaScript got or gave the other. */
  near: Root | undefined
  /** How the host's end learns, between two operations, that the other one is gone. */
  onDrop: (() => void) | undefined
  protected pending: Pending | undefined
  #broken = false

  constructor(element: ElementType) {
    this.element = element
  }

  get isDropped(): boolean {
    return this.dropped
  }

  protected notifyPending(result: CopyResult): void {
    const { pending } = this
    assert(pending !== undefined, 'an operation is pending')
    this.pending = undefined
    pending.onCopyDone(result)
  }

  cancel(): void {
    this.notifyPending(CopyResult.cancelled)
  }

  /** Whether an operation still has room, and nobody took its buffer back. */
  isOpen(buffer: Buffer): boolean {
    return this.pending?.buffer === buffer && buffer.remain > 0
  }

  drop(): void {
    if (this.dropped) return
    this.dropped = true
    if (this.pending !== undefined) this.notifyPending(CopyResult.dropped)
    this.onDrop?.()
  }

  /**
   * The host's source failed: there is no more, and it is not the end. Whoever reads ends of it; JavaScript's promises
   * reject.
   * @param at the instance it was given to, which may have passed it on
   */
  breakOff(error: unknown, at: ComponentInstance): void {
    if (this.dropped) return
    let why = error
    const holder = this.peer ?? (this.#isHeldBy(at) ? at : undefined)
    if (holder !== undefined && !holder.root.dead) {
      try {
        holder.root.fail(error, holder.root.name)
      } catch (trap) {
        why = trap
      }
    }
    this.#broken = true
    this.failure = why
    if (holder !== undefined && this.pending?.buffer.inst === holder) this.pending = undefined
    this.drop()
  }

  #isHeldBy(inst: ComponentInstance): boolean {
    for (const entry of inst.handles) if (entry instanceof CopyEnd && (entry.shared as Shared) === this) return true
    return false
  }

  /** For an operation that finds the other end gone. */
  protected checkWhole(buffer: Buffer): void {
    // a guest would take it for the end
    if (this.#broken && buffer.inst !== undefined) throw this.failure
  }

  /** The tree that had an end is dead. */
  abandon(inst: ComponentInstance, why: unknown): void {
    if (this.dropped) return
    this.failure = why
    // the dead are told nothing
    if (this.pending?.buffer.inst?.root === inst.root) this.pending = undefined
    this.drop()
  }

  /** Who waits at the other end, if it is a guest. */
  get peer(): ComponentInstance | undefined {
    return this.pending?.buffer.inst
  }

  /** For now the specification forbids it. */
  protected checkIntra(buffer: Buffer, pending: Pending): void {
    if (buffer.inst === undefined || buffer.inst !== pending.buffer.inst || isNoneOrNumber(this.element.layout)) return
    const kind = this.kind === 'future' ? 'future' : 'stream with non-numeric payload'
    throw new Trap('bad-copy', `cannot read from and write to intra-component ${kind}`)
  }

  /** What passes, whichever side came first. */
  protected transfer(side: Pending['side'], buffer: ReadableBuffer & WritableBuffer, other: Buffer, n: number): void {
    if (side === 'read') copy(other as ReadableBuffer, buffer, n)
    else copy(buffer, other as WritableBuffer, n)
  }

  read(buffer: WritableBuffer, onCopy: OnCopy, onCopyDone: OnCopyDone): void {
    this.meet('read', buffer as ReadableBuffer & WritableBuffer, onCopy, onCopyDone)
  }

  write(buffer: ReadableBuffer, onCopy: OnCopy, onCopyDone: OnCopyDone): void {
    this.meet('write', buffer as ReadableBuffer & WritableBuffer, onCopy, onCopyDone)
  }

  protected abstract meet(
    side: Pending['side'],
    buffer: ReadableBuffer & WritableBuffer,
    onCopy: OnCopy,
    onCopyDone: OnCopyDone,
  ): void
}

export class SharedStream extends Shared {
  readonly kind = 'stream' as const

  protected meet(
    side: Pending['side'],
    buffer: ReadableBuffer & WritableBuffer,
    onCopy: OnCopy,
    onCopyDone: OnCopyDone,
  ): void {
    const { pending } = this
    if (this.dropped) {
      this.checkWhole(buffer)
      onCopyDone(CopyResult.dropped)
    } else if (pending === undefined) {
      this.pending = { side, buffer, onCopy, onCopyDone }
    } else {
      this.checkIntra(buffer, pending)
      const other = pending.buffer
      if (other.remain > 0) {
        if (buffer.remain > 0) {
          this.transfer(side, buffer, other, Math.min(buffer.remain, other.remain))
          pending.onCopy(() => {
            if (this.pending === pending) this.pending = undefined
          })
        }
        onCopyDone(CopyResult.completed)
      } else if (side === 'write' && buffer.isZeroLength && other.isZeroLength) {
        onCopyDone(CopyResult.completed)
      } else {
        this.notifyPending(CopyResult.completed)
        this.pending = { side, buffer, onCopy, onCopyDone }
      }
    }
  }
}

export class SharedFuture extends Shared {
  readonly kind = 'future' as const

  protected meet(
    side: Pending['side'],
    buffer: ReadableBuffer & WritableBuffer,
    onCopy: OnCopy,
    onCopyDone: OnCopyDone,
  ): void {
    const { pending } = this
    if (this.dropped) {
      this.checkWhole(buffer)
      onCopyDone(CopyResult.dropped)
    } else if (pending === undefined) {
      this.pending = { side, buffer, onCopy, onCopyDone }
    } else {
      this.checkIntra(buffer, pending)
      this.transfer(side, buffer, pending.buffer, 1)
      this.notifyPending(CopyResult.completed)
      onCopyDone(CopyResult.completed)
    }
  }
}

export type SharedCopy = SharedStream | SharedFuture
export type CopyState = 'idle' | 'copying' | 'cancelling' | 'done'
export type Side = 'readable' | 'writable'

/** One end in a guest's table. */
export class CopyEnd extends Waitable {
  readonly kind: 'stream' | 'future'
  readonly side: Side
  readonly shared: SharedCopy
  state: CopyState = 'idle'
  /** What the operation in progress copies from or to. */
  buffer: Buffer | undefined

  constructor(shared: SharedCopy, side: Side) {
    super()
    this.kind = shared.kind
    this.shared = shared
    this.side = side
  }

  /** Whether the operation in progress can still go on. */
  get isOpen(): boolean {
    return this.buffer !== undefined && this.shared.isOpen(this.buffer)
  }

  get copying(): boolean {
    return this.state === 'copying' || this.state === 'cancelling'
  }

  override dropped(): void {
    if (this.copying) throw new Trap('bad-copy', `cannot drop busy ${this.kind}`)
    if (this.kind === 'future' && this.side === 'writable' && this.state !== 'done') {
      throw new Trap('bad-copy', 'cannot drop future write end without first writing a value')
    }
    this.shared.drop()
    super.dropped()
  }
}
