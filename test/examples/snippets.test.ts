/** What the documentation shows compiles as it stands there, runs, and prints what it says. */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseText } from '../../src/text.ts'
import { root } from '../house/sources.ts'
import { given } from './given.ts'
import { asFile, docExamples, fences, type Snippet } from './snippets.ts'

const exec = promisify(execFile)
const programs = fences('README.md', 'ts')
const fragments = [...fences('README.md', 'js'), ...fences('TREE.md', 'js'), ...fences('TREE.md', 'ts')]

/** `./plugins/tree.json` of the fragments. */
const manifest = {
  root: 'calc',
  bindings: {
    calc: { package: 'acme:calc', cardinality: 'exactly-one' },
    offers: { package: 'acme:calc', cardinality: 'any' },
  },
  plugins: {
    calc: { component: 'calc.wasm', plug: 'calc', sockets: ['offers'] },
    lucky: { component: 'calc.wasm', plug: 'offers', sockets: [] },
  },
}

let folder = ''
const givenFile = join(root, 'test/examples/given.ts')

beforeAll(async () => {
  const cache = join(root, 'node_modules', '.cache', 'wasm-link')
  await mkdir(cache, { recursive: true })
  folder = await mkdtemp(join(cache, 'snippets-'))
  await mkdir(join(folder, 'plugins'))
  await mkdir(join(folder, 'data'))
  const calc = await parseText(await readFile(new URL('calc.wat', import.meta.url), 'utf8'))
  for (const path of ['calc.wasm', 'plugins/calc.wasm']) await writeFile(join(folder, path), calc)
  await writeFile(join(folder, 'plugins/tree.json'), JSON.stringify(manifest))
  await writeFile(join(folder, 'globals.ts'), globals())
})
/** What is given, for the compiler and for whoever runs. */
function globals(): string {
  // the one name that browsers have already
  const names = Object.keys(given).filter((name) => name !== 'Plugin')
  return [
    `import { given } from ${JSON.stringify(relative(folder, givenFile))}`,
    'declare global {',
    ...names.map((name) => `  var ${name}: (typeof given)['${name}']`),
    '}',
    'Object.assign(globalThis, given)',
  ].join('\n')
}

afterAll(() => rm(folder, { recursive: true }))

async function write(snippet: Snippet): Promise<string> {
  const file = join(folder, `${snippet.name}.ts`)
  await writeFile(file, asFile(snippet, folder))
  return file
}

async function run(text: string, name: string): Promise<string> {
  const file = join(folder, `run-${name}.ts`)
  await writeFile(file, text)
  const { stdout, stderr } = await exec(process.execPath, [join(root, 'scripts/run-ts.mjs'), file], { cwd: folder })
  expect(stderr).toBe('')
  return stdout.trim()
}

/** @returns what the compiler says */
async function compile(name: string, snippets: readonly Snippet[], compilerOptions: object): Promise<string> {
  const files = await Promise.all(snippets.map(write))
  const config = join(folder, `${name}.json`)
  const include = { include: [], files: [...files, join(folder, 'globals.ts')] }
  await writeFile(config, JSON.stringify({ extends: join(root, 'tsconfig.node.json'), compilerOptions, ...include }))
  const tsc = exec(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', config])
  return await tsc.then(
    () => '',
    ({ stdout }) => stdout,
  )
}

test('the programs compile', { timeout: 120_000 }, async () => {
  expect(programs).toHaveLength(3)
  expect(await compile('programs', programs, {})).toBe('')
})

test('the fragments compile', { timeout: 120_000 }, async () => {
  const examples = docExamples()
  expect(fragments.length).toBeGreaterThan(6)
  expect(examples.length).toBeGreaterThan(14)
  const said = await compile('fragments', [...fragments, ...examples], { noUnusedLocals: false })
  // JavaScript does not say what a parameter is
  expect(said.split('\n').filter((line) => !/^$|: error TS7006:/.test(line))).toEqual([])
})

test.each(programs.map((program) => [program.name, program] as const))(
  '%s',
  { timeout: 60_000 },
  async (name, program) => {
    expect(program.output).not.toEqual([])
    expect((await run(asFile(program, folder), name)).split('\n')).toEqual(program.output)
  },
)

test.each(fragments.map((fragment) => [fragment.name, fragment] as const))(
  '%s',
  { timeout: 60_000 },
  async (name, fragment) => {
    await write(fragment)
    await run(`import './globals.ts'\nimport './${name}.ts'\n`, name)
  },
)
