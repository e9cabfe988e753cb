/**
 * Where a copy comes from and goes to. A guest's buffer is a range of its memory, checked when the operation begins; the
 * host's are queues of values. Elements pass by value, numbers in one piece.
 *
 * @spec Buffer State
 */
import { assert, Trap } from '../../model/errors.ts'
import type { CanonEnv, Options } from '../context.ts'
import { LiftLowerContext } from '../context.ts'
import type { HostBridge, Value } from '../embedding.ts'
import type { ComponentInstance } from '../instance.ts'
import { arrayOf, type Layout } from '../layout.ts'
import { alignTo } from '../layouts.ts'
import { load, numbersFrom } from '../load.ts'
import type { GuestMemory } from '../memory.ts'
import { store } from '../store.ts'

export const MAX_BUFFER_LENGTH = 2 ** 28 - 1

/** Elements as they pass: values, or the bytes of numbers. */
export type Elements = ArrayLike<Value>

export interface Buffer {
  /** Whose it is; `undefined`: the host's. */
  readonly inst: ComponentInstance | undefined
  readonly bridge: HostBridge | undefined
  readonly remain: number
  readonly isZeroLength: boolean
}

export interface ReadableBuffer extends Buffer {
  /** @param bridge who gets the elements, if it is JavaScript */
  read(n: number, bridge: HostBridge | undefined): Elements
}

export interface WritableBuffer extends Buffer {
  /** @param bridge who gave the elements, if it is JavaScript */
  write(elements: Elements, bridge: HostBridge | undefined): void
}

/** Moves `n` elements. */
export function copy(source: ReadableBuffer, target: WritableBuffer, n: number): void {
  if (source instanceof GuestBuffer && target instanceof GuestBuffer && source.numeric && target.numeric) {
    target.copyFrom(source, n)
    return
  }
  target.write(source.read(n, target.bridge), source.bridge)
}

export class GuestBuffer implements ReadableBuffer, WritableBuffer {
  readonly inst: ComponentInstance
  readonly bridge: undefined
  readonly length: number
  /** Copied as bytes: nothing of an element is looked at. */
  readonly numeric: boolean
  progress = 0
  readonly #env: CanonEnv
  readonly #opts: Options
  readonly #element: Layout | undefined
  #ptr: number

  constructor(env: CanonEnv, opts: Options, element: Layout | undefined, ptr: number, length: number) {
    if (length > MAX_BUFFER_LENGTH) throw new Trap('bad-copy', 'stream read/write count too large')
    this.inst = env.inst
    this.#env = env
    this.#opts = opts
    this.#element = element
    this.#ptr = ptr
    this.length = length
    this.numeric = element !== undefined && arrayOf(element.type) !== undefined
    if (element === undefined || length === 0) return
    if (alignTo(ptr, element.align) !== ptr)
      throw new Trap('bad-pointer', 'unaligned pointer (buffer pointer not aligned)')
    if (ptr + length * element.size > this.#memory.size) {
      throw new Trap('bad-pointer', 'out of bounds memory access (buffer pointer/length out of bounds of memory)')
    }
  }

  get #memory(): GuestMemory {
    const { memory } = this.#opts
    assert(memory !== undefined, 'validated: elements need a memory')
    memory.refresh()
    return memory
  }

  get remain(): number {
    return this.length - this.progress
  }

  get isZeroLength(): boolean {
    return this.length === 0
  }

  #take(n: number): number {
    assert(n <= this.remain, 'no more than there is')
    const ptr = this.#ptr
    this.#ptr += n * (this.#element?.size ?? 0)
    this.progress += n
    return ptr
  }

  #context(bridge: HostBridge | undefined): LiftLowerContext {
    return new LiftLowerContext(this.#env, this.#opts, bridge, undefined, undefined)
  }

  copyFrom(source: GuestBuffer, n: number): void {
    const size = this.#element?.size ?? 0
    const from = source.#take(n)
    const { bytes } = source.#memory
    this.#memory.bytes.set(bytes.subarray(from, from + n * size), this.#take(n))
  }

  read(n: number, bridge: HostBridge | undefined): Elements {
    const element = this.#element
    if (element === undefined) {
      this.#take(n)
      return { length: n }
    }
    const cx = this.#context(bridge)
    if (this.numeric) {
      const ptr = this.#take(n)
      cx.charge(n * element.size)
      return numbersAt(this.#memory, ptr, n, element)
    }
    cx.charge(n * element.cost)
    const ptr = this.#take(n)
    return Array.from({ length: n }, (_, i) => load(cx, ptr + i * element.size, element))
  }

  write(elements: Elements, bridge: HostBridge | undefined): void {
    const { length } = elements
    const element = this.#element
    const ptr = this.#take(length)
    if (element === undefined) return
    if (this.numeric && ArrayBuffer.isView(elements)) {
      this.#memory.bytes.set(new Uint8Array(elements.buffer, elements.byteOffset, elements.byteLength), ptr)
      return
    }
    const cx = this.#context(bridge)
    for (let i = 0; i < length; i++) store(cx, elements[i], element, ptr + i * element.size)
  }
}

/** A copy of a range as the typed array of its element. */
function numbersAt(memory: GuestMemory, ptr: number, n: number, element: Layout): Elements {
  const buffer = memory.bytes.slice(ptr, ptr + n * element.size).buffer
  return numbersFrom(buffer, arrayOf(element.type) ?? 'Uint8Array')
}
