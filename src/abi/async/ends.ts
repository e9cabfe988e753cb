/**
 * Streams and futures as values: only the readable end passes, and it passes whole.
 *
 * @spec Loading
 * @spec Storing
 */
import { Trap } from '../../model/errors.ts'
import type { LiftLowerContext } from '../context.ts'
import type { Value } from '../embedding.ts'
import type { ComponentInstance } from '../instance.ts'
import type { AsyncLayout } from '../layout.ts'
import { checkIdle, endAt } from './builtins-copy.ts'
import { CopyEnd, type ElementType, type SharedCopy, SharedFuture, SharedStream } from './copy-end.ts'

/** How streams and futures look to JavaScript. Implemented by the linker; a bridge that has it can pass them. */
export interface EndBridge {
  liftStream(shared: SharedStream): unknown
  liftFuture(shared: SharedFuture): unknown
  /** `value` was checked before; it is taken from its owner here. */
  lowerStream(shared: SharedStream, value: unknown, to: ComponentInstance): SharedStream
  lowerFuture(shared: SharedFuture, value: unknown, to: ComponentInstance): SharedFuture
}

const elementType = (cx: LiftLowerContext, t: AsyncLayout): ElementType => ({
  layout: t.element,
  resources: cx.resources,
})

export function liftEnd(cx: LiftLowerContext, i: number, t: AsyncLayout, bridge: EndBridge | undefined): Value {
  const end = endAt(cx.inst, i, t.kind, 'readable', elementType(cx, t))
  checkIdle(end, 'lift')
  if (end.inWaitableSet) throw new Trap('bad-waitable', `cannot lift ${t.kind} while it's in a waitable set`)
  cx.inst.handles.remove(i)
  const { shared } = end
  if (bridge === undefined) return shared
  shared.near = cx.inst.root
  return endToHost(shared, bridge)
}

export const isShared = (value: unknown): value is SharedCopy =>
  value instanceof SharedStream || value instanceof SharedFuture

export function endToHost(shared: SharedCopy, bridge: EndBridge): Value {
  return shared.kind === 'stream' ? bridge.liftStream(shared) : bridge.liftFuture(shared)
}

export function endFromHost(
  v: Value,
  t: AsyncLayout,
  element: ElementType,
  to: ComponentInstance,
  bridge: EndBridge,
): SharedCopy {
  return t.kind === 'stream'
    ? bridge.lowerStream(new SharedStream(element), v, to)
    : bridge.lowerFuture(new SharedFuture(element), v, to)
}

export function lowerEnd(cx: LiftLowerContext, v: Value, t: AsyncLayout, bridge: EndBridge | undefined): number {
  const shared = bridge === undefined ? v : endFromHost(v, t, elementType(cx, t), cx.inst, bridge)
  if (!isShared(shared)) throw new TypeError(`expected a ${t.kind}`)
  shared.near = cx.inst.root
  return cx.inst.handles.add(new CopyEnd(shared, 'readable'))
}
