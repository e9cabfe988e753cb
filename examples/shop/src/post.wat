;; A carrier in WebAssembly text: cheap, and dear when it has to be quick.
(module
  (func (export "shop:carriers/quotes@1.0.0#quote") (param $express i32) (result i64)
    (select (i64.const 1590) (i64.const 490) (local.get $express))))
