/**
 * Reads the project's own TypeScript for the house tests: paths, text and the syntax tree.
 * The tree comes from vite's parser, because TypeScript 7 ships no compiler API.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseAst } from 'vite'

export const root: string = join(dirname(fileURLToPath(import.meta.url)), '..', '..')

/** A node of the ESTree tree, seen without its dozens of types: the rules look at `type` and a few fields. */
export interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [field: string]: unknown
}

export interface Source {
  /** From the project's root, with forward slashes: `src/abi/lift.ts`. */
  readonly path: string
  readonly text: string
  readonly program: Node
}

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
}

export function child(node: Node, field: string): Node | undefined {
  const value = node[field]
  return isNode(value) ? value : undefined
}

export function children(node: Node, field: string): readonly Node[] {
  const value = node[field]
  return Array.isArray(value) ? value.filter(isNode) : []
}

export function parseSource(path: string, text: string): Source {
  const program: unknown = parseAst(text, { lang: path.endsWith('.ts') ? 'ts' : 'js' })
  if (!isNode(program)) throw new TypeError(`${path}: the parser returned no tree`)
  return { path, text, program }
}

/** Paths of all files below `folder` whose name passes the test; a folder that does not exist is empty. */
export function filesBelow(folder: string, wanted: (name: string) => boolean): string[] {
  const found: string[] = []
  const visit = (at: string): void => {
    let entries: ReturnType<typeof listing>
    try {
      entries = listing(at)
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return
      throw error
    }
    for (const entry of entries) {
      const path = join(at, entry.name)
      if (entry.isDirectory()) {
        if (entry.name !== 'node_modules' && !entry.name.startsWith('.')) visit(path)
      } else if (wanted(entry.name)) found.push(relative(root, path).split('\\').join('/'))
    }
  }
  visit(join(root, folder))
  return found.sort()
}

const listing = (at: string) => readdirSync(at, { withFileTypes: true })

export function readText(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

export function sourceFiles(): Source[] {
  return filesBelow('src', (name) => name.endsWith('.ts')).map((path) => parseSource(path, readText(path)))
}

/** Calls `visit` for every node, with its parent. */
export function walk(node: Node, visit: (node: Node, parent: Node | undefined) => void, parent?: Node): void {
  visit(node, parent)
  for (const [field, value] of Object.entries(node)) {
    if (field === 'parent') continue
    if (isNode(value)) walk(value, visit, node)
    else if (Array.isArray(value)) for (const item of value) if (isNode(item)) walk(item, visit, node)
  }
}

export function lineOf(text: string, offset: number): number {
  let line = 1
  for (let i = text.indexOf('\n'); i !== -1 && i < offset; i = text.indexOf('\n', i + 1)) line++
  return line
}

export interface Import {
  readonly from: string
  readonly line: number
  /** `type`: erased by the compiler. `dynamic`: `import()`, loaded only when asked for. */
  readonly how: 'static' | 'type' | 'dynamic'
}

export function importsOf({ text, program }: Source): Import[] {
  const found: Import[] = []
  walk(program, (node) => {
    switch (node.type) {
      case 'ImportDeclaration':
      case 'ExportNamedDeclaration':
      case 'ExportAllDeclaration': {
        const from = child(node, 'source')
        const kind = node['importKind'] ?? node['exportKind']
        if (from !== undefined)
          found.push({
            from: String(from['value']),
            line: lineOf(text, node.start),
            how: kind === 'type' ? 'type' : 'static',
          })
        break
      }
      case 'TSImportType':
        found.push({
          from: specifier(child(node, 'source') ?? child(node, 'argument')),
          line: lineOf(text, node.start),
          how: 'type',
        })
        break
      case 'ImportExpression':
        found.push({ from: specifier(child(node, 'source')), line: lineOf(text, node.start), how: 'dynamic' })
        break
    }
  })
  return found
}

/** The text of a literal module specifier; what is computed shows as `*`, which no rule allows by accident. */
function specifier(node: Node | undefined): string {
  const literal = node?.type === 'TSLiteralType' ? child(node, 'literal') : node
  return literal?.type === 'Literal' && typeof literal['value'] === 'string' ? literal['value'] : '*'
}

/** A relative specifier as a path from the root; a package's name as it is. */
export function resolveImport(path: string, from: string): string {
  return from.startsWith('.') ? posix.join(posix.dirname(path), from) : from
}
