/**
 * Small components in text. Leaves answer numbers; relays import a function of some shape and export it again with the
 * same type, passing the block in memory straight through, so that a test sees what the consumer was given.
 */
import { Component, type Engine, Linker, Plugin, type PluginInstance, type PluginOptions } from '../../src/index.ts'
import type { BindingAny } from '../../src/plugins/binding.ts'

export interface Leaf {
  readonly interface?: string
  readonly name?: string
}

/** `name: func() -> u32`, always `value`. */
export function constant(
  pkg: string,
  value: number,
  { interface: iface = 'root', name = 'get-value' }: Leaf = {},
): string {
  return `(component
    (core module $m (func (export "f") (result i32) (i32.const ${value})))
    (core instance $i (instantiate $m))
    (func $f (result u32) (canon lift (core func $i "f")))
    (instance $e (export "${name}" (func $f)))
    (export "${interfaceName(pkg, iface)}" (instance $e)))`
}

export function interfaceName(pkg: string, iface: string): string {
  const [base, version] = pkg.split('@')
  return `${base}/${iface}${version === undefined ? '' : `@${version}`}`
}

/** A component with one core module and functions lifted from its exports without memory. */
export function leaf(exportName: string, core: string, funcs: Readonly<Record<string, string>>): string {
  const names = Object.keys(funcs)
  return `(component
    (core module $m ${core})
    (core instance $i (instantiate $m))
    ${names.map((name, i) => `(func $f${i} ${funcs[name]} (canon lift (core func $i "${name}")))`).join('\n')}
    (instance $e ${names.map((name, i) => `(export "${name}" (func $f${i}))`).join(' ')})
    (export "${exportName}" (instance $e)))`
}

export const trapping = (pkg: string): string =>
  leaf(interfaceName(pkg, 'root'), '(func (export "get-value") (result i32) unreachable)', {
    'get-value': '(result u32)',
  })

export const adding = (pkg: string): string =>
  leaf(
    interfaceName(pkg, 'root'),
    '(func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))',
    {
      add: '(param "a" u32) (param "b" u32) (result u32)',
    },
  )

export const voidLeaf = (pkg: string): string => leaf(interfaceName(pkg, 'root'), '(func (export "run"))', { run: '' })

/** Traps the second time. */
export const onceOnly = (pkg: string): string =>
  leaf(
    interfaceName(pkg, 'root'),
    `(global $n (mut i32) (i32.const 0))
     (func (export "get-value") (result i32)
       (global.set $n (i32.add (global.get $n) (i32.const 1)))
       (if (i32.gt_u (global.get $n) (i32.const 1)) (then unreachable))
       (global.get $n))`,
    { 'get-value': '(result u32)' },
  )

/** The contract of `wasm-link:runtime/errors@0.4.0`. */
export const DISPATCH_ERROR = `(variant (case "lock-rejected") (case "invalid-interface-path" string)
  (case "invalid-function" string) (case "missing-response") (case "runtime-exception" string)
  (case "invalid-argument-list") (case "unsupported-type" string) (case "executor-unavailable")
  (case "resource-table-full") (case "resource-handle-conversion-failed") (case "invalid-resource-handle"))`

const MEMORY = `(core module $mem (memory (export "memory") 1) (global $top (mut i32) (i32.const 1024))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (local $at i32)
        (local.set $at (i32.and (i32.add (global.get $top) (i32.const 7)) (i32.const -8)))
        (global.set $top (i32.add (local.get $at) (local.get 3)))
        (local.get $at)))
    (core instance $mi (instantiate $mem))
    (alias core export $mi "memory" (core memory $memory))`

export interface Relay {
  readonly from: string
  readonly func?: string
  /** `(param "a" u32)`, all of them one core i32 each. */
  readonly params?: readonly string[]
  /** May name `$e`, the error type. */
  readonly result: string | undefined
  /** The type exported as `dispatch-error`. */
  readonly error?: string
  /** The result is one core value. */
  readonly flat?: boolean
}

