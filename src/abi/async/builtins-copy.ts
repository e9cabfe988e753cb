/**
 * The built-ins of streams and futures.
 *
 * @spec canon {stream,future}.new
 * @spec canon stream.{read,write}
 * @spec canon future.{read,write}
 * @spec canon {stream,future}.cancel-{read,write}
 * @spec canon {stream,future}.drop-{readable,writable}
 */
import type { BuiltinName } from '../../model/builtins.ts'
import { assert, Trap } from '../../model/errors.ts'
import type { Later } from '../async-abi.ts'
import { LiftLowerContext } from '../context.ts'
import { GuestBuffer } from './buffer.ts'
import { BLOCKED } from './builtins-task.ts'
import {
  CopyEnd,
  CopyResult,
  type ElementType,
  type ReclaimBuffer,
  SharedFuture,
  SharedStream,
  type Side,
} from './copy-end.ts'
import { after } from './later.ts'
import { type AsyncBuiltin, blocking, given, type Made, trampoline, u32 } from './trampoline.ts'
import { sameType } from './type-equal.ts'
import { EventCode, IN_SET } from './waitable.ts'

type Kind = 'stream' | 'future'

const CODES = {
  stream: { readable: EventCode.streamRead, writable: EventCode.streamWrite },
  future: { readable: EventCode.futureRead, writable: EventCode.futureWrite },
} as const

/** A handle's index is all there is to know: `[i32] → [i32]`. */
const ONE = { params: ['i32'], results: ['i32'] } as const
const nothing: ReclaimBuffer = () => {}

function elementOf({ env, b }: Made): ElementType {
  const type = given(b.element)
  return { layout: type === null ? undefined : env.layouts.of(type, b.opts?.ptr ?? 'i32'), resources: env.resources }
}

/** The end at `i`, if it is one of that kind, side and element type. */
export function endAt(inst: Made['env']['inst'], i: number, kind: Kind, side: Side, element: ElementType): CopyEnd {
  const entry = inst.handles.get(i)
  if (!(entry instanceof CopyEnd) || entry.kind !== kind || entry.side !== side) {
    const found = entry instanceof CopyEnd ? `${entry.side} ${entry.kind} end` : entry.kind
    throw new Trap(
      'wrong-handle-type',
      `handle index ${i} used with the wrong type, expected ${side} ${kind} end but found ${found}`,
    )
  }
  const { layout, resources } = entry.shared.element
  if (!sameType(layout?.type, resources, element.layout?.type, element.resources)) {
    throw new Trap(
      'wrong-handle-type',
      `handle index ${i} used with the wrong type, expected ${kind} of another element type but found ${kind}`,
    )
  }
  return entry
}

/** For what begins an operation, or gives the end away. */
export function checkIdle(end: CopyEnd, verb: 'read from' | 'write to' | 'lift'): void {
  if (end.state === 'done') {
    const why =
      end.kind === 'stream'
        ? `after being notified that the ${end.side === 'readable' ? 'writable' : 'readable'} end dropped`
        : end.side === 'readable'
          ? 'after previous read succeeded'
          : 'after previous write succeeded or readable end dropped'
    throw new Trap('bad-copy', `cannot ${verb} ${end.kind} ${why}`)
  }
  if (end.state !== 'idle') {
    throw verb === 'lift' ? new Trap('bad-copy', `cannot remove busy ${end.kind}`) : new Trap('bad-copy')
  }
}

function create(kind: Kind): AsyncBuiltin {
  return (made) => {
    const element = elementOf(made)
    const { handles } = made.env.inst
    return trampoline(made, () => {
      const shared = kind === 'stream' ? new SharedStream(element) : new SharedFuture(element)
      const readable = handles.add(new CopyEnd(shared, 'readable'))
      const writable = handles.add(new CopyEnd(shared, 'writable'))
      return BigInt(readable) | (BigInt(writable) << 32n)
    })
  }
}

