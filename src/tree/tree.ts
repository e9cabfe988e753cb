/**
 * The tree of 0.1 and its everyday form: bindings and plugins as data or as a manifest, of which as much is loaded as the
 * root reaches and as works, with a list of what did not.
 */
import type { Engine, Linker } from '../index.ts'
import { quote } from '../model/errors.ts'
import type { ReadOptions, TreeData, TreeLoad, TreeProblem } from './data.ts'
import { drawingOf, type Findings } from './drawing.ts'
import { isFolder, locate } from './files.ts'
import { readFolder } from './folder.ts'
import { Head } from './head.ts'
import { readManifest } from './manifest.ts'
import { type Load, nothing, type TreeModel } from './model.ts'
import { problem, reason } from './problems.ts'
import { modelOf, type Origin } from './schema.ts'
import { checking, loading } from './stages.ts'
import { toSvg } from './svg.ts'
import { toText } from './text.ts'
import { Walk } from './walk.ts'

export interface Planted<Ctx> {
  readonly tree: PluginTree<Ctx>
  readonly problems: readonly TreeProblem[]
}

/**
 * @example
 * const { tree, problems } = await PluginTree.read(new URL('./plugins/tree.json', import.meta.url))
 * const loaded = await tree.load(engine, linker)
 * if (loaded.ok) loaded.head.root.dispatch('root', 'run')
 */
export class PluginTree<Ctx = undefined> {
  readonly #model: TreeModel<Ctx>
  /** What the last check or load found out: for drawing. */
  #findings: Findings | undefined

  private constructor(model: TreeModel<Ctx>) {
    this.#model = model
  }

  /** Data of the host's own. Parts that do not fit are left out and told. Nothing is read or compiled yet. */
  static from<Ctx = undefined>(data: TreeData<Ctx>): Planted<Ctx> {
    const problems: TreeProblem[] = []
    return { tree: new PluginTree<Ctx>(modelOf<Ctx>(data, HOST, problems)), problems }
  }

  /**
   * A manifest (a path, or a URL; JSON), or a folder of components. A path is relative to the working directory.
   * Never rejects for what stands there: what is wrong is in `problems`, and a tree of nothing has no root.
   */
  static async read(
    location: string | { readonly href: string },
    options: ReadOptions = {},
  ): Promise<Planted<undefined>> {
    const problems: TreeProblem[] = []
    const model = await modelAt(location, options, problems)
    return { tree: new PluginTree<undefined>(model), problems }
  }

  /**
   * What does not fit, before anything runs: everything that the root reaches is compiled and linked in rehearsal, with the
   * host's functions if there is a linker (its factories are asked for them), else with what is granted taken as given.
   */
  async check(engine: Engine, linker?: Linker<Ctx>): Promise<readonly TreeProblem[]> {
    const stage = checking(engine, linker)
    try {
      const walk = new Walk(this.#model, stage)
      const root = await walk.root()
      const problems = root.ok ? walk.problems : [...walk.problems, root.problem]
      this.#findings = walk.findings()
      return problems
    } finally {
      stage.engine[Symbol.dispose]()
    }
  }

  /** Loads what the root reaches; rejects only for our own bugs. Each load is a graph of its own. */
  async load(engine: Engine, linker?: Linker<Ctx>): Promise<TreeLoad<Ctx>> {
    const walk = new Walk(this.#model, loading(engine, linker))
    const root = await walk.root()
    const { problems } = walk
    if (!root.ok) {
      this.#findings = walk.findings()
      return { ok: false, problems, error: root.problem }
    }
    const head = new Head(this.#model, walk, root.value)
    this.#findings = walk.findings(head)
    return { ok: true, problems, head }
  }

  /** The graph as lines of text: as written, and as the last `check` or `load` found it. */
  toText(): string {
    return toText(drawingOf(this.#model, this.#findings))
  }

  /** The same as a picture, complete in itself. */
  toSvg(): string {
    return toSvg(drawingOf(this.#model, this.#findings))
  }
}

async function modelAt(
  location: string | { readonly href: string },
  options: ReadOptions,
  problems: TreeProblem[],
): Promise<TreeModel<undefined>> {
  let url: URL
  let folder: boolean
  try {
    url = await locate(location)
    folder = await isFolder(url)
  } catch (cause) {
    const place = typeof location === 'string' ? location : String(Object(location).href)
    const fatal = problem('corrupted-interface-manifest', place, `cannot read ${quote(place)}: ${reason(cause)}`, {
      cause,
    })
    return nothing(fatal, problems)
  }
  if (!folder) return await readManifest(url, options, problems)
  return await readFolder(url.href.endsWith('/') ? url : new URL(`${url.href}/`), options, problems)
}

const HOST: Origin = {
  json: false,
  component(value, path) {
    if (typeof value === 'function') {
      const load: Load = async () => await value()
      return { load, from: undefined }
    }
    if (typeof value !== 'string' && (typeof value !== 'object' || value === null))
      throw new TypeError(`${path}: expected a component source or a function that gives one`)
    const href: unknown = typeof value === 'object' && 'href' in value ? value.href : undefined
    const from = typeof href === 'string' ? href.slice(href.lastIndexOf('/') + 1) : undefined
    return { load: () => value as Awaited<ReturnType<Load>>, from }
  },
  wasi: (options) => options,
}
