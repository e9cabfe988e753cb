/** Runs the command line in this process, with everything it may touch in memory. */
import { program } from '../../src/cli/program.ts'

export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

export interface Around {
  readonly stdin?: string | Uint8Array
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
}

export async function cli(args: readonly string[], { stdin = '', env = {}, cwd = '/' }: Around = {}): Promise<Ran> {
  let out = ''
  let err = ''
  const code = await program(
    args,
    {
      out: (text) => {
        out += text
      },
      outBytes: (bytes) => {
        out += Buffer.from(bytes).toString('latin1')
      },
      err: (text) => {
        err += text
      },
      async *stdin() {
        yield typeof stdin === 'string' ? new TextEncoder().encode(stdin) : stdin
      },
      env,
      cwd,
    },
    '1.2.3',
  )
  return { code, out, err }
}

/** A component of numbers, traps and text. */
export const SUBJECT = `(component
  (core module $m
    (memory (export "memory") 1)
    (data (i32.const 16) "hi \\1b[31m\\u{202e}")
    (global $free (mut i32) (i32.const 1024))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      global.get $free
      global.get $free
      local.get 3
      i32.add
      global.set $free)
    (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add)
    (func (export "half") (param i32) (result i32)
      (i32.store8 (i32.const 0) (i32.and (local.get 0) (i32.const 1)))
      (i32.store (i32.const 4) (i32.shr_u (local.get 0) (i32.const 1)))
      i32.const 0)
    (func (export "greet") (result i32)
      (i32.store (i32.const 0) (i32.const 16))
      (i32.store (i32.const 4) (i32.const 11))
      i32.const 0)
    (func (export "boom") unreachable))
  (core instance $i (instantiate $m))
  (func $add (param "a" u32) (param "b" u32) (result u32) (canon lift (core func $i "add")))
  (type $ops (instance (export "add" (func (param "a" u32) (param "b" u32) (result u32)))))
  (component $shell
    (import "add" (func $add (param "a" u32) (param "b" u32) (result u32)))
    (export "add" (func $add)))
  (instance $ops (instantiate $shell (with "add" (func $add))))
  (export "acme:calc/ops@0.3.1" (instance $ops))
  (func (export "half") (param "n" u32) (result (result u32))
    (canon lift (core func $i "half") (memory (core memory $i "memory"))))
  (func (export "greet") (result string)
    (canon lift (core func $i "greet") (memory (core memory $i "memory"))))
  (func (export "boom") (canon lift (core func $i "boom"))))`

/** A command that exits by code, which it gets as a 0.2.0 component would. */
export const EXITS = (code: number): string => `(component
  (import "wasi:cli/exit@0.2.0" (instance $exit (export "exit-with-code" (func (param "status-code" u8)))))
  (core func $exit (canon lower (func $exit "exit-with-code")))
  (core module $m
    (import "host" "exit" (func $exit (param i32)))
    (func (export "run") (result i32) (call $exit (i32.const ${code})) i32.const 0))
  (core instance $i (instantiate $m (with "host" (instance (export "exit" (func $exit))))))
  (func $run (result (result)) (canon lift (core func $i "run")))
  ${COMMAND})`

/** A command that answers \`ok\` (0) or \`err\` (1). */
export const ANSWERS = (discriminant: 0 | 1): string => `(component
  (core module $m (func (export "run") (result i32) i32.const ${discriminant}))
  (core instance $i (instantiate $m))
  (func $run (result (result)) (canon lift (core func $i "run")))
  ${COMMAND})`

const COMMAND = `
  (component $shell
    (import "run" (func $run (result (result))))
    (export "run" (func $run)))
  (instance $command (instantiate $shell (with "run" (func $run))))
  (export "wasi:cli/run@0.2.3" (instance $command))`
