/** Trees of small components in text. */
import { type CardinalityKind, Engine, type Linker, type PluginInstance } from '../../src/index.ts'
import type {
  BindingEntry,
  PluginEntry,
  PluginTreeHead,
  TreeData,
  TreeLoad,
  TreeProblem,
} from '../../src/tree/index.ts'
import { PluginTree } from '../../src/tree/index.ts'

export type Entry<Ctx = undefined> = PluginEntry<Ctx, string | (() => Promise<string>)>

/** Binding → package and cardinality, `test:a exactly-one`; plugin → component and where it is plugged. */
export function treeData(
  root: string,
  bindings: Readonly<Record<string, string | BindingEntry>>,
  plugins: Readonly<Record<string, Entry>>,
): TreeData {
  return {
    root,
    bindings: Object.fromEntries(
      Object.entries(bindings).map(([id, binding]) => [
        id,
        typeof binding === 'string' ? bindingEntry(binding) : binding,
      ]),
    ),
    plugins,
  }
}

function bindingEntry(text: string): BindingEntry {
  const [pkg = '', cardinality = 'exactly-one'] = text.split(' ')
  return { package: pkg, cardinality: cardinality as CardinalityKind }
}

export interface Loaded {
  readonly engine: Engine
  readonly loaded: TreeLoad<undefined>
  readonly tree: PluginTree
  readonly problems: readonly TreeProblem[]
}

export async function load(data: TreeData, linker?: (engine: Engine) => Linker<undefined>): Promise<Loaded> {
  const { tree, problems } = PluginTree.from(data)
  const engine = new Engine()
  return { engine, tree, problems, loaded: await tree.load(engine, linker?.(engine)) }
}

export function headOf(loaded: TreeLoad<undefined>): PluginTreeHead {
  if (loaded.ok) return loaded.head
  throw new TypeError(`${loaded.error.kind}: ${loaded.error.message}`)
}

/** Kind and subject, and the number if it is about one. */
export const told = ({ kind, subject, found }: TreeProblem): readonly unknown[] =>
  found === undefined ? [kind, subject] : [kind, subject, found]

export const errorOf = (loaded: TreeLoad<undefined>): readonly unknown[] | undefined =>
  loaded.ok ? undefined : told(loaded.error)

export const valuesOf = (results: Iterable<readonly [unknown, { readonly ok: boolean }]>): readonly unknown[] =>
  [...results].map(([id, result]) => [id, 'value' in result ? result.value : Reflect.get(result, 'error').kind])

export const states = (plugins: ReadonlyMap<string, PluginInstance>): readonly unknown[] =>
  [...plugins].map(([id, { state }]) => [id, state])
