/**
 * The component that every plugin of a random graph is made of: it asks the host for its number, asks what it depends on,
 * and answers with the sum. From a plain dependency it also gets a token, which it looks at and gives back or drops.
 */

/** How a node asks one of its dependencies. */
export type Shape = 'plain' | 'tuple' | 'option' | 'list'

/** What stands in a sum for a plugin that gave no answer. */
export const LOST = 100_003
/** What a token is worth. */
export const TOKEN = 5
/** For which a node traps. */
export const TRAP = 0xffff_ffff

const ERROR = `(variant (case "lock-rejected") (case "invalid-interface-path" string) (case "invalid-function" string)
  (case "missing-response") (case "runtime-exception" string) (case "invalid-argument-list")
  (case "unsupported-type" string) (case "executor-unavailable") (case "resource-table-full")
  (case "resource-handle-conversion-failed") (case "invalid-resource-handle"))`

const R = '(result u32 (error $e))'
const SHAPES = {
  tuple: `(tuple string ${R})`,
  option: `(option (tuple string ${R}))`,
  list: `(list (tuple string ${R}))`,
} as const

const imported = (shape: Shape, i: number): string =>
  shape === 'plain'
    ? `(import "test:d${i}/root" (instance $d${i}
        (export "token" (type $t (sub resource)))
        (export "get-value" (func (result u32)))
        (export "make" (func (result (own $t))))
        (export "look" (func (param "t" (borrow $t)) (result u32)))
        (export "take" (func (param "t" (own $t)) (result u32)))))
      (alias export $d${i} "token" (type $t${i}))
      (core func $get${i} (canon lower (func $d${i} "get-value")))
      (core func $make${i} (canon lower (func $d${i} "make")))
      (core func $look${i} (canon lower (func $d${i} "look")))
      (core func $take${i} (canon lower (func $d${i} "take")))
      (core func $drop${i} (canon resource.drop $t${i}))`
    : `(import "test:d${i}/root" (instance $d${i}
        (type $e0 ${ERROR}) (export "dispatch-error" (type $e (eq $e0)))
        (export "get-value" (func (result ${SHAPES[shape]})))))
      (core func $get${i} (canon lower (func $d${i} "get-value") (memory $memory) (realloc (core func $mi "realloc"))))`

const names = (shape: Shape, i: number): readonly string[] =>
  shape === 'plain' ? ['get', 'make', 'look', 'take', 'drop'].map((name) => `${name}${i}`) : [`get${i}`]

const SIGNATURES: Readonly<Record<string, string>> = {
  get: '(result i32)',
  make: '(result i32)',
  look: '(param i32) (result i32)',
  take: '(param i32) (result i32)',
  drop: '(param i32)',
}

const signature = (shape: Shape, name: string): string =>
  shape === 'plain' ? (SIGNATURES[name.replace(/\d+$/, '')] ?? '') : '(param i32)'

/** Adds what the dependency answers; of an answer that is none, `LOST`. */
function asked(shape: Shape, i: number): string {
  const entry = (at: string, tag: number, value: number): string =>
    `(if (i32.load8_u offset=${tag} ${at}) (then (call $add (i32.const ${LOST})))
       (else (call $add (i32.load offset=${value} ${at}))))`
  switch (shape) {
    case 'plain':
      return `(local.set $t (call $make${i}))
        (call $add (call $get${i}))
        (call $add (call $look${i} (local.get $t)))
        (if (i32.and (local.get $id) (i32.const 1))
          (then (call $add (call $take${i} (local.get $t)))) (else (call $drop${i} (local.get $t))))`
    case 'tuple':
      return `(call $get${i} (i32.const 16)) ${entry('(i32.const 16)', 8, 12)}`
    case 'option':
      return `(call $get${i} (i32.const 16))
        (if (i32.load8_u (i32.const 16)) (then ${entry('(i32.const 20)', 8, 12)}))`
    case 'list':
      return `(call $get${i} (i32.const 16))
        (local.set $at (i32.load (i32.const 16)))
        (local.set $end (i32.add (local.get $at) (i32.mul (i32.load (i32.const 20)) (i32.const 24))))
        (block $done (loop $next
          (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
          ${entry('(local.get $at)', 8, 12)}
          (local.set $at (i32.add (local.get $at) (i32.const 24)))
          (br $next)))`
  }
}

