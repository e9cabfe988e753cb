/** `wasm-link link`: loads a graph of plugins and calls a function of its root, in every plugin that is there. */
import type { BindingAny, DispatchResult, Extern, Externs, FuncType, PluginId } from '../index.ts'
import type { TreeProblem } from '../tree/index.ts'
import { parseCall } from './call.ts'
import { parseOptions } from './options.ts'
import { EXIT, printable, report } from './report.ts'
import { problemLines, problemText, readTree, TREE_DETAILS, treeOptions } from './tree-input.ts'
import { type CliIo, UsageError, type Verb } from './verb.ts'
import { printJson, printWave } from './wave-print.ts'

export const verb: Verb = {
  name: 'link',
  usage: 'link MANIFEST|DIR --invoke CALL [--json] [--root ID] [--outside]',
  summary: 'load a graph of plugins and call its root',
  details: `${TREE_DETAILS}
  --invoke CALL   the function of the root binding: ops.add(40, 2), acme:calc/ops#div(1, 0)
  --json          print the result as JSON
A root of one plugin prints its result; any other prints a line for each, \`ID: RESULT\`. Plugins that the graph can do
without are named on standard error if they fail, and it goes on.`,
  run: execute,
}

async function execute(args: readonly string[], io: CliIo): Promise<number> {
  const options = { ...treeOptions, invoke: { type: 'string' }, json: { type: 'boolean' } } as const
  const { values, positionals } = parseOptions(args, options)
  if (values.invoke === undefined) throw new UsageError('link: --invoke CALL says what to call')
  const { tree, problems, engine } = await readTree('link', positionals, values, io)
  const warn = (found: readonly TreeProblem[]): void => {
    if (found.length > 0 && values.quiet !== true) io.err(problemLines(found))
  }
  warn(problems)
  const loaded = await tree.load(engine)
  warn(loaded.problems)
  if (!loaded.ok) {
    // a manifest that could not be read was told above
    if (!problems.includes(loaded.error)) io.err(`error: ${problemText(loaded.error)}\n`)
    return EXIT.failed
  }
  const { head } = loaded
  try {
    return await call(head.root, values.invoke, values, io)
  } finally {
    await head[Symbol.asyncDispose]()
  }
}

interface Printing {
  readonly json?: boolean | undefined
  readonly quiet?: boolean | undefined
}

async function call(root: BindingAny, text: string, printing: Printing, io: CliIo): Promise<number> {
  const { path, type, args } = parseCall(text, exportsOf(root))
  const hash = path.indexOf('#')
  const results = await root.dispatchAsync(shortOf(path.slice(0, hash)), path.slice(hash + 1), args)
  if (printing.json === true && results.kind !== 'exactly-one') return printAll(results, type, printing, io)
  let code: number = EXIT.done
  for (const [id, result] of results) {
    const label = results.kind === 'exactly-one' ? '' : `${printable(String(id))}: `
    code = Math.max(code, print(result as DispatchResult<unknown>, type, label, printing, io))
  }
  return code
}

/** One JSON object for each, in an array: an id may be anything. */
function printAll(
  results: Iterable<readonly [PluginId, DispatchResult<unknown>]>,
  { result: type }: FuncType,
  { quiet }: Printing,
  io: CliIo,
): number {
  let code: number = EXIT.done
  const lines = [...results].map(([id, result]) => {
    code = Math.max(code, codeOf(result, type, io))
    const name = `"id":${JSON.stringify(String(id))}`
    if (!result.ok)
      return `{${name},"error":${JSON.stringify({ kind: result.error.kind, message: report(result.error, io).text })}}`
    return `{${name},"value":${type === undefined ? 'null' : printJson(type, result.value)}}`
  })
  if (quiet !== true) io.out(`[${lines.join(',')}]\n`)
  return code
}

function codeOf(result: DispatchResult<unknown>, type: FuncType['result'], io: CliIo): number {
  if (!result.ok) return report(result.error.cause ?? result.error, io).code
  return type?.kind === 'result' && Reflect.get(Object(result.value), 'tag') === 'err' ? EXIT.failed : EXIT.done
}

function print(
  result: DispatchResult<unknown>,
  { result: type }: FuncType,
  label: string,
  { json, quiet }: Printing,
  io: CliIo,
): number {
  if (!result.ok) {
    io.err(`${label}${report(result.error, io).text}\n`)
    return codeOf(result, type, io)
  }
  const text = type === undefined ? '' : (json === true ? printJson : printWave)(type, result.value)
  // of one plugin that answers nothing there is nothing to say
  if (quiet !== true && (text !== '' || label !== '')) io.out(`${`${label}${text}`.trimEnd()}\n`)
  return codeOf(result, type, io)
}

/** The root's interfaces under their full names, as a component exports them. */
function exportsOf({ packageName, interfaces }: BindingAny): Externs {
  const [base, version] = packageName.split('@')
  return new Map(
    [...interfaces].map(([short, extern]): [string, Extern] => [
      `${base}/${short}${version === undefined ? '' : `@${version}`}`,
      extern,
    ]),
  )
}

const shortOf = (name: string): string => name.replace(/@.*$/, '').replace(/^.*\//, '')
