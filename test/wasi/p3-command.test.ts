/** A command of WASI 0.3 that an unmodified toolchain made, run as a program and by `wasm-link run`. */
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { Component, LimitError } from '../../src/index.ts'
import { type CommandOptions, runCommand, wasi } from '../../src/wasi/index.ts'
import { textOf } from './help.ts'
import { chunks } from './p3-help.ts'

const file = fileURLToPath(new URL('../../examples/async/built/hello.component.wasm', import.meta.url))
const hello = await Component.compile(readFileSync(file))
const GREETING = 'hello from an asynchronous component\n'

const folder = mkdtempSync(join(tmpdir(), 'wasm-link-p3-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function run(args: readonly string[], options: CommandOptions = {}) {
  let out = ''
  let err = ''
  const code = await runCommand(hello, {
    args,
    stdout: (chunk) => {
      out += textOf(chunk)
    },
    stderr: (chunk) => {
      err += textOf(chunk)
    },
    ...options,
  })
  return { code, out, err }
}

describe('runCommand', () => {
  test.each([
    ['it ends', [], { code: 0, out: GREETING, err: '' }],
    ['it fails', ['--fail'], { code: 1, out: GREETING, err: 'failing, as asked\n' }],
    ['it exits', ['--exit', '42'], { code: 42, out: GREETING, err: '' }],
    ['it waits', ['--wait', '12'], { code: 0, out: `${GREETING}waited 12 ms\n`, err: '' }],
    ['it asks for a file', ['--cat', 'x'], { code: 0, out: `${GREETING}no directory was granted\n`, err: '' }],
  ])('%s', async (_, args, ran) => {
    expect(await run(args)).toEqual(ran)
  })

  test('a granted variable, and no other', async () => {
    expect((await run([], { env: { GREETING: 'hi' } })).out).toBe('hi from an asynchronous component\n')
  })

  test('a granted folder', async () => {
    const text = 'line\n'.repeat(50_000)
    writeFileSync(join(folder, 'large'), text)
    const dirs = { '/': { host: folder } }
    expect((await run(['--cat', 'large'], { dirs })).out).toBe(GREETING + text)
    expect((await run(['--cat', 'nothing'], { dirs })).out).toBe(`${GREETING}cannot read nothing: no-entry\n`)
    expect((await run(['--cat', '../x'], { dirs })).out).toBe(`${GREETING}cannot read ../x: not-permitted\n`)
  })

  test('input is read as it comes', async () => {
    let out = ''
    let echoed = (): void => {}
    async function* stdin(): AsyncGenerator<Uint8Array> {
      const first = new Promise<void>((resolve) => {
        echoed = resolve
      })
      yield* chunks('first ')
      // only what was read can have been written
      await first
      yield* chunks('second')
    }
    const stdout = (chunk: Uint8Array): void => {
      out += textOf(chunk)
      if (out.includes('FIRST')) echoed()
    }
    expect(await runCommand(hello, { args: ['--shout'], stdin: stdin(), stdout })).toBe(0)
    expect(out).toBe(`${GREETING}FIRST SECOND`)
  })

  test('too much output is a LimitError', async () => {
    const limited = run(['--shout'], { stdin: chunks('x'.repeat(1000)), limits: { outputBytes: 500 } })
    await expect(limited).rejects.toBeInstanceOf(LimitError)
  })

  test('a host that cannot write ends the command with its reason', async () => {
    const stdout = (): void => {
      throw new RangeError('the disk is full')
    }
    await expect(run([], { stdout })).rejects.toMatchObject({ kind: 'trap', cause: { message: 'the disk is full' } })
  })

  test('a signal ends one that waits', async () => {
    const reason = new RangeError('enough')
    const controller = new AbortController()
    setTimeout(() => controller.abort(reason), 20)
    const began = performance.now()
    await expect(run(['--wait', '60000'], { signal: controller.signal })).rejects.toBe(reason)
    expect(performance.now() - began).toBeLessThan(10_000)
  })

  test('two at once have nothing in common', async () => {
    const [one, two] = await Promise.all([
      run(['--shout'], { stdin: chunks('one') }),
      run(['--shout'], { stdin: chunks('two'), env: { GREETING: 'hi' } }),
    ])
    expect(one.out).toBe(`${GREETING}ONE`)
    expect(two.out).toBe('hi from an asynchronous component\nTWO')
  })
})

test('in a plain instance `run` is an asynchronous function', async () => {
  let out = ''
  const stdout = (chunk: Uint8Array): void => {
    out += textOf(chunk)
  }
  const instance = await hello.instantiate(wasi({ stdout }))
  expect(await instance.exports.run.run()).toBeUndefined()
  expect(out).toBe(GREETING)
})

describe('wasm-link run', () => {
  // `npm test` builds it first
  const cli = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
  const started = (args: readonly string[], input: string): Promise<{ code: number; out: string }> =>
    new Promise((resolve) => {
      const child = execFile(process.execPath, [cli, 'run', file, ...args], (error, stdout) => {
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, out: stdout })
      })
      child.stdin?.end(input)
    })

  test.skipIf(!existsSync(cli))('with the standard streams of the process', async () => {
    expect(await started(['--', '--shout'], 'quietly\n')).toEqual({ code: 0, out: `${GREETING}QUIETLY\n` })
    expect(await started(['--', '--exit', '9'], '')).toEqual({ code: 9, out: GREETING })
    expect(await started(['--env', 'GREETING=hi'], '')).toEqual({ code: 0, out: GREETING.replace('hello', 'hi') })
  })
})
