/**
 * MANIFEST|DIR on the command line: a graph of plugins, read, with everything that is wrong with it told line by line.
 * What the manifest grants of WASI is granted; functions of a host there are none.
 */
import { resolve } from 'node:path'
import { Engine } from '../index.ts'
import { PluginTree, type TreeProblem } from '../tree/index.ts'
import { type CommonValues, engineSettings } from './options.ts'
import { printable } from './report.ts'
import { type CliIo, UsageError } from './verb.ts'

export const treeOptions = {
  root: { type: 'string' },
  outside: { type: 'boolean' },
} as const

export const TREE_DETAILS = `MANIFEST is a JSON file or its URL; DIR a folder of components, joined by what they import and export.
  --root ID       the binding to begin at, in place of the manifest's, or where a folder leaves it open
  --outside       let the manifest reach beyond its folder: files elsewhere, other servers, the network`

export interface TreeValues extends CommonValues {
  readonly root?: string | undefined
  readonly outside?: boolean | undefined
}

export interface TreeInput {
  readonly tree: PluginTree
  readonly problems: readonly TreeProblem[]
  readonly engine: Engine
}

export async function readTree(
  verb: string,
  positionals: readonly string[],
  values: TreeValues,
  io: CliIo,
): Promise<TreeInput> {
  const [place, extra] = positionals
  if (place === undefined) throw new UsageError(`${verb}: which MANIFEST or DIR?`)
  if (extra !== undefined) throw new UsageError(`${verb}: one MANIFEST or DIR, got \`${extra}\` too`)
  const engine = new Engine(engineSettings(values))
  const location = /^[A-Za-z][A-Za-z0-9+.-]+:/.test(place) ? place : resolve(io.cwd, place)
  const { root, outside = false } = values
  const { tree, problems } = await PluginTree.read(location, { outside, ...(root !== undefined && { root }) })
  return { tree, problems, engine }
}

/** `failed-to-link: app: …`, further lines indented. */
export function problemText({ kind, subject, message }: TreeProblem): string {
  const [first, ...rest] = message.split('\n')
  const about = subject === '' ? '' : `${subject}: `
  return printable([`${kind}: ${about}${first}`, ...rest.map((line) => `  ${line}`)].join('\n'))
}

/** Each once: what failed in one place may be told again where it was needed. */
export function problemLines(problems: readonly TreeProblem[]): string {
  return [...new Set(problems.map(problemText))].map((line) => `${line}\n`).join('')
}
