/** Records that lie beyond 2 GiB, where addresses are no signed numbers, pass from memory to memory as elsewhere. */
import { expect, test } from 'vitest'
import { Fuse } from '../../src/abi/fuse/fuse.ts'
import { Component, Engine } from '../../src/index.ts'

const HIGH = 2 ** 31 - 24
const PAGES = 2 ** 15 + 2
const RECORD = `(record (field "a" u32) (field "b" bool) (field "c" f64))`

/** Allocates right below the border, so that three records go across it. */
const memory = (data: string): string => `(core module $mem (memory (export "memory") ${PAGES})
    ${data}
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const ${HIGH})))
  (core instance $mem (instantiate $mem))
  (alias core export $mem "memory" (core memory $memory))
  (alias core export $mem "realloc" (core func $realloc))`

/** Sums what is in the fields. */
const CALLEE = `(component $callee
  ${memory('')}
  (core module $m (import "mem" "memory" (memory ${PAGES}))
    (func (export "sum") (param $at i32) (param $n i32) (result f64) (local $sum f64)
      (loop $next
        (local.set $sum (f64.add (local.get $sum) (f64.add (f64.convert_i32_u (i32.load (local.get $at)))
          (f64.add (f64.convert_i32_u (i32.load8_u offset=4 (local.get $at))) (f64.load offset=8 (local.get $at))))))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (local.get $sum)))
  (core instance $i (instantiate $m (with "mem" (instance $mem))))
  (type $r0 ${RECORD}) (export $r "r" (type $r0))
  (func $sum (param "rs" (list $r)) (result f64) (canon lift (core func $i "sum") (memory $memory) (realloc $realloc)))
  (instance $e (export "r" (type $r)) (export "sum" (func $sum)))
  (export "test:high/sums" (instance $e)))`

const CALLER = `(component $caller
  (import "test:high/sums" (instance $s (type $r0 ${RECORD}) (export "r" (type $r (eq $r0)))
    (export "sum" (func (param "rs" (list $r)) (result f64)))))
  ${memory('')}
  (core func $sum (canon lower (func $s "sum") (memory $memory)))
  (core module $m (import "mem" "memory" (memory ${PAGES})) (import "s" "sum" (func $sum (param i32 i32) (result f64)))
    (func $put (param $at i32) (param $n i32)
      (i32.store (local.get $at) (local.get $n))
      (i32.store8 offset=4 (local.get $at) (i32.const 7))
      (f64.store offset=8 (local.get $at) (f64.const 0.5)))
    (func (export "run") (param $x i32) (result f64)
      (call $put (i32.const ${HIGH}) (local.get $x)) (call $put (i32.const ${HIGH + 16}) (local.get $x))
      (call $put (i32.const ${HIGH + 32}) (local.get $x))
      (call $sum (i32.const ${HIGH}) (i32.const 3))))
  (core instance $i (instantiate $m (with "mem" (instance $mem)) (with "s" (instance (export "sum" (func $sum))))))
  (func (export "run") (param "x" u32) (result f64) (canon lift (core func $i "run"))))`

const BOTH = `(component
  ${CALLEE}
  ${CALLER}
  (instance $callee (instantiate $callee))
  (instance $caller (instantiate $caller (with "test:high/sums" (instance $callee "test:high/sums"))))
  (export "run" (func $caller "run")))`

test('records beyond 2 GiB', async () => {
  const engine = new Engine()
  engine.store.fuse = new Fuse({ allowed: true })
  engine.store.fuseAfter = 2
  const component = await Component.compile(BOTH, { engine })
  const { run } = (await component.instantiate({}, { engine, limits: { memoryBytes: 2 ** 33 } })).exports
  // three times x, three times true, three halves
  const answers = [10, 20, 30].map((x) => run(x))
  expect(answers).toEqual([34.5, 64.5, 94.5])
})
