;; World `counter-component`: a resource with a constructor, methods, a static function and a destructor.
;;
;; A counter is a slot of four bytes; the slot's address is its representation, which only this module ever sees.
;; Everybody else holds handles. Free slots form a list: each holds the address of the next one, 0 ends it.
(module
  (import "[export]example:small/counters@0.1.0" "[resource-new]counter" (func $newHandle (param i32) (result i32)))
  (import "[export]example:small/counters@0.1.0" "[resource-rep]counter" (func $slotOf (param i32) (result i32)))
  (import "[export]example:small/counters@0.1.0" "[resource-drop]counter" (func $dropHandle (param i32)))

  (memory (export "memory") 1)
  (global $firstFree (mut i32) (i32.const 0))
  (global $end (mut i32) (i32.const 16)) ;; the end of the slots ever used
  (global $alive (mut i32) (i32.const 0))

  (func $allocate (result i32)
    (local $slot i32)
    (local.set $slot (global.get $firstFree))
    (if (local.get $slot)
      (then (global.set $firstFree (i32.load (local.get $slot))))
      (else
        (local.set $slot (global.get $end))
        (global.set $end (i32.add (global.get $end) (i32.const 4)))
        (if (i32.gt_u (global.get $end) (i32.shl (memory.size) (i32.const 16)))
          (then (if (i32.eq (memory.grow (i32.const 1)) (i32.const -1)) (then (unreachable)))))))
    (global.set $alive (i32.add (global.get $alive) (i32.const 1)))
    (local.get $slot))

  (func $make (export "example:small/counters@0.1.0#[constructor]counter") (param $start i32) (result i32)
    (local $slot i32)
    (local.set $slot (call $allocate))
    (i32.store (local.get $slot) (local.get $start))
    (call $newHandle (local.get $slot)))

  ;; The destructor: called with the representation when the last owner has dropped its handle.
  (func (export "example:small/counters@0.1.0#[dtor]counter") (param $slot i32)
    (i32.store (local.get $slot) (global.get $firstFree))
    (global.set $firstFree (local.get $slot))
    (global.set $alive (i32.sub (global.get $alive) (i32.const 1))))

  ;; A method gets the representation, not a handle: `self` is borrowed from the component that made the type.
  (func (export "example:small/counters@0.1.0#[method]counter.increment") (param $slot i32) (param $by i32) (result i32)
    (i32.store (local.get $slot) (i32.add (i32.load (local.get $slot)) (local.get $by)))
    (i32.load (local.get $slot)))

  (func (export "example:small/counters@0.1.0#[method]counter.value") (param $slot i32) (result i32)
    (i32.load (local.get $slot)))

  ;; Owned arguments arrive as handles, which are ours to drop.
  (func (export "example:small/counters@0.1.0#[static]counter.merge") (param $a i32) (param $b i32) (result i32)
    (local $sum i32)
    (local.set $sum
      (i32.add (i32.load (call $slotOf (local.get $a))) (i32.load (call $slotOf (local.get $b)))))
    (call $dropHandle (local.get $a))
    (call $dropHandle (local.get $b))
    (call $make (local.get $sum)))

  (func (export "example:small/counters@0.1.0#alive") (result i32)
    (global.get $alive)))
