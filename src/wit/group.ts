/**
 * Which files make up which package. Files of a folder are one package, whichever of them declares it; a file that lies
 * directly in a folder `deps` is a package of its own; packages in braces stand for themselves.
 */
import { type MalformedError, quote } from '../model/errors.ts'
import { type Source, textError } from '../text/source.ts'
import type { InterfaceAst, PackageAst, PackageNameAst, TopUse, WorldAst } from './ast.ts'
import { packageId } from './packages.ts'
import { parseFile } from './parse.ts'

/** The part of a package that one file (or one pair of braces) holds, with the interfaces it renames for itself. */
export interface Part {
  readonly source: Source
  readonly uses: ReadonlyMap<string, TopUse>
  readonly interfaces: readonly InterfaceAst[]
  readonly worlds: readonly WorldAst[]
}

export interface Group {
  readonly base: string
  readonly version: string | undefined
  docs: string
  readonly parts: Part[]
}

export interface Groups {
  readonly byId: ReadonlyMap<string, Group>
  /** The package the files are about, their dependencies apart. */
  readonly main: Group | undefined
}

/** @throws MalformedError */
export function groupFiles(files: Readonly<Record<string, string>>): Groups {
  const byId = new Map<string, Group>()
  const folders = new Map<string, { source: Source; ast: PackageAst }[]>()
  const braces: { source: Source; ast: PackageAst; name: PackageNameAst }[] = []
  for (const file of Object.keys(files).sort()) {
    const source = { text: files[file] ?? '', file }
    const { own, nested } = parseFile(source)
    for (const ast of nested) if (ast.name !== undefined) braces.push({ source, ast, name: ast.name })
    const folder = folderOf(file)
    folders.set(folder, [...(folders.get(folder) ?? []), { source, ast: own }])
  }

  let main: Group | undefined
  // the shortest path is the root; its dependencies lie below it
  for (const [folder, members] of [...folders].sort(([a], [b]) => depthOf(a) - depthOf(b))) {
    const group = addFolder(byId, members)
    if (!folder.split('/').includes('deps')) main ??= group
  }
  for (const { source, ast, name } of braces) {
    const id = packageId(name.base, name.version)
    if (byId.has(id)) throw textError(source, `package \`${quote(id)}\` is defined more than once`, name.at)
    const group = groupOf(byId, name)
    add(group, source, ast, (message, at) => textError(source, message, at))
    main ??= group
  }
  return { byId, main }
}

const depthOf = (path: string): number => path.split('/').length

function folderOf(file: string): string {
  const slash = file.lastIndexOf('/')
  const folder = slash < 0 ? '' : file.slice(0, slash)
  return folder === 'deps' || folder.endsWith('/deps') ? file : folder
}

function addFolder(
  byId: Map<string, Group>,
  members: readonly { readonly source: Source; readonly ast: PackageAst }[],
): Group | undefined {
  let declared: { readonly name: PackageNameAst; readonly source: Source } | undefined
  for (const { source, ast } of members) {
    const { name } = ast
    if (name === undefined) continue
    if (
      declared !== undefined &&
      packageId(declared.name.base, declared.name.version) !== packageId(name.base, name.version)
    ) {
      const other = quote(packageId(declared.name.base, declared.name.version))
      throw textError(source, `package name does not match \`${other}\` of \`${declared.source.file}\``, name.at)
    }
    declared = { name, source }
  }
  if (declared === undefined) {
    const homeless = members.find(({ ast }) => ast.items.length > 0)
    const [item] = homeless?.ast.items ?? []
    if (homeless !== undefined && item !== undefined)
      throw textError(homeless.source, 'no `package` is declared for these items', item.at)
    return undefined
  }
  const group = groupOf(byId, declared.name)
  for (const { source, ast } of members) add(group, source, ast, (message, at) => textError(source, message, at))
  return group
}

function groupOf(byId: Map<string, Group>, { base, version }: PackageNameAst): Group {
  const id = packageId(base, version)
  let group = byId.get(id)
  if (group === undefined) {
    group = { base, version, docs: '', parts: [] }
    byId.set(id, group)
  }
  return group
}

function add(
  group: Group,
  source: Source,
  ast: PackageAst,
  error: (message: string, at: number) => MalformedError,
): void {
  const uses = new Map<string, TopUse>()
  const interfaces: InterfaceAst[] = []
  const worlds: WorldAst[] = []
  const taken = new Set(
    group.parts.flatMap((part) => [...part.interfaces, ...part.worlds].map(({ name }) => name.text)),
  )
  for (const item of ast.items) {
    const name = item.kind === 'use' ? item.as : item.name
    if (uses.has(name.text) || (item.kind !== 'use' && taken.has(name.text)))
      throw error(`name \`${quote(name.text)}\` is defined more than once`, name.at)
    if (item.kind === 'use') uses.set(name.text, item)
    else {
      taken.add(name.text)
      if (item.kind === 'interface') interfaces.push(item)
      else worlds.push(item)
    }
  }
  group.docs = [group.docs, ast.docs].filter((text) => text !== '').join('\n')
  group.parts.push({ source, uses, interfaces, worlds })
}
