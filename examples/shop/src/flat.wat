;; A discount plugin in WebAssembly text: 5.00 off an order of 50.00 or more.
;;
;; It looks at the total only; the lines are put into its memory by the caller all the same, and are thrown away as a
;; whole when the answer has been read. The answer is an `option<offer>`: 24 bytes, aligned to 8, at address 0.
(module
  (memory (export "memory") 1)
  (data (i32.const 32) "thank you for a big order")
  (global $heap i32 (i32.const 1024))
  (global $top (mut i32) (i32.const 1024))

  (func (export "shop:offers/discount@1.0.0#propose")
    (param $lines i32) (param $length i32) (param $total i64) (result i32)
    (i32.store8 (i32.const 0) (i32.const 0)) ;; none
    (if (i64.ge_u (local.get $total) (i64.const 5000))
      (then
        (i32.store8 (i32.const 0) (i32.const 1)) ;; some
        (i32.store offset=8 (i32.const 0) (i32.const 32))
        (i32.store offset=12 (i32.const 0) (i32.const 25))
        (i64.store offset=16 (i32.const 0) (i64.const 500))))
    (i32.const 0))

  (func (export "cabi_post_shop:offers/discount@1.0.0#propose") (param $answer i32)
    (global.set $top (global.get $heap)))

  ;; A heap that is only ever emptied as a whole: every block is a new one, also when an old one is to be resized.
  (func (export "cabi_realloc") (param $old i32) (param $oldSize i32) (param $align i32) (param $size i32) (result i32)
    (local $new i32) (local $pages i32)
    (local.set $new
      (i32.and (i32.sub (i32.add (global.get $top) (local.get $align)) (i32.const 1))
               (i32.sub (i32.const 0) (local.get $align))))
    (global.set $top (i32.add (local.get $new) (local.get $size)))
    (if (i32.lt_u (global.get $top) (local.get $new)) (then (unreachable)))
    (local.set $pages (i32.add (i32.shr_u (i32.sub (global.get $top) (i32.const 1)) (i32.const 16)) (i32.const 1)))
    (if (i32.gt_u (local.get $pages) (memory.size))
      (then
        (if (i32.eq (memory.grow (i32.sub (local.get $pages) (memory.size))) (i32.const -1)) (then (unreachable)))))
    (memory.copy (local.get $new) (local.get $old)
      (select (local.get $oldSize) (local.get $size) (i32.lt_u (local.get $oldSize) (local.get $size))))
    (local.get $new)))
