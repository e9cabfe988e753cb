/** Commands and plain instances: how an exit, a failure and a limit look to the host, and that nothing ends the process. */
import { describe, expect, test } from 'vitest'
import { Component, LimitError, LinkError, Trap } from '../../src/index.ts'
import { ExitRequest, runCommand, wasi } from '../../src/wasi/index.ts'
import { ANSWERS, EXITS } from '../cli/help.ts'
import { textOf } from './help.ts'

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new TypeError('it resolved')
}

describe('runCommand', () => {
  test.each([
    ['ok', ANSWERS(0), 0],
    ['err', ANSWERS(1), 1],
    ['exit-with-code', EXITS(7), 7],
  ])('%s', async (_, text, code) => {
    expect(await runCommand(await Component.compile(text))).toBe(code)
  })

  test('an exit in a start function counts', async () => {
    const text = `(component
      (import "wasi:cli/exit@0.2.9" (instance $exit (export "exit" (func (param "status" (result))))))
      (core func $exit (canon lower (func $exit "exit")))
      (core module $m
        (import "host" "exit" (func $exit (param i32)))
        (func $start (call $exit (i32.const 1)))
        (start $start)
        (func (export "run") (result i32) i32.const 0))
      (core instance $i (instantiate $m (with "host" (instance (export "exit" (func $exit))))))
      (func $run (result (result)) (canon lift (core func $i "run")))
      (component $shell (import "run" (func $run (result (result)))) (export "run" (func $run)))
      (instance $command (instantiate $shell (with "run" (func $run))))
      (export "wasi:cli/run@0.2.9" (instance $command)))`
    expect(await runCommand(await Component.compile(text))).toBe(1)
  })

  test('a component that is no command is a LinkError', async () => {
    const error = await rejection(runCommand(await Component.compile('(component)')))
    expect(error).toBeInstanceOf(LinkError)
    expect(error).toMatchObject({
      problems: [{ kind: 'missing-export', path: 'wasi:cli/run', found: [] }],
      message:
        'wasi:cli/run: the component is no command: it exports neither `wasi:cli/run@0.2` nor `wasi:cli/run@0.3`',
    })
  })

  test('a signal that is aborted already: nothing runs', async () => {
    const reason = new RangeError('enough')
    const component = await Component.compile(ANSWERS(0))
    expect(await rejection(runCommand(component, { signal: AbortSignal.abort(reason) }))).toBe(reason)
  })

  test('wrong options are the host’s error', async () => {
    const component = await Component.compile(ANSWERS(0))
    const wrong: object = { dir: {} }
    expect(await rejection(runCommand(component, wrong))).toEqual(new TypeError('wasi: there is no option `dir`'))
  })
})

test('in a plain instance an exit ends the instance, with the code in the cause', async () => {
  const instance = await (await Component.compile(EXITS(9))).instantiate(wasi())
  const error = await rejection(instance.func('run#run').callAsync([]))
  expect(error).toBeInstanceOf(Trap)
  expect(error).toMatchObject({ code: 'host-threw', cause: { message: 'the component asked to exit with code 9' } })
  expect(Reflect.get(Object(error), 'cause')).toBeInstanceOf(ExitRequest)
  expect(instance.state).toBe('trapped')
})

/** Writes `times` times 4096 bytes, blocking. */
const WRITES = (times: number): string => `(component
  (import "wasi:io/error@0.2.3" (instance $error (export "error" (type (sub resource)))))
  (alias export $error "error" (type $error-type))
  (import "wasi:io/streams@0.2.3" (instance $streams
    (export "output-stream" (type $output (sub resource)))
    (alias outer 1 $error-type (type $outer-error))
    (export "error" (type $error (eq $outer-error)))
    (type $failure' (variant (case "last-operation-failed" (own $error)) (case "closed")))
    (export "stream-error" (type $failure (eq $failure')))
    (export "[method]output-stream.blocking-write-and-flush"
      (func (param "self" (borrow $output)) (param "contents" (list u8)) (result (result (error $failure)))))))
  (alias export $streams "output-stream" (type $output-type))
  (import "wasi:cli/stdout@0.2.3" (instance $stdout
    (alias outer 1 $output-type (type $outer-output))
    (export "output-stream" (type $output (eq $outer-output)))
    (export "get-stdout" (func (result (own $output))))))
  (core module $memory (memory (export "memory") 1))
  (core instance $memory (instantiate $memory))
  (alias core export $memory "memory" (core memory $bytes))
  (core func $get (canon lower (func $stdout "get-stdout")))
  (core func $write (canon lower (func $streams "[method]output-stream.blocking-write-and-flush") (memory (core memory $bytes))))
  (core module $m
    (import "host" "get" (func $get (result i32)))
    (import "host" "write" (func $write (param i32 i32 i32 i32)))
    (func (export "run") (local $stream i32) (local $left i32)
      (local.set $stream (call $get))
      (local.set $left (i32.const ${times}))
      (loop $again
        (call $write (local.get $stream) (i32.const 0) (i32.const 4096) (i32.const 8192))
        (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))))
  (core instance $i (instantiate $m
    (with "host" (instance (export "get" (func $get)) (export "write" (func $write))))))
  (func (export "run") (canon lift (core func $i "run"))))`

describe('output', () => {
  test('reaches the function of the host', async () => {
    let bytes = 0
    const instance = await (await Component.compile(WRITES(3))).instantiate(
      wasi({
        stdout: (chunk) => {
          bytes += chunk.length
          expect(textOf(chunk.subarray(0, 1))).toBe('\0')
        },
      }),
    )
    instance.func('run').call([])
    expect(bytes).toBe(3 * 4096)
  })

  test('more than the limit ends the instance', async () => {
    let bytes = 0
    const component = await Component.compile(WRITES(100))
    const stdout = (chunk: Uint8Array): void => {
      bytes += chunk.length
    }
    const source = wasi({ stdout })
    const instance = await component.instantiate(source, { limits: { outputBytes: 10_000 } })
    expect(() => instance.func('run').call([])).toThrow(LimitError)
    expect(bytes).toBe(2 * 4096)
    expect(instance.state).toBe('trapped')
  })

  test('that nobody wants costs nothing and has no limit', async () => {
    const component = await Component.compile(WRITES(1000))
    const instance = await component.instantiate(wasi(), { limits: { outputBytes: 1 } })
    expect(() => instance.func('run').call([])).not.toThrow()
  })
})
