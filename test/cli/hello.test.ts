/**
 * A real command, through the real executable: QuickJS in eight core modules, as `examples/hello-cli` has it. What only
 * a process of its own can show is here: inherited streams, exit codes of the shell, the engine flag of Node 20.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { root, wasmLink } from './process.ts'

// eight core modules of a JavaScript engine, several processes each: a busy machine takes its time
vi.setConfig({ testTimeout: 60_000 })

const hello = join(root, 'examples/hello-cli/built/hello-cli.component.wasm')

const folder = mkdtempSync(join(tmpdir(), 'wasm-link-hello-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const args = (...words: string[]): string => `arguments: ${JSON.stringify(['hello-cli.component.wasm', ...words])}\n`

describe('the example command', () => {
  test('sees its arguments and what is granted of the environment, and nothing else', async () => {
    const secret = { SECRET: 'x', PASSED: 'yes', GREETING: 'from outside' }
    expect(await wasmLink(['run', hello, '--', 'a', 'b'], secret)).toEqual({
      code: 0,
      out: `hello from a component\n${args('a', 'b')}`,
      err: '',
    })
    expect((await wasmLink(['run', hello, '--env', 'GREETING=hi'])).out).toBe(`hi from a component\n${args()}`)
    expect((await wasmLink(['run', hello, '--env', 'GREETING'], secret)).out).toMatch(/^from outside from a component/)
  })

  test('fails with 1, its complaint on standard error', async () => {
    expect(await wasmLink(['run', hello, '--', '--fail'])).toEqual({
      code: 1,
      out: `hello from a component\n${args('--fail')}`,
      err: 'failing, as asked\n',
    })
  })

  test('exits with 1', async () => {
    expect(await wasmLink(['run', hello, '--', '--exit'])).toMatchObject({ code: 1, err: '' })
  })

  test('reads a granted folder, and not what lies beside it', async () => {
    writeFileSync(join(folder, 'note.txt'), 'a note\n')
    const cat = async (path: string, ...options: string[]): Promise<string> => {
      const { out } = await wasmLink(['run', hello, ...options, '--', '--cat', path])
      return out.slice(out.indexOf(']\n') + 2)
    }
    expect(await cat('note.txt')).toBe('no directory was granted\n')
    expect(await cat('note.txt', '--dir', `${folder}::/data`)).toBe('a note\n')
    expect(await cat('../../etc/passwd', '--dir', folder)).toBe('cannot read ../../etc/passwd: not-permitted\n')
  })
})
