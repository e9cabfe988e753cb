/** The programs of the README: they compile as they stand there, and print what they say. */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))
const exec = promisify(execFile)

interface Program {
  readonly text: string
  /** From the comments behind `console.log`: several lines are separated by commas. */
  readonly output: readonly string[]
}

async function programs(): Promise<readonly Program[]> {
  const readme = await readFile(join(root, 'README.md'), 'utf8')
  return [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, text = '']) => ({
    text,
    output: [...text.matchAll(/console\.log\(.*\) +\/\/ (.*)$/gm)].flatMap(([, said = '']) =>
      said.startsWith('{') ? [said] : said.split(', '),
    ),
  }))
}

test('the three programs', async () => {
  const found = await programs()
  expect(found.map(({ output }) => output.length > 0)).toEqual([true, true, true])
  const cache = join(root, 'node_modules', '.cache', 'wasm-link')
  await mkdir(cache, { recursive: true })
  const folder = await mkdtemp(join(cache, 'readme-'))
  try {
    const files = found.map((_, i) => join(folder, `program-${i}.ts`))
    for (const [i, { text }] of found.entries())
      await writeFile(
        files[i] ?? '',
        text.replace("'wasm-link'", JSON.stringify(relative(folder, join(root, 'src/index.ts')))),
      )
    const config = join(folder, 'tsconfig.json')
    await writeFile(config, JSON.stringify({ extends: join(root, 'tsconfig.node.json'), include: [], files }))
    await exec(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', config])
    for (const [i, { output }] of found.entries()) {
      const { stdout } = await exec(process.execPath, [join(root, 'scripts/run-ts.mjs'), files[i] ?? ''])
      expect(stdout.trim().split('\n')).toEqual(output)
    }
  } finally {
    await rm(folder, { recursive: true })
  }
}, 120_000)
