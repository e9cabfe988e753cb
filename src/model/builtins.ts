/**
 * The table of canon built-ins: one row each with opcode, text name, core signature, gate and immediates. Decoder,
 * encoder, validator, text and planner read it; behaviour lives in `abi/` as a record over `BuiltinName`, so a missing
 * one is a type error.
 *
 * Immediates are listed in binary order. `type`: type index · `result`: resultlist · `opts`: canonopts · `async`,
 * `cancellable`: one byte, 0 or 1 · `memory`, `coreType`, `table`: core index · `slot`: core valtype and u32.
 *
 * Signatures: `i` i32, `l` i64, `p` the address type of the memory option, `r` the resource's representation, `c` the
 * type of the context slot, `u` the table's address type, `a` what a new thread is given. Empty: it depends on more.
 *
 * @spec Canonical Definitions
 */
import type { CoreFuncIndex, CoreMemoryIndex, CoreTypeIndex } from './component.ts'
import type { Feature } from './features.ts'

export type StringEncoding = 'utf8' | 'utf16' | 'latin1+utf16'

export type CanonOptDef =
  | { readonly kind: StringEncoding }
  | { readonly kind: 'memory'; readonly memory: CoreMemoryIndex }
  | { readonly kind: 'realloc' | 'post-return' | 'callback'; readonly func: CoreFuncIndex }
  | { readonly kind: 'async' }
  /** Known to the decoder, refused by the validator: the GC ABI is not in the specification. */
  | { readonly kind: 'core-type'; readonly type: CoreTypeIndex }
  | { readonly kind: 'gc' }

export type Immediate =
  | 'type'
  | 'result'
  | 'opts'
  | 'async'
  | 'cancellable'
  | 'memory'
  | 'coreType'
  | 'table'
  | 'slot'
  | 'shared'

export interface BuiltinRow {
  readonly opcode: number
  readonly signature: string
  readonly feature: Feature | undefined
  readonly immediates: readonly Immediate[]
}

const row = (
  opcode: number,
  signature: string,
  feature: Feature | undefined,
  ...immediates: Immediate[]
): BuiltinRow => ({
  opcode,
  signature,
  feature,
  immediates,
})

export const BUILTINS = {
  'resource.new': row(0x02, 'r>i', undefined, 'type'),
  'resource.drop': row(0x03, 'i>', undefined, 'type'),
  'resource.rep': row(0x04, 'i>r', undefined, 'type'),
  'task.cancel': row(0x05, '>', 'async'),
  'subtask.cancel': row(0x06, 'i>i', 'async', 'async'),
  'task.return': row(0x09, '', 'async', 'result', 'opts'),
  'context.get': row(0x0a, '>c', 'async', 'slot'),
  'context.set': row(0x0b, 'c>', 'async', 'slot'),
  'thread.yield': row(0x0c, '>i', 'async', 'cancellable'),
  'subtask.drop': row(0x0d, 'i>', 'async'),
  'stream.new': row(0x0e, '>l', 'async', 'type'),
  'stream.read': row(0x0f, 'ipp>p', 'async', 'type', 'opts'),
  'stream.write': row(0x10, 'ipp>p', 'async', 'type', 'opts'),
  'stream.cancel-read': row(0x11, 'i>i', 'async', 'type', 'async'),
  'stream.cancel-write': row(0x12, 'i>i', 'async', 'type', 'async'),
  'stream.drop-readable': row(0x13, 'i>', 'async', 'type'),
  'stream.drop-writable': row(0x14, 'i>', 'async', 'type'),
  'future.new': row(0x15, '>l', 'async', 'type'),
  'future.read': row(0x16, 'ip>i', 'async', 'type', 'opts'),
  'future.write': row(0x17, 'ip>i', 'async', 'type', 'opts'),
  'future.cancel-read': row(0x18, 'i>i', 'async', 'type', 'async'),
  'future.cancel-write': row(0x19, 'i>i', 'async', 'type', 'async'),
  'future.drop-readable': row(0x1a, 'i>', 'async', 'type'),
  'future.drop-writable': row(0x1b, 'i>', 'async', 'type'),
  'error-context.new': row(0x1c, 'pp>i', 'error-context', 'opts'),
  'error-context.debug-message': row(0x1d, 'ip>', 'error-context', 'opts'),
  'error-context.drop': row(0x1e, 'i>', 'error-context'),
  'waitable-set.new': row(0x1f, '>i', 'async'),
  'waitable-set.wait': row(0x20, 'ip>i', 'async', 'cancellable', 'memory'),
  'waitable-set.poll': row(0x21, 'ip>i', 'async', 'cancellable', 'memory'),
  'waitable-set.drop': row(0x22, 'i>', 'async'),
  'waitable.join': row(0x23, 'ii>', 'async'),
  'backpressure.inc': row(0x24, '>', 'async'),
  'backpressure.dec': row(0x25, '>', 'async'),
  'thread.index': row(0x26, '>i', 'threading'),
  'thread.new-indirect': row(0x27, 'ua>i', 'threading', 'coreType', 'table'),
  'thread.resume-later': row(0x28, 'i>', 'threading'),
  'thread.suspend': row(0x29, '>i', 'threading', 'cancellable'),
  'thread.suspend-then-resume': row(0x2a, 'i>i', 'threading', 'cancellable'),
  'thread.yield-then-resume': row(0x2b, 'i>i', 'threading', 'cancellable'),
  'thread.suspend-then-promote': row(0x2c, 'i>i', 'threading', 'cancellable'),
  'thread.yield-then-promote': row(0x2d, 'i>i', 'threading', 'cancellable'),
  // Shared-everything threads: no engine runs them; decoded so that the refusal can name them.
  'thread.spawn-ref': row(0x40, '', 'core-shared-memory', 'coreType'),
  'thread.spawn-indirect': row(0x41, 'ua>i', 'core-shared-memory', 'coreType', 'table'),
  'thread.available-parallelism': row(0x42, '>i', 'core-shared-memory'),
} as const satisfies Record<string, BuiltinRow>

export type BuiltinName = keyof typeof BUILTINS
