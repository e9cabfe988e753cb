;; An insurer in WebAssembly text: one percent of what is in the basket. It is lent the basket by the plugin in AssemblyScript,
;; which was lent it by the application, and asks the plugin in C what it is worth.
(module
  (import "shop:orders/baskets@1.0.0" "[method]basket.total" (func $totalOf (param i32) (result i64)))
  (import "shop:orders/baskets@1.0.0" "[resource-drop]basket" (func $drop (param i32)))
  (func (export "shop:insurance/cover@1.0.0#premium") (param $basket i32) (result i64) (local $total i64)
    (local.set $total (call $totalOf (local.get $basket)))
    (call $drop (local.get $basket)) ;; a loan must be returned before the call ends
    (i64.div_u (local.get $total) (i64.const 100))))
