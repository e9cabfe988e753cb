;; A discount plugin with a bug, in WebAssembly text: it means to share 10.00 among the lines beyond the third, and
;; divides by zero when there are exactly three. That ends this plugin, and nobody else.
(module
  (memory (export "memory") 1)
  (data (i32.const 32) "lucky order")
  (global $heap i32 (i32.const 1024))
  (global $top (mut i32) (i32.const 1024))

  (func (export "shop:offers/discount@1.0.0#propose")
    (param $lines i32) (param $length i32) (param $total i64) (result i32)
    (i32.store8 (i32.const 0) (i32.const 1)) ;; some
    (i32.store offset=8 (i32.const 0) (i32.const 32))
    (i32.store offset=12 (i32.const 0) (i32.const 11))
    (i64.store offset=16 (i32.const 0)
      (i64.div_u (i64.const 1000) (i64.extend_i32_u (i32.sub (local.get $length) (i32.const 3)))))
    (i32.const 0))

  (func (export "cabi_post_shop:offers/discount@1.0.0#propose") (param $answer i32)
    (global.set $top (global.get $heap)))

  ;; As in flat.wat, but for as many lines as one page of memory holds.
  (func (export "cabi_realloc") (param $old i32) (param $oldSize i32) (param $align i32) (param $size i32) (result i32)
    (local $new i32)
    (local.set $new
      (i32.and (i32.sub (i32.add (global.get $top) (local.get $align)) (i32.const 1))
               (i32.sub (i32.const 0) (local.get $align))))
    (global.set $top (i32.add (local.get $new) (local.get $size)))
    (memory.copy (local.get $new) (local.get $old) (local.get $oldSize)) ;; traps beyond the memory
    (local.get $new)))
