/**
 * The one-way import rule: which folder of `src` may know which, and which packages it may name.
 * Types count as imports: a type that crosses the wrong way is a design that crosses the wrong way.
 * A dynamic `import()` is exempt from the ranks (that is how the text front door is reached) but not from the packages.
 */
import { type Import, importsOf, resolveImport, type Source } from './sources.ts'

const runtime = ['model', 'parser', 'abi', 'limits', 'linker', 'plugins', 'index'] as const

/** Folder → the folders whose files it may import, besides its own. Lowest rank first. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  model: [],
  parser: ['model'],
  abi: ['model'],
  limits: ['model', 'parser', 'abi'],
  linker: ['model', 'parser', 'abi', 'limits'],
  plugins: ['model', 'parser', 'abi', 'limits', 'linker'],
  index: ['model', 'parser', 'abi', 'limits', 'linker', 'plugins'],
  text: ['model'],
  wast: [...runtime, 'text'],
  // places in a text are told alike for both languages
  wit: [...runtime, 'text'],
  wasi: runtime,
  tree: [...runtime, 'wasi', 'wit'],
  arbitraries: runtime,
  cli: [...runtime, 'text', 'wast', 'wit', 'wasi', 'tree', 'arbitraries'],
}

/** Entries that put a public face on a folder of lower rank may know all that is public. */
const entries: Readonly<Record<string, readonly string[]>> = {
  'src/text.ts': [...runtime, 'text', 'wast'],
  'src/text/index.ts': [...runtime, 'text', 'wast'],
}

/** Never in the static closure of the main entry: they are loaded when somebody asks. */
const apart: ReadonlySet<string> = new Set(['text', 'wast', 'wit', 'wasi', 'cli', 'tree', 'arbitraries'])

/** Packages a folder may name, and how. `lazy`: only by `import()` or as a type. */
const packages: Readonly<Record<string, readonly { readonly name: RegExp; readonly lazy: boolean }[]>> = {
  limits: [{ name: /^binaryen$/, lazy: true }],
  text: [{ name: /^(wabt|binaryen)$/, lazy: true }],
  wast: [{ name: /^(wabt|binaryen)$/, lazy: true }],
  wasi: [
    { name: /^@bytecodealliance\/preview[23]-shim(\/|$)/, lazy: true },
    { name: /^node:/, lazy: true },
  ],
  tree: [{ name: /^node:/, lazy: true }],
  linker: [{ name: /^node:/, lazy: true }],
  index: [{ name: /^node:/, lazy: true }],
  arbitraries: [{ name: /^fast-check$/, lazy: false }],
  cli: [
    { name: /^node:/, lazy: false },
    { name: /^fast-check$/, lazy: true },
  ],
}

/** The one place that loads a module by a computed name, out of sight of bundlers: one more copy of a package. */
const computed: ReadonlySet<string> = new Set(['src/limits/binaryen-load.ts'])

/** `src/abi/lift.ts` → `abi`, `src/index.ts` → `index`. */
export function folderOf(path: string): string {
  return /^src\/([^/]+?)(\.ts$|\/)/.exec(path)?.[1] ?? path
}

export function importProblems(source: Source): string[] {
  const folder = folderOf(source.path)
  const allowed = entries[source.path] ?? mayImport[folder]
  if (allowed === undefined) return [`${source.path}: the folder "${folder}" has no rank in test/house/import-rules.ts`]
  return importsOf(source).flatMap((found) => {
    const why = found.from.startsWith('.')
      ? crossing(source.path, folder, allowed, found)
      : foreign(source.path, folder, found)
    return why === undefined ? [] : [`${source.path}:${found.line}: ${why}`]
  })
}

function crossing(path: string, folder: string, allowed: readonly string[], found: Import): string | undefined {
  const target = resolveImport(path, found.from)
  if (!/^src\/.*\.ts$/.test(target)) return `"${found.from}" is not a file of src with its extension`
  const there = folderOf(target)
  if (there === folder || allowed.includes(there)) return undefined
  if (found.how === 'dynamic' && there !== 'cli') return undefined
  return `${folder} must not import ${there} ("${found.from}")`
}

function foreign(path: string, folder: string, { from, how }: Import): string | undefined {
  if (from === '*' && computed.has(path)) return undefined
  const rule = packages[folder]?.find(({ name }) => name.test(from))
  if (rule === undefined) return `${folder} must not import the package "${from}"`
  return rule.lazy && how === 'static' ? `${folder} must load "${from}" by import() only` : undefined
}

/** What the main entry pulls in statically: must stay within `src` and out of what is loaded on demand. */
export function mainEntryProblems(sources: readonly Source[]): string[] {
  const byPath = new Map(sources.map((source) => [source.path, source]))
  const reached = new Set<string>()
  const problems: string[] = []
  const visit = (path: string, trail: string): void => {
    if (reached.has(path)) return
    reached.add(path)
    const source = byPath.get(path)
    if (source === undefined) {
      problems.push(`${trail}: "${path}" does not exist`)
      return
    }
    for (const { from, how } of importsOf(source)) {
      if (how !== 'static') continue
      const step = `${trail} → ${from}`
      if (!from.startsWith('.')) problems.push(`${step}: the main entry must not import a package`)
      else if (apart.has(folderOf(resolveImport(path, from)))) problems.push(`${step}: is loaded on demand only`)
      else visit(resolveImport(path, from), step)
    }
  }
  visit('src/index.ts', 'src/index.ts')
  return problems
}
