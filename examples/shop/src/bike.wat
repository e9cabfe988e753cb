;; A carrier in WebAssembly text: knows only one speed.
(module
  (func (export "shop:carriers/quotes@1.0.0#quote") (param $express i32) (result i64)
    (i64.const 1290)))