function operate(kind: Kind, side: Side): AsyncBuiltin {
  const code = CODES[kind][side]
  const verb = side === 'readable' ? 'read from' : 'write to'
  return (made) => {
    const { env, b, tasks } = made
    const { inst } = env
    const opts = given(b.opts)
    const element = elementOf(made)
    const stream = kind === 'stream'
    const type = {
      params: stream ? (['i32', opts.ptr, opts.ptr] as const) : (['i32', opts.ptr] as const),
      results: [stream ? opts.ptr : 'i32'] as const,
    }
    const wide = stream && opts.ptr === 'i64'
    const answer = (payload: number): number | bigint => {
      if (!wide) return payload
      return payload === BLOCKED ? -1n : BigInt(payload)
    }
    const body = (...args: (number | bigint)[]): Later<unknown> => {
      const [index, pointer = 0, count = 1] = args
      const i = u32(index)
      const end = endAt(inst, i, kind, side, element)
      checkIdle(end, verb)
      if (end.inWaitableSet && !opts.async) throw new Trap('bad-waitable', IN_SET)
      const cx = new LiftLowerContext(env, opts, undefined, undefined, undefined)
      const length = stream ? cx.fromCore(count) : 1
      const buffer = new GuestBuffer(env, opts, element.layout, cx.fromCore(pointer), length)
      const settle = (result: CopyResult, reclaim: ReclaimBuffer): void =>
        end.setPendingEvent(() => {
          reclaim()
          assert(end.copying, 'an operation ends once')
          const over = result === CopyResult.dropped || (!stream && result === CopyResult.completed)
          end.state = over ? 'done' : 'idle'
          end.buffer = undefined
          return [code, i, stream ? result | (buffer.progress << 4) : result]
        })
      end.state = 'copying'
      end.buffer = buffer
      const onCopy = (reclaim: ReclaimBuffer): void => settle(CopyResult.completed, reclaim)
      const onCopyDone = (result: CopyResult): void => settle(result, nothing)
      if (side === 'readable') end.shared.read(buffer, onCopy, onCopyDone)
      else end.shared.write(buffer, onCopy, onCopyDone)
      if (end.hasPendingEvent) return answer(end.getPendingEvent()[2])
      if (opts.async) return answer(BLOCKED)
      return after(end.waitForPendingEvent(tasks.current()), () => answer(end.getPendingEvent()[2]))
    }
    return opts.async ? trampoline(made, body) : blocking(made, type, body)
  }
}

function cancel(kind: Kind, side: Side): AsyncBuiltin {
  return (made) => {
    const { env, b, tasks } = made
    const element = elementOf(made)
    const body = (index: number | bigint | undefined): Later<unknown> => {
      const end = endAt(env.inst, u32(index), kind, side, element)
      if (end.state !== 'copying' || end.hasSyncWaiter) {
        throw new Trap('bad-copy', `no ${side === 'readable' ? 'read' : 'write'} of this ${kind} can be cancelled`)
      }
      if (end.inWaitableSet && b.async !== true) throw new Trap('bad-waitable', IN_SET)
      end.state = 'cancelling'
      // also what passed some elements and could pass more
      if (!end.hasPendingEvent || end.isOpen) end.shared.cancel()
      if (end.hasPendingEvent) return end.getPendingEvent()[2]
      if (b.async === true) return BLOCKED
      return after(end.waitForPendingEvent(tasks.current()), () => end.getPendingEvent()[2])
    }
    return b.async === true ? trampoline(made, body) : blocking(made, ONE, body)
  }
}

function drop(kind: Kind, side: Side): AsyncBuiltin {
  return (made) => {
    const element = elementOf(made)
    const { inst } = made.env
    return trampoline(made, (index) => {
      endAt(inst, u32(index), kind, side, element).dropped()
      inst.handles.remove(u32(index))
    })
  }
}

export const COPY_BUILTINS: Readonly<Partial<Record<BuiltinName, AsyncBuiltin>>> = {
  'stream.new': create('stream'),
  'stream.read': operate('stream', 'readable'),
  'stream.write': operate('stream', 'writable'),
  'stream.cancel-read': cancel('stream', 'readable'),
  'stream.cancel-write': cancel('stream', 'writable'),
  'stream.drop-readable': drop('stream', 'readable'),
  'stream.drop-writable': drop('stream', 'writable'),
  'future.new': create('future'),
  'future.read': operate('future', 'readable'),
  'future.write': operate('future', 'writable'),
  'future.cancel-read': cancel('future', 'readable'),
  'future.cancel-write': cancel('future', 'writable'),
  'future.drop-readable': drop('future', 'readable'),
  'future.drop-writable': drop('future', 'writable'),
}
