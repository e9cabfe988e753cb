/** `wasm-link fuzz` as a shell sees it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { cli } from './help.ts'

const folder = mkdtempSync(join(tmpdir(), 'wasm-link-fuzz-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const bad = join(folder, 'bad.wat')
writeFileSync(
  bad,
  `(component
    (core module $m (func (export "f") (param i32)
      (if (i32.gt_u (local.get 0) (i32.const 9)) (then unreachable))))
    (core instance $i (instantiate $m))
    (func (export "f") (param "n" u8) (canon lift (core func $i "f"))))`,
)
const good = fileURLToPath(new URL('../../examples/small/built/values.component.wasm', import.meta.url))

test('nothing found', async () => {
  expect(await cli(['fuzz', good, '--runs', '10', '--seed', '1'])).toEqual({
    code: 0,
    out: '10 runs, nothing failed (seed 1)\n',
    err: '',
  })
})

test('the shortest sequence that traps, and how to see it again', async () => {
  const { code, out } = await cli(['fuzz', bad, '--seed', '5'])
  expect(code).toBe(1)
  expect(out).toMatch(/^f\(10\)\n {2}Trap: .*unreachable.*\nafter \d+ runs and \d+ shrinks; again with --seed 5\n$/)
})

test.each([
  [['fuzz'], 'error: fuzz: one FILE'],
  [['fuzz', bad, '--runs', 'many'], 'error: --runs: expected a number, got `many`'],
])('%j is wrong usage', async (args, message) => {
  const { code, err } = await cli(args)
  expect(code).toBe(2)
  expect(err).toContain(message)
})
