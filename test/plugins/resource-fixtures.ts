/** An owner of a resource that counts what lives, and consumers that make, lend, pass on and drop it. */

/** `test:counters/root`: counter(v), .get, make(v), take(counter) -> its value, look(borrow) -> its value, live(). */
export const OWNER = `(component
  (core module $A (global $live (mut i32) (i32.const 0))
    (func (export "dtor") (param i32)
      (if (i32.eq (local.get 0) (i32.const 13)) (then unreachable))
      (global.set $live (i32.sub (global.get $live) (i32.const 1))))
    (func (export "inc") (global.set $live (i32.add (global.get $live) (i32.const 1))))
    (func (export "live") (result i32) (global.get $live)))
  (core instance $a (instantiate $A))
  (type $r (resource (rep i32) (dtor (core func $a "dtor"))))
  (core func $new (canon resource.new $r))
  (core func $rep (canon resource.rep $r))
  (core func $drop (canon resource.drop $r))
  (core module $B
    (import "" "new" (func $new (param i32) (result i32)))
    (import "" "rep" (func $rep (param i32) (result i32)))
    (import "" "drop" (func $drop (param i32)))
    (import "" "inc" (func $inc))
    (func (export "make") (param i32) (result i32) (call $inc) (call $new (local.get 0)))
    (func (export "get") (param i32) (result i32) (local.get 0))
    (func (export "take") (param i32) (result i32) (local $v i32)
      (local.set $v (call $rep (local.get 0))) (call $drop (local.get 0)) (local.get $v))
    (func (export "boom") unreachable))
  (core instance $b (instantiate $B (with "" (instance
    (export "new" (func $new)) (export "rep" (func $rep)) (export "drop" (func $drop)) (export "inc" (func $a "inc"))))))
  (func $make (param "v" u32) (result (own $r)) (canon lift (core func $b "make")))
  (func $get (param "self" (borrow $r)) (result u32) (canon lift (core func $b "get")))
  (func $look (param "c" (borrow $r)) (result u32) (canon lift (core func $b "get")))
  (func $take (param "c" (own $r)) (result u32) (canon lift (core func $b "take")))
  (func $live (result u32) (canon lift (core func $a "live")))
  (func $boom (canon lift (core func $b "boom")))
  (component $Shim
    (import "counter" (type $r (sub resource)))
    (import "make" (func $make (param "v" u32) (result (own $r))))
    (import "get" (func $get (param "self" (borrow $r)) (result u32)))
    (import "look" (func $look (param "c" (borrow $r)) (result u32)))
    (import "take" (func $take (param "c" (own $r)) (result u32)))
    (import "live" (func $live (result u32)))
    (import "boom" (func $boom))
    (export $c "counter" (type $r))
    (export "[constructor]counter" (func $make) (func (param "v" u32) (result (own $c))))
    (export "[method]counter.get" (func $get) (func (param "self" (borrow $c)) (result u32)))
    (export "make" (func $make) (func (param "v" u32) (result (own $c))))
    (export "look" (func $look) (func (param "c" (borrow $c)) (result u32)))
    (export "take" (func $take) (func (param "c" (own $c)) (result u32)))
    (export "live" (func $live))
    (export "boom" (func $boom)))
  (instance $e (instantiate $Shim (with "counter" (type $r)) (with "make" (func $make)) (with "get" (func $get))
    (with "look" (func $look)) (with "take" (func $take)) (with "live" (func $live)) (with "boom" (func $boom))))
  (export "test:counters/root" (instance $e)))`

/** What a consumer imports of the owner: the items it names, in plain types or others. */
export interface Uses {
  /** WIT item name → parameters and result, `$c` being the resource. */
  readonly items: Readonly<Record<string, string>>
  /** Types before the items: `(type …)`, `(export …)`. */
  readonly types?: string
  /** Core imports: item → core signature. */
  readonly core: Readonly<Record<string, string>>
  /** Functions of the core module, exported by name; `call $item`. Memory is `(memory 1)`, imported. */
  readonly body: string
  /** Exports at the root: name → type and which core function. */
  readonly exports: Readonly<Record<string, string>>
}

/** `[method]counter.get` → `counter-get`, usable as an identifier. */
const idOf = (name: string): string => name.replace(/\[(\w+)\]/, '$1-').replace('.', '-')

export function counterUser({ items, types = '', core, body, exports }: Uses, from = 'test:counters/root'): string {
  const names = Object.keys(items)
  return `(component
    (import "${from}" (instance $d
      (export "counter" (type $c (sub resource)))
      ${types}
      ${names.map((name) => `(export "${name}" (func ${items[name]}))`).join('\n')}))
    (alias export $d "counter" (type $c))
    (core module $mem (memory (export "memory") 1) (global $top (mut i32) (i32.const 1024))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (local $at i32)
        (local.set $at (i32.and (i32.add (global.get $top) (i32.const 7)) (i32.const -8)))
        (global.set $top (i32.add (local.get $at) (local.get 3)))
        (local.get $at)))
    (core instance $mi (instantiate $mem))
    (alias core export $mi "memory" (core memory $memory))
    (core func $drop (canon resource.drop $c))
    ${names.map((name) => `(core func $${idOf(name)} (canon lower (func $d "${name}") (memory $memory) (realloc (core func $mi "realloc"))))`).join('\n')}
    (core module $M (import "m" "memory" (memory 1)) (import "d" "drop" (func $drop (param i32)))
      ${names.map((name) => `(import "d" "${name}" (func $${idOf(name)} ${core[name]}))`).join('\n')}
      ${body})
    (core instance $m (instantiate $M (with "m" (instance $mi)) (with "d" (instance (export "drop" (func $drop))
      ${names.map((name) => `(export "${name}" (func $${idOf(name)}))`).join('\n')}))))
    ${Object.entries(exports)
      .map(
        ([name, type], i) =>
          `(func $x${i} ${type} (canon lift (core func $m "${name}"))) (export "${name}" (func $x${i}))`,
      )
      .join('\n')})`
}

/** Makes counters, reads, drops, gives away; everything plainly. */
export const PLAIN_USER = counterUser({
  items: {
    '[constructor]counter': '(param "v" u32) (result (own $c))',
    '[method]counter.get': '(param "self" (borrow $c)) (result u32)',
    'look': '(param "c" (borrow $c)) (result u32)',
    'take': '(param "c" (own $c)) (result u32)',
  },
  core: {
    '[constructor]counter': '(param i32) (result i32)',
    '[method]counter.get': '(param i32) (result i32)',
    'look': '(param i32) (result i32)',
    'take': '(param i32) (result i32)',
  },
  body: `(global $h (mut i32) (i32.const 0))
    (func (export "make") (param i32) (global.set $h (call $constructor-counter (local.get 0))))
    (func (export "get") (result i32) (call $method-counter-get (global.get $h)))
    (func (export "look") (result i32) (call $look (global.get $h)))
    (func (export "take") (result i32) (call $take (global.get $h)))
    (func (export "drop") (call $drop (global.get $h)))`,
  exports: {
    make: '(param "v" u32)',
    get: '(result u32)',
    look: '(result u32)',
    take: '(result u32)',
    drop: '',
  },
})
