/**
 * What `async.ts` measures, as component text: the least that a guest must do, so that what is measured is the runtime.
 */

/** `sync` returns its argument; `now` too, as a task; `ask` asks its import, and waits in an event loop if it must. */
export const TASKS = `(component
  (import "answer" (func $answer async (param "n" u32) (result u32)))
  (core module $Memory (memory (export "mem") 8))
  (core instance $memory (instantiate $Memory))
  (core module $M
    (import "" "mem" (memory 8))
    (import "" "answer" (func $answer (param i32 i32) (result i32)))
    (import "" "return" (func $return (param i32)))
    (import "" "new" (func $new (result i32)))
    (import "" "drop-set" (func $drop-set (param i32)))
    (import "" "join" (func $join (param i32 i32)))
    (import "" "drop-sub" (func $drop-sub (param i32)))
    (import "" "get" (func $get (result i32)))
    (import "" "set" (func $set (param i32)))
    (func (export "sync") (param i32) (result i32) local.get 0)
    (func (export "now") (param i32) (result i32) (call $return (local.get 0)) i32.const 0)
    ;; a task's place in memory is found by its argument: the answer, and its waitable set
    (func (export "ask") (param $n i32) (result i32) (local $at i32) (local $state i32) (local $set i32)
      (local.set $at (i32.add (i32.const 8) (i32.shl (i32.and (local.get $n) (i32.const 0x3fff)) (i32.const 3))))
      (local.set $state (call $answer (local.get $n) (local.get $at)))
      (if (i32.eq (i32.and (local.get $state) (i32.const 0xf)) (i32.const 2))
        (then (call $return (i32.load (local.get $at))) (return (i32.const 0))))
      (local.set $set (call $new))
      (i32.store offset=4 (local.get $at) (local.get $set))
      (call $set (local.get $at))
      (call $join (i32.shr_u (local.get $state) (i32.const 4)) (local.get $set))
      (i32.or (i32.const 2) (i32.shl (local.get $set) (i32.const 4))))
    (func (export "woken") (param $event i32) (param $sub i32) (param i32) (result i32) (local $at i32)
      (local.set $at (call $get))
      (call $drop-sub (local.get $sub))
      (call $drop-set (i32.load offset=4 (local.get $at)))
      (call $return (i32.load (local.get $at)))
      i32.const 0)
    (func (export "never") (param i32 i32 i32) (result i32) unreachable))
  (core func $answer' (canon lower (func $answer) async (memory (core memory $memory "mem"))))
  (core func $return (canon task.return (result u32)))
  (core func $new (canon waitable-set.new))
  (core func $drop-set (canon waitable-set.drop))
  (core func $join (canon waitable.join))
  (core func $drop-sub (canon subtask.drop))
  (core func $get (canon context.get i32 0))
  (core func $set (canon context.set i32 0))
  (core instance $m (instantiate $M (with "" (instance
    (export "mem" (memory $memory "mem"))
    (export "answer" (func $answer')) (export "return" (func $return)) (export "new" (func $new))
    (export "drop-set" (func $drop-set)) (export "join" (func $join)) (export "drop-sub" (func $drop-sub))
    (export "get" (func $get)) (export "set" (func $set))))))
  (func (export "sync") (param "n" u32) (result u32) (canon lift (core func $m "sync")))
  (func (export "now") async (param "n" u32) (result u32)
    (canon lift (core func $m "now") async (callback (core func $m "never"))))
  (func (export "ask") async (param "n" u32) (result u32)
    (canon lift (core func $m "ask") async (callback (core func $m "woken")))))`

/** A synchronous function over a synchronous import: to wait, it must park its stack. */
export const PARKED = `(component
  (import "answer" (func $answer (param "n" u32) (result u32)))
  (core func $answer' (canon lower (func $answer)))
  (core module $M
    (import "" "answer" (func $answer (param i32) (result i32)))
    (func (export "ask") (param i32) (result i32) (call $answer (local.get 0))))
  (core instance $m (instantiate $M (with "" (instance (export "answer" (func $answer'))))))
  (func (export "ask") (param "n" u32) (result u32) (canon lift (core func $m "ask"))))`

