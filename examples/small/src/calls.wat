;; World `calls-component`: calls its host in a loop, which is how the price of an imported function is measured.
(module
  (import "example:small/host@0.1.0" "tick" (func $tick (param i32) (result i32)))
  (import "example:small/host@0.1.0" "log" (func $log (param i32 i32)))

  (memory (export "memory") 1)
  (data (i32.const 16) "hello, host")

  (func (export "example:small/calls@0.1.0#run-tick") (param $n i32) (result i32)
    (local $answer i32)
    (block $done
      (loop $again
        (br_if $done (i32.eqz (local.get $n)))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (local.set $answer (call $tick (local.get $answer)))
        (br $again)))
    (local.get $answer))

  (func (export "example:small/calls@0.1.0#run-log") (param $n i32)
    (block $done
      (loop $again
        (br_if $done (i32.eqz (local.get $n)))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (call $log (i32.const 16) (i32.const 11))
        (br $again)))))
