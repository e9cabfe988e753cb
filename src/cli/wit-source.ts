/**
 * Where WIT comes from on the command line: a component, whose types say it; a `.wit` file; or a folder of such files with
 * its dependencies in `deps`, as other tools lay them out.
 */
import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { WitPackages } from '../wit/index.ts'
import type { CommonValues } from './options.ts'
import { compile, InputError, readInput } from './source.ts'
import type { CliIo } from './verb.ts'

/** Folders deeper than `wit/deps/name` are nobody's. */
const DEEPEST = 4

export async function readWit(file: string, io: CliIo, values: CommonValues): Promise<WitPackages> {
  const path = resolve(io.cwd, file)
  const found = await stat(path).catch(() => undefined)
  if (found?.isDirectory() === true) {
    const files: Record<string, string> = Object.create(null)
    await readFolder(path, '', files)
    if (Object.keys(files).length === 0) throw new InputError(`cannot read ${file}: no .wit file is in it`)
    return WitPackages.parse(files)
  }
  if (found !== undefined && file.endsWith('.wit')) return WitPackages.parse({ [file]: await readFile(path, 'utf8') })
  const { component } = await compile(await readInput(file, io), values)
  return WitPackages.of(component)
}

async function readFolder(path: string, below: string, files: Record<string, string>): Promise<void> {
  for (const entry of await readdir(path, { withFileTypes: true })) {
    const name = below === '' ? entry.name : `${below}/${entry.name}`
    if (entry.isDirectory() && name.split('/').length < DEEPEST) await readFolder(join(path, entry.name), name, files)
    else if (entry.isFile() && entry.name.endsWith('.wit')) files[name] = await readFile(join(path, entry.name), 'utf8')
  }
}

/** `calc-app.component.wasm` → `CalcApp`. */
export function typeNameOf(file: string): string {
  const words = basename(file)
    .replace(/(?:\.component)?\.(?:wasm|wat|wit)$/, '')
    .split(/[^0-9A-Za-z]+/)
  const name = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
  return /^[A-Za-z]/.test(name) ? name : `Component${name}`
}
