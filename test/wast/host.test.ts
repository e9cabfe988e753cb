/**
 * What scripts may import, each by a script that does: one component that calls the host and hands out what it said.
 */
import { describe, expect, test } from 'vitest'
import { runWast } from '../../src/text.ts'

/** A component whose export `run` is a core function over lowered host functions. */
const caller = (
  imports: string,
  lowered: readonly (readonly [name: string, ref: string, type: string])[],
  body: string,
  result = '(result u32)',
): string => `
  (component
    ${imports}
    (core module $libc (memory (export "m") 1)
      (func (export "r") (param i32 i32 i32 i32) (result i32) i32.const 64))
    (core instance $libc (instantiate $libc))
    ${lowered.map(([name, ref]) => `(core func $${name} (canon ${ref}))`).join('\n')}
    (core module $m
      ${lowered.map(([name, , type]) => `(import "" "${name}" (func $${name} ${type}))`).join('\n')}
      (import "libc" "m" (memory 1))
      (func (export "run") (result i32) ${body}))
    (core instance $i (instantiate $m
      (with "libc" (instance $libc))
      (with "" (instance ${lowered.map(([name]) => `(export "${name}" (func $${name}))`).join(' ')}))))
    (func (export "run") ${result} (canon lift (core func $i "run"))))`

const host = (exports: string): string => `(import "host" (instance $h ${exports}))`
const resource1 = host(`
  (export "resource1" (type $r (sub resource)))
  (export "resource1-again" (type $again (eq $r)))
  (export "[constructor]resource1" (func (param "rep" u32) (result (own $r))))
  (export "[static]resource1.assert" (func (param "r" (own $r)) (param "rep" u32)))
  (export "[static]resource1.last-drop" (func (result u32)))
  (export "[static]resource1.drops" (func (result u32)))
  (export "[method]resource1.simple" (func (param "self" (borrow $r)) (param "rep" u32)))
  (export "[method]resource1.take-borrow" (func (param "self" (borrow $r)) (param "b" (borrow $r))))
  (export "[method]resource1.take-own" (func (param "self" (borrow $r)) (param "b" (own $again))))`)

const method = (name: string, key: string, type: string): readonly [string, string, string] => [
  name,
  `lower (func $h "${key}")`,
  type,
]
const methods = [
  method('new', '[constructor]resource1', '(param i32) (result i32)'),
  method('assert', '[static]resource1.assert', '(param i32 i32)'),
  method('last-drop', '[static]resource1.last-drop', '(result i32)'),
  method('drops', '[static]resource1.drops', '(result i32)'),
  method('simple', '[method]resource1.simple', '(param i32 i32)'),
  method('take-borrow', '[method]resource1.take-borrow', '(param i32 i32)'),
  method('take-own', '[method]resource1.take-own', '(param i32 i32)'),
  ['drop', 'resource.drop (type $h "resource1")', '(param i32)'],
] as const