/** Exports `relay`, at the root. */
export function relay({ from, func = 'get-value', params = [], result, error, flat = false }: Relay): string {
  const type = `${params.join(' ')} ${result === undefined ? '' : `(result ${result})`}`
  const core = params.map(() => 'i32').join(' ')
  const get = params.map((_, i) => `(local.get ${i})`).join(' ')
  const body =
    result === undefined
      ? `(call $g ${get})`
      : flat
        ? `(call $g ${get})`
        : `(call $g ${get} (i32.const 16)) (i32.const 16)`
  const importType =
    result === undefined ? `(param ${core})` : flat ? `(param ${core}) (result i32)` : `(param ${core} i32)`
  return `(component
    (import "${from}" (instance $d
      ${error === undefined ? '' : `(type $e0 ${error}) (export "dispatch-error" (type $e (eq $e0)))`}
      (export "${func}" (func ${type}))))
    ${error === undefined ? '' : `(alias export $d "dispatch-error" (type $e1)) (export $e "dispatch-error" (type $e1))`}
    ${MEMORY}
    (core func $get (canon lower (func $d "${func}") (memory $memory) (realloc (core func $mi "realloc"))))
    (core module $main (import "d" "g" (func $g ${importType}))
      (func (export "relay") (param ${core}) ${result === undefined ? '' : '(result i32)'} ${body}))
    (core instance $main (instantiate $main (with "d" (instance (export "g" (func $get))))))
    (func $relay ${type} (canon lift (core func $main "relay") (memory $memory) (realloc (core func $mi "realloc"))))
    (export "relay" (func $relay)))`
}

/** Imports `get-value` of each package's `root` as `tuple<string, result<u32>>` and exports the sum. */
export function summing(pkg: string, dependencies: readonly string[]): string {
  const each = (make: (dependency: string, i: number) => string): string => dependencies.map(make).join('\n')
  return `(component
    ${each((d, i) => `(import "${interfaceName(d, 'root')}" (instance $d${i} (export "get-value" (func (result (tuple string (result u32)))))))`)}
    ${MEMORY}
    ${each((_, i) => `(core func $g${i} (canon lower (func $d${i} "get-value") (memory $memory) (realloc (core func $mi "realloc"))))`)}
    (core module $main (import "m" "memory" (memory 1)) ${each((_, i) => `(import "d" "g${i}" (func $g${i} (param i32)))`)}
      (func (export "run") (result i32) ${each((_, i) => `(call $g${i} (i32.const ${16 * i}))`)}
        (i32.const 0) ${each((_, i) => `(i32.add (i32.load (i32.const ${16 * i + 12})))`)}))
    (core instance $main (instantiate $main (with "m" (instance $mi))
      (with "d" (instance ${each((_, i) => `(export "g${i}" (func $g${i}))`)}))))
    (func $run (result u32) (canon lift (core func $main "run")))
    (instance $e (export "get-value" (func $run)))
    (export "${interfaceName(pkg, 'root')}" (instance $e)))`
}

/** Imports `get-value: func() -> u32` of another package plainly, exports it as its own. */
export function forwarding(pkg: string, dependency: string): string {
  return `(component
    (import "${interfaceName(dependency, 'root')}" (instance $d (export "get-value" (func (result u32)))))
    (instance $e (export "get-value" (func $d "get-value")))
    (core func $g (canon lower (func $d "get-value")))
    (core module $main (import "d" "g" (func $g (result i32))) (func (export "run") (result i32) (call $g)))
    (core instance $main (instantiate $main (with "d" (instance (export "g" (func $g))))))
    (func $run (result u32) (canon lift (core func $main "run")))
    (instance $out (export "get-value" (func $run)))
    (export "${interfaceName(pkg, 'root')}" (instance $out)))`
}

/** Compiles and links text. */
export async function plug<Ctx = undefined>(
  engine: Engine,
  text: string,
  sockets: readonly BindingAny[] = [],
  options: PluginOptions<Ctx> = {},
): Promise<PluginInstance<Ctx>> {
  const component = await Component.compile(text, { engine })
  return await new Plugin(component, options).link(engine, new Linker<Ctx>(engine), sockets)
}
