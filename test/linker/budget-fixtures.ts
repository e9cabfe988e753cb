/** Components that use fuel and time, and the meters they are tried under. */
import { Component, Engine, type Instance, type Limits } from '../../src/index.ts'

export const METERS = ['exact', 'binaryen'] as const
export type MeterName = (typeof METERS)[number]

/** Interface `test:fuel/root`: a constant, a countdown, a loop without end, a trap; and a countdown at the top level. */
export const BURNER = `(component
  (core module $m
    (func (export "const") (result i32) i32.const 42)
    (func $count (export "count") (param $n i32) (result i32)
      (block $out
        (loop $again
          (br_if $out (i32.eqz (local.get $n)))
          (local.set $n (i32.sub (local.get $n) (i32.const 1)))
          (br $again)))
      i32.const 42)
    (func (export "spin") (loop br 0))
    (func (export "boom") unreachable))
  (core instance $i (instantiate $m))
  (func $const (result u32) (canon lift (core func $i "const")))
  (func $count (param "n" u32) (result u32) (canon lift (core func $i "count")))
  (func $spin (canon lift (core func $i "spin")))
  (func $boom (canon lift (core func $i "boom")))
  (instance $root
    (export "get-value" (func $const)) (export "burn" (func $count)) (export "spin" (func $spin)) (export "boom" (func $boom)))
  (export "test:fuel/root" (instance $root))
  (export "burn" (func $count)))`

/** What start-up alone costs, in five ways (the original's W15). */
export const START_UPS: Readonly<Record<string, string>> = {
  'a start function': '(func $start nop) (start $start)',
  'a computed global': '(global i32 (i32.add (i32.const 1) (i32.const 2)))',
  'a table with a computed offset':
    '(import "x" "g" (global $g i32)) (table 1 funcref) (func $f) (elem (global.get $g) func $f)',
  'a memory with a computed offset': '(import "x" "g" (global $g i32)) (memory 1) (data (global.get $g) "abcdefg")',
  'a passive element segment': '(table 1 funcref) (func $f) (elem func $f)',
}

export function startUpComponent(module: string): string {
  return `(component
    (core module $x (global (export "g") i32 (i32.const 0)))
    (core instance $x (instantiate $x))
    (core module $m ${module})
    (core instance (instantiate $m${module.includes('import') ? ' (with "x" (instance $x))' : ''})))`
}

export interface Started {
  readonly engine: Engine
  readonly instance: Instance
}

export async function begin(meter: MeterName, text: string, limits: Limits, imports = {}): Promise<Started> {
  const engine = new Engine({ meter })
  const component = await Component.compile(text, { engine })
  return { engine, instance: await component.instantiate(imports, { engine, limits }) }
}
