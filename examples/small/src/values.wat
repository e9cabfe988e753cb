;; World `values-component`: every function gives back what it was given.
;;
;; Arguments that live in memory were put there by the caller through `cabi_realloc`. A result that does not fit in
;; one core value is written to a fixed area, and the function returns that area's address. When the caller has read
;; it, it calls the function's `cabi_post_…`, which empties the heap: so repeated calls never grow the memory.
(module
  (memory (export "memory") 1)

  ;; 0…31: the result area. The heap begins at 1024 and ends where the last block ended.
  (global $result i32 (i32.const 0))
  (global $heap i32 (i32.const 1024))
  (global $top (mut i32) (i32.const 1024))

  ;; A heap that only grows, until it is emptied as a whole. The block on top is resized where it stands, because that
  ;; is what a caller asks for while it does not know yet how many bytes a string needs.
  (func (export "cabi_realloc") (param $old i32) (param $oldSize i32) (param $align i32) (param $size i32) (result i32)
    (local $new i32) (local $end i32) (local $pages i32)
    (if (i32.and (i32.ne (local.get $oldSize) (i32.const 0))
                 (i32.eq (i32.add (local.get $old) (local.get $oldSize)) (global.get $top)))
      (then (local.set $new (local.get $old)))
      (else
        ;; the top, rounded up to the alignment
        (local.set $new
          (i32.and (i32.sub (i32.add (global.get $top) (local.get $align)) (i32.const 1))
                   (i32.sub (i32.const 0) (local.get $align))))))
    (local.set $end (i32.add (local.get $new) (local.get $size)))
    (if (i32.lt_u (local.get $end) (local.get $new)) (then (unreachable)))
    (local.set $pages (i32.add (i32.shr_u (i32.sub (local.get $end) (i32.const 1)) (i32.const 16)) (i32.const 1)))
    (if (i32.gt_u (local.get $pages) (memory.size))
      (then
        (if (i32.eq (memory.grow (i32.sub (local.get $pages) (memory.size))) (i32.const -1)) (then (unreachable)))))
    (global.set $top (local.get $end))
    (if (i32.and (i32.ne (local.get $oldSize) (i32.const 0)) (i32.ne (local.get $new) (local.get $old)))
      (then
        (memory.copy (local.get $new) (local.get $old)
          (select (local.get $oldSize) (local.get $size) (i32.lt_u (local.get $oldSize) (local.get $size))))))
    (local.get $new))

  (func $empty (param $result i32)
    (global.set $top (global.get $heap)))
  (export "cabi_post_example:small/values@0.1.0#echo-string" (func $empty))
  (export "cabi_post_example:small/values@0.1.0#echo-bytes" (func $empty))
  (export "cabi_post_example:small/values@0.1.0#echo-samples" (func $empty))
  (export "cabi_post_example:small/values@0.1.0#echo-shape" (func $empty))

  (func (export "example:small/values@0.1.0#add") (param i32 i32) (result i32)
    (i32.add (local.get 0) (local.get 1)))

  ;; A string and a list look the same: address and length.
  (func $echoList (param $address i32) (param $length i32) (result i32)
    (i32.store (global.get $result) (local.get $address))
    (i32.store offset=4 (global.get $result) (local.get $length))
    (global.get $result))
  (export "example:small/values@0.1.0#echo-string" (func $echoList))
  (export "example:small/values@0.1.0#echo-bytes" (func $echoList))
  (export "example:small/values@0.1.0#echo-samples" (func $echoList))

  (func (export "example:small/values@0.1.0#echo-sample")
    (param $id i32) (param $level i32) (param $weight f64) (param $ready i32) (param $grade i32) (result i32)
    (i32.store (global.get $result) (local.get $id))
    (i32.store16 offset=4 (global.get $result) (local.get $level))
    (f64.store offset=8 (global.get $result) (local.get $weight))
    (i32.store8 offset=16 (global.get $result) (local.get $ready))
    (i32.store8 offset=17 (global.get $result) (local.get $grade))
    (global.get $result))

  ;; In core values the payload is an i64 (an f64's bits, or an address) and an i32 (a length); in memory both forms
  ;; begin at byte 8.
  (func (export "example:small/values@0.1.0#echo-shape")
    (param $case i32) (param $payload i64) (param $length i32) (result i32)
    (i32.store8 (global.get $result) (local.get $case))
    (if (i32.eq (local.get $case) (i32.const 2))
      (then
        (i32.store offset=8 (global.get $result) (i32.wrap_i64 (local.get $payload)))
        (i32.store offset=12 (global.get $result) (local.get $length)))
      (else (i64.store offset=8 (global.get $result) (local.get $payload))))
    (global.get $result)))
