/**
 * The table of canon built-ins: one row each with opcode, text name, gate and immediates. Decoder, encoder, validator,
 * text and planner read it; behaviour lives in `abi/` as a record over `BuiltinName`, so a missing one is a type error.
 *
 * Immediates are listed in binary order. `type`: type index · `result`: resultlist · `opts`: canonopts · `async`,
 * `cancellable`: one byte, 0 or 1 · `memory`, `coreType`, `table`: core index · `slot`: core valtype and u32.
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
  readonly feature: Feature | undefined
  readonly immediates: readonly Immediate[]
}

const row = (opcode: number, feature: Feature | undefined, ...immediates: Immediate[]): BuiltinRow => ({
  opcode,
  feature,
  immediates,
})

export const BUILTINS = {
  'resource.new': row(0x02, undefined, 'type'),
  'resource.drop': row(0x03, undefined, 'type'),
  'resource.rep': row(0x04, undefined, 'type'),
  'task.cancel': row(0x05, 'async'),
  'subtask.cancel': row(0x06, 'async', 'async'),
  'task.return': row(0x09, 'async', 'result', 'opts'),
  'context.get': row(0x0a, 'async', 'slot'),
  'context.set': row(0x0b, 'async', 'slot'),
  'thread.yield': row(0x0c, 'async', 'cancellable'),
  'subtask.drop': row(0x0d, 'async'),
  'stream.new': row(0x0e, 'async', 'type'),
  'stream.read': row(0x0f, 'async', 'type', 'opts'),
  'stream.write': row(0x10, 'async', 'type', 'opts'),
  'stream.cancel-read': row(0x11, 'async', 'type', 'async'),
  'stream.cancel-write': row(0x12, 'async', 'type', 'async'),
  'stream.drop-readable': row(0x13, 'async', 'type'),
  'stream.drop-writable': row(0x14, 'async', 'type'),
  'future.new': row(0x15, 'async', 'type'),
  'future.read': row(0x16, 'async', 'type', 'opts'),
  'future.write': row(0x17, 'async', 'type', 'opts'),
  'future.cancel-read': row(0x18, 'async', 'type', 'async'),
  'future.cancel-write': row(0x19, 'async', 'type', 'async'),
  'future.drop-readable': row(0x1a, 'async', 'type'),
  'future.drop-writable': row(0x1b, 'async', 'type'),
  'error-context.new': row(0x1c, 'error-context', 'opts'),
  'error-context.debug-message': row(0x1d, 'error-context', 'opts'),
  'error-context.drop': row(0x1e, 'error-context'),
  'waitable-set.new': row(0x1f, 'async'),
  'waitable-set.wait': row(0x20, 'async', 'cancellable', 'memory'),
  'waitable-set.poll': row(0x21, 'async', 'cancellable', 'memory'),
  'waitable-set.drop': row(0x22, 'async'),
  'waitable.join': row(0x23, 'async'),
  'backpressure.inc': row(0x24, 'async'),
  'backpressure.dec': row(0x25, 'async'),
  'thread.index': row(0x26, 'threading'),
  'thread.new-indirect': row(0x27, 'threading', 'coreType', 'table'),
  'thread.resume-later': row(0x28, 'threading'),
  'thread.suspend': row(0x29, 'threading', 'cancellable'),
  'thread.suspend-then-resume': row(0x2a, 'threading', 'cancellable'),
  'thread.yield-then-resume': row(0x2b, 'threading', 'cancellable'),
  'thread.suspend-then-promote': row(0x2c, 'threading', 'cancellable'),
  'thread.yield-then-promote': row(0x2d, 'threading', 'cancellable'),
  // Shared-everything threads: no engine runs them; decoded so that the refusal can name them.
  'thread.spawn-ref': row(0x40, 'core-shared-memory', 'coreType'),
  'thread.spawn-indirect': row(0x41, 'core-shared-memory', 'coreType', 'table'),
  'thread.available-parallelism': row(0x42, 'core-shared-memory'),
} as const satisfies Record<string, BuiltinRow>

export type BuiltinName = keyof typeof BUILTINS
