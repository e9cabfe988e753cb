/**
 * The specification's own tests (run_tests.py at the pinned revision), function by function, and where each is rebuilt
 * against this ABI. A name that goes missing here fails.
 */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

/** Function there → file here, and the words by which it is found: its own name unless said otherwise. */
const REBUILT: readonly (readonly [name: string, file: string, as?: string])[] = [
  ['test', 'lift.test.ts', "test.each(flat)('test %#'"],
  ['test_pairs', 'lift.test.ts'],
  ['test_nan32', 'lift.test.ts', "test('test_nan'"],
  ['test_nan64', 'lift.test.ts', "test('test_nan'"],
  // both by a table of every encoding to every other, generated from the specification's definitions
  ['test_string_internal', 'strings.test.ts', 'test.each(transcodings)'],
  ['test_string', 'strings.test.ts', 'test.each(transcodings)'],
  ['test_heap', 'lift.test.ts'],
  ['test_flatten', 'layouts.test.ts'],
  ['test_roundtrips', 'canon-lift.test.ts'],
  ['test_cross_component_realloc', 'canon-lift.test.ts'],
  ['test_handles', 'canon-lift.test.ts'],
  ['test_async_to_async', 'async/tasks.test.ts'],
  ['test_async_callback', 'async/tasks.test.ts'],
  ['test_callback_interleaving', 'async/tasks.test.ts'],
  ['test_sync_ignores_backpressure', 'async/tasks.test.ts'],
  ['test_async_to_sync', 'async/tasks.test.ts'],
  ['test_async_backpressure', 'async/tasks.test.ts'],
  ['test_sync_using_wait', 'async/tasks.test.ts'],
  ['test_eager_stream_completion', 'async/host-streams.test.ts'],
  ['test_async_stream_ops', 'async/host-streams.test.ts'],
  ['test_stream_forward', 'async/host-streams.test.ts'],
  ['test_receive_own_stream', 'async/host-streams.test.ts'],
  ['test_host_partial_reads_writes', 'async/host-streams.test.ts'],
  ['test_wasm_to_wasm_stream', 'async/streams.test.ts'],
  ['test_wasm_to_wasm_stream_empty', 'async/streams.test.ts'],
  // between guests, and with the host; a host that is slow to cancel has no place here: ours cancels at once
  ['test_cancel_copy', 'async/streams.test.ts'],
  ['test_cancel_copy', 'async/host-streams.test.ts'],
  ['test_futures', 'async/streams.test.ts'],
  ['test_cancel_subtask', 'async/tasks.test.ts'],
  ['test_self_copy', 'async/streams.test.ts'],
  ['test_async_flat_params', 'async/streams.test.ts'],
  ['test_threads', 'async/tasks.test.ts'],
  ['test_sync_threads', 'async/tasks.test.ts'],
  ['test_thread_cancel_callback', 'async/tasks.test.ts'],
]

const THERE = 33

test('every function is accounted for', () => {
  expect(new Set(REBUILT.map(([name]) => name)).size).toBe(THERE)
})

for (const [name, file, as = name] of REBUILT) {
  test(`${name} is in ${file}`, () => {
    expect(readFileSync(new URL(file, import.meta.url), 'utf8')).toContain(as)
  })
}