/** Reads a stream of bytes into its memory, 64 KiB at a time, and writes them to another one. */
export const RELAY = `(component
  (type $S (stream u8))
  (core module $Memory (memory (export "mem") 1))
  (core instance $memory (instantiate $Memory))
  (core module $M
    (import "" "mem" (memory 1))
    (import "" "return" (func $return (param i32)))
    (import "" "new" (func $new (result i64)))
    (import "" "read" (func $read (param i32 i32 i32) (result i32)))
    (import "" "write" (func $write (param i32 i32 i32) (result i32)))
    (import "" "drop-r" (func $drop-r (param i32)))
    (import "" "drop-w" (func $drop-w (param i32)))
    (import "" "set" (func $set (result i32)))
    (import "" "join" (func $join (param i32 i32)))
    (global $in (mut i32) (i32.const 0))
    (global $out (mut i32) (i32.const 0))
    (global $ws (mut i32) (i32.const 0))
    (global $have (mut i32) (i32.const 0))
    (global $sent (mut i32) (i32.const 0))
    (global $last (mut i32) (i32.const 0))
    ;; takes what a read or a write reported, and goes on until one of them would block
    (func $go (param $event i32) (param $report i32) (result i32)
      (loop $again
        (if (i32.eq (local.get $event) (i32.const 2))
          (then
            (global.set $have (i32.shr_u (local.get $report) (i32.const 4)))
            (global.set $sent (i32.const 0))
            (global.set $last (i32.and (local.get $report) (i32.const 0xf))))
          (else
            (global.set $sent (i32.add (global.get $sent) (i32.shr_u (local.get $report) (i32.const 4))))
            (if (i32.and (local.get $report) (i32.const 0xf)) (then (global.set $last (i32.const 1))))))
        (if (i32.lt_u (global.get $sent) (global.get $have))
          (then
            (local.set $event (i32.const 3))
            (local.set $report (call $write (global.get $out) (global.get $sent)
              (i32.sub (global.get $have) (global.get $sent)))))
          (else
            (if (global.get $last) (then (return (call $finish))))
            (local.set $event (i32.const 2))
            (local.set $report (call $read (global.get $in) (i32.const 0) (i32.const 65536)))))
        (br_if $again (i32.ne (local.get $report) (i32.const -1))))
      (i32.or (i32.const 2) (i32.shl (global.get $ws) (i32.const 4))))
    (func $finish (result i32)
      (call $join (global.get $in) (i32.const 0)) (call $join (global.get $out) (i32.const 0))
      (call $drop-r (global.get $in)) (call $drop-w (global.get $out)) (i32.const 0))
    (func (export "relay") (param i32) (result i32) (local $pair i64)
      (global.set $in (local.get 0))
      (local.set $pair (call $new))
      (global.set $out (i32.wrap_i64 (i64.shr_u (local.get $pair) (i64.const 32))))
      (if (i32.eqz (global.get $ws)) (then (global.set $ws (call $set))))
      (call $join (global.get $in) (global.get $ws))
      (call $join (global.get $out) (global.get $ws))
      (call $return (i32.wrap_i64 (local.get $pair)))
      (call $go (i32.const 2) (i32.const 0)))
    (func (export "woken") (param i32 i32 i32) (result i32) (call $go (local.get 0) (local.get 2))))
  (core func $return (canon task.return (result $S)))
  (core func $new (canon stream.new $S))
  (core func $read (canon stream.read $S async (memory (core memory $memory "mem"))))
  (core func $write (canon stream.write $S async (memory (core memory $memory "mem"))))
  (core func $drop-r (canon stream.drop-readable $S))
  (core func $drop-w (canon stream.drop-writable $S))
  (core func $set (canon waitable-set.new))
  (core func $join (canon waitable.join))
  (core instance $m (instantiate $M (with "" (instance
    (export "mem" (memory $memory "mem"))
    (export "return" (func $return)) (export "new" (func $new)) (export "read" (func $read))
    (export "write" (func $write)) (export "drop-r" (func $drop-r)) (export "drop-w" (func $drop-w))
    (export "set" (func $set)) (export "join" (func $join))))))
  (func (export "relay") async (param "in" $S) (result $S)
    (canon lift (core func $m "relay") async (callback (core func $m "woken")))))`