/** Exports `test:node/root`. */
export function node(shapes: readonly Shape[]): string {
  const each = (make: (shape: Shape, i: number) => string): string => shapes.map(make).join('\n')
  return `(component
    (import "test:host/root" (instance $h (export "id" (func (result u32)))))
    (core module $mem (memory (export "memory") 1) (global $top (mut i32) (i32.const 1024))
      (func (export "reset") (global.set $top (i32.const 1024)))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (local $at i32)
        (local.set $at (i32.and (i32.add (global.get $top) (i32.const 7)) (i32.const -8)))
        (global.set $top (i32.add (local.get $at) (local.get 3))) (local.get $at)))
    (core instance $mi (instantiate $mem))
    (alias core export $mi "memory" (core memory $memory))
    ${each(imported)}
    (core func $id (canon lower (func $h "id")))
    (core module $A (global $live (mut i32) (i32.const 0))
      (func (export "dtor") (param i32) (global.set $live (i32.sub (global.get $live) (i32.const 1))))
      (func (export "inc") (global.set $live (i32.add (global.get $live) (i32.const 1))))
      (func (export "live") (result i32) (global.get $live)))
    (core instance $a (instantiate $A))
    (type $r (resource (rep i32) (dtor (core func $a "dtor"))))
    (core func $new (canon resource.new $r))
    (core func $rep (canon resource.rep $r))
    (core func $own-drop (canon resource.drop $r))
    (core module $M
      (import "m" "memory" (memory 1)) (import "m" "reset" (func $reset))
      (import "h" "id" (func $id (result i32)))
      (import "o" "new" (func $new (param i32) (result i32))) (import "o" "rep" (func $rep (param i32) (result i32)))
      (import "o" "drop" (func $own-drop (param i32))) (import "o" "inc" (func $inc))
      ${each((shape, i) =>
        names(shape, i)
          .map((name) => `(import "d" "${name}" (func $${name} ${signature(shape, name)}))`)
          .join(' '),
      )}
      (global $sum (mut i32) (i32.const 0))
      (func $add (param i32) (global.set $sum (i32.add (global.get $sum) (local.get 0))))
      (func (export "get-value") (result i32) (local $id i32) (local $t i32) (local $at i32) (local $end i32)
        (call $reset)
        (local.set $id (call $id))
        (if (i32.eq (local.get $id) (i32.const ${TRAP | 0})) (then unreachable))
        (global.set $sum (local.get $id))
        ${each(asked)}
        (global.get $sum))
      (func (export "make") (result i32) (call $inc) (call $new (i32.const ${TOKEN})))
      (func (export "look") (param i32) (result i32) (local.get 0))
      (func (export "take") (param i32) (result i32) (local $v i32)
        (local.set $v (call $rep (local.get 0))) (call $own-drop (local.get 0)) (local.get $v)))
    (core instance $m (instantiate $M (with "m" (instance $mi)) (with "h" (instance (export "id" (func $id))))
      (with "o" (instance (export "new" (func $new)) (export "rep" (func $rep)) (export "drop" (func $own-drop))
        (export "inc" (func $a "inc"))))
      (with "d" (instance ${each((shape, i) =>
        names(shape, i)
          .map((name) => `(export "${name}" (func $${name}))`)
          .join(' '),
      )}))))
    (func $get-value (result u32) (canon lift (core func $m "get-value")))
    (func $make (result (own $r)) (canon lift (core func $m "make")))
    (func $look (param "t" (borrow $r)) (result u32) (canon lift (core func $m "look")))
    (func $take (param "t" (own $r)) (result u32) (canon lift (core func $m "take")))
    (func $live (result u32) (canon lift (core func $a "live")))
    (component $Shim
      (import "token" (type $r (sub resource)))
      (import "get-value" (func $get-value (result u32)))
      (import "make" (func $make (result (own $r))))
      (import "look" (func $look (param "t" (borrow $r)) (result u32)))
      (import "take" (func $take (param "t" (own $r)) (result u32)))
      (import "live" (func $live (result u32)))
      (export $t "token" (type $r))
      (export "get-value" (func $get-value))
      (export "make" (func $make) (func (result (own $t))))
      (export "look" (func $look) (func (param "t" (borrow $t)) (result u32)))
      (export "take" (func $take) (func (param "t" (own $t)) (result u32)))
      (export "live" (func $live)))
    (instance $e (instantiate $Shim (with "token" (type $r)) (with "get-value" (func $get-value)) (with "make" (func $make))
      (with "look" (func $look)) (with "take" (func $take)) (with "live" (func $live))))
    (export "test:node/root" (instance $e)))`
}