const rows: readonly (readonly [what: string, script: string])[] = [
  [
    'host-return-two',
    `${caller('(import "host-return-two" (func $f (result u32)))', [['f', 'lower (func $f)', '(result i32)']], 'call $f')} (assert_return (invoke "run") (u32.const 2))`,
  ],
  [
    'return-three',
    `${caller(host('(export "return-three" (func (result u32)))'), [method('f', 'return-three', '(result i32)')], 'call $f')} (assert_return (invoke "run") (u32.const 3))`,
  ],
  [
    'nested return-four',
    `${caller(host('(export "nested" (instance (export "return-four" (func (result u32)))))'), [['f', 'lower (func $h "nested" "return-four")', '(result i32)']], 'call $f')} (assert_return (invoke "run") (u32.const 4))`,
  ],
  [
    'return-hi',
    `${caller(
      host('(export "return-hi" (func (result string)))'),
      [
        [
          'f',
          'lower (func $h "return-hi") (memory (core memory $libc "m")) (realloc (core func $libc "r"))',
          '(param i32)',
        ],
      ],
      '(call $f (i32.const 8)) (i32.or (i32.shl (i32.load (i32.const 12)) (i32.const 16)) (i32.load16_u (i32.load (i32.const 8))))',
    )} (assert_return (invoke "run") (u32.const 0x26968))`,
  ],
  [
    'simple-module',
    `(component
      ${host('(export "simple-module" (core module (export "g" (global i32)) (export "f" (func (result i32)))))')}
      (core instance $s (instantiate (module $h "simple-module")))
      (core module $m (import "" "g" (global i32)) (import "" "f" (func (result i32)))
        (func (export "run") (result i32) (i32.add (global.get 0) (call 0))))
      (core instance $i (instantiate $m (with "" (instance $s))))
      (func (export "run") (result u32) (canon lift (core func $i "run"))))
     (assert_return (invoke "run") (u32.const 201))`,
  ],
  [
    'resource1: made, borrowed, dropped, counted',
    `${caller(
      resource1,
      methods,
      `(local $a i32) (local $b i32)
       (local.set $a (call $new (i32.const 100))) (local.set $b (call $new (i32.const 200)))
       (call $simple (local.get $a) (i32.const 100)) (call $take-borrow (local.get $a) (local.get $b))
       (call $drop (local.get $b)) (call $drop (local.get $a))
       (i32.add (i32.mul (call $drops) (i32.const 1000)) (call $last-drop))`,
    )} (assert_return (invoke "run") (u32.const 2100))`,
  ],
  [
    'resource1: what the host takes it keeps',
    `${caller(
      resource1,
      methods,
      `(local $a i32) (local.set $a (call $new (i32.const 7)))
       (call $take-own (local.get $a) (call $new (i32.const 8))) (call $assert (local.get $a) (i32.const 7)) (call $drops)`,
    )} (assert_return (invoke "run") (u32.const 0))`,
  ],
  [
    'resource1: a wrong rep is a trap',
    `${caller(resource1, methods, '(call $simple (call $new (i32.const 1)) (i32.const 2)) (i32.const 0)')} (assert_trap (invoke "run") "the resource holds 1, not 2")`,
  ],
  [
    'resource1 and resource2 are different',
    `(component (import "host" (instance (export "resource1" (type (sub resource))) (export "resource2" (type (sub resource))))))`,
  ],
  [
    'counts begin at zero for every instance',
    `${caller(resource1, methods, '(call $drop (call $new (i32.const 1))) (call $drops)').replace('(component', '(component definition $C')}
     (component instance $i $C) (assert_return (invoke "run") (u32.const 1))
     (component instance $j $C) (assert_return (invoke "run") (u32.const 1))`,
  ],
  [
    'wasmtime',
    '(component (import "wasmtime" (instance (export "set-max-table-capacity" (func (param "n" u32))) (export "gc" (func)))))',
  ],
  [
    'a named component is imported by its name',
    `(component $lib (core module $m (func (export "f") (result i32) i32.const 5)) (core instance $i (instantiate $m))
       (func (export "five") (result u32) (canon lift (core func $i "f"))) (export "mod" (core module $m)))
     ${caller('(import "lib" (instance $h (export "five" (func (result u32)))))', [method('f', 'five', '(result i32)')], 'call $f')}
     (assert_return (invoke "run") (u32.const 5))`,
  ],
  [
    'core modules, registered and called',
    `(module $a (func (export "f") (param i32) (result i32 i64) local.get 0 i64.const -1) (global (export "g") i32 (i32.const 3)))
     (assert_return (invoke "f" (i32.const 2)) (i32.const 2) (i64.const -1))
     (assert_return (get "g") (i32.const 3))
     (register "lib" $a)
     (module (import "lib" "g" (global i32)) (func (export "h") (result i32) global.get 0) (func (export "t") unreachable))
     (assert_return (invoke "h") (i32.const 3)) (assert_return (invoke $a "f" (i32.const 0)) (i32.const 0) (i64.const -1))
     (assert_trap (invoke "t") "unreachable")
     (assert_unlinkable (module (import "lib" "nothing" (func))) "unknown import")
     (assert_malformed (module quote "(func (i32.cnst 1))") "unexpected token")
     (assert_invalid (module (func (result i32))) "type mismatch")`,
  ],
]

describe('scripts', () => {
  test.each(rows)('%s', async (_, script) => {
    const { failures, failed, skipped } = await runWast(script)
    expect({ failures, failed, skipped }).toEqual({ failures: [], failed: 0, skipped: 0 })
  })
})

/**
 * A component whose asynchronous export `run` calls one asynchronous host function and waits for it by callback, which
 * needs no stack switching; `answer` is what it returns then: the value, or 100 plus the state the call was left in.
 */
