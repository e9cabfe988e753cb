/** The reference command of another toolchain, where it is at hand, through the real executable. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { root, wasmLink } from '../cli/process.ts'

const real = join(root, '../shared/real/hello-cli-qjs.component.wasm')

if (!existsSync(real)) console.log(`skipped: the reference command is not here (${real})`)
describe.skipIf(!existsSync(real))('the reference command', () => {
  test('prints its arguments and the greeting', async () => {
    const { code, out, err } = await wasmLink(['run', real, '--env', 'GREETING=hi', '--', 'a', 'b'])
    expect({ code, err }).toEqual({ code: 0, err: 'to stderr\n' })
    expect(out).toBe(
      'args: ["hello-cli-qjs.component.wasm","a","b"]\nGREETING: hi\ncwd: (none)\nwall-clock ok: true\nrandom bytes: 8\n',
    )
  })

  test('--fail exits 1', async () => {
    expect((await wasmLink(['run', real, '--', '--fail'])).code).toBe(1)
  })
})