const asyncCaller = (imports: string, func: string, call: string): string => `
  (component
    ${imports}
    (core module $libc (memory (export "m") 1))
    (core instance $libc (instantiate $libc))
    (core func $f (canon lower (func ${func}) async (memory (core memory $libc "m"))))
    (core func $return (canon task.return (result u32)))
    (core func $drop (canon subtask.drop))
    (core func $new (canon waitable-set.new))
    (core func $join (canon waitable.join))
    (core module $m
      (import "" "f" (func $f (param ${call.includes('const') ? 'i32 i32' : 'i32'}) (result i32)))
      (import "" "return" (func $return (param i32)))
      (import "" "drop" (func $drop (param i32)))
      (import "" "new" (func $new (result i32)))
      (import "" "join" (func $join (param i32 i32)))
      (import "libc" "m" (memory 1))
      (func (export "run") (result i32) (local $status i32) (local $set i32)
        (local.set $status (call $f ${call} (i32.const 16)))
        (if (result i32) (i32.eq (i32.and (local.get $status) (i32.const 15)) (i32.const 2))
          (then (call $return (i32.load (i32.const 16))) (i32.const 0))
          (else
            (local.set $set (call $new))
            (call $join (i32.shr_u (local.get $status) (i32.const 4)) (local.get $set))
            (i32.or (i32.const 2) (i32.shl (local.get $set) (i32.const 4))))))
      (func (export "callback") (param $event i32) (param $subtask i32) (param $state i32) (result i32)
        (if (i32.ne (local.get $state) (i32.const 2)) (then unreachable))
        (call $drop (local.get $subtask))
        (call $return (i32.load (i32.const 16)))
        (i32.const 0)))
    (core instance $i (instantiate $m
      (with "libc" (instance $libc))
      (with "" (instance (export "f" (func $f)) (export "return" (func $return)) (export "drop" (func $drop))
        (export "new" (func $new)) (export "join" (func $join))))))
    (func (export "run") async (result u32)
      (canon lift (core func $i "run") async (callback (core func $i "callback")))))`

/** Calls what never answers, and answers itself with the state that the call is in: 1, started. */
const impatientCaller = (imports: string, lowered: string, before: string): string => `
  (component
    ${imports}
    ${lowered}
    (core func $return (canon task.return (result u32)))
    (core module $m
      (import "" "f" (func $f ${before === '' ? '' : '(param i32)'} (result i32)))
      ${before === '' ? '' : '(import "" "new" (func $new (param i32) (result i32)))'}
      (import "" "return" (func $return (param i32)))
      (func (export "run") (result i32)
        (call $return (i32.and (call $f ${before}) (i32.const 15)))
        (i32.const 0))
      (func (export "callback") (param i32 i32 i32) (result i32) unreachable))
    (core instance $i (instantiate $m (with "" (instance (export "f" (func $f)) (export "return" (func $return))
      ${before === '' ? '' : '(export "new" (func $new))'}))))
    (func (export "run") async (result u32)
      (canon lift (core func $i "run") async (callback (core func $i "callback")))))`

describe('asynchronous host definitions', () => {
  test.each([
    [
      'host-echo-u32',
      asyncCaller('(import "host-echo-u32" (func $f async (param "v" u32) (result u32)))', '$f', '(i32.const 7)'),
      7,
    ],
    [
      'return-two-slowly',
      asyncCaller(host('(export "return-two-slowly" (func async (result u32)))'), '$h "return-two-slowly"', ''),
      2,
    ],
    [
      'echo-slowly',
      asyncCaller(
        host('(export "echo-slowly" (func async (param "v" u32) (result u32)))'),
        '$h "echo-slowly"',
        '(i32.const 9)',
      ),
      9,
    ],
    [
      'never-return',
      impatientCaller(
        host('(export "never-return" (func async))'),
        '(core func $f (canon lower (func $h "never-return") async))',
        '',
      ),
      1,
    ],
    [
      '[method]resource1.never-return',
      impatientCaller(
        host(`(export "resource1" (type $r (sub resource)))
          (export "[constructor]resource1" (func (param "rep" u32) (result (own $r))))
          (export "[method]resource1.never-return" (func async (param "self" (borrow $r))))`),
        `(core func $f (canon lower (func $h "[method]resource1.never-return") async))
         (core func $new (canon lower (func $h "[constructor]resource1")))`,
        '(call $new (i32.const 5))',
      ),
      1,
    ],
  ])('%s', async (_what, component, answer) => {
    const report = await runWast(`${component} (assert_return (invoke "run") (u32.const ${answer}))`)
    expect(report).toMatchObject({ passed: 2, failed: 0, skipped: 0, failures: [] })
  })
})
