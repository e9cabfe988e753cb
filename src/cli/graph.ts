/** `wasm-link graph`: draws a graph of plugins, as text or as a picture, with what does not fit shown where it is. */
import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { parseOptions } from './options.ts'
import { EXIT } from './report.ts'
import { InputError } from './source.ts'
import { problemLines, readTree, TREE_DETAILS, treeOptions } from './tree-input.ts'
import { type CliIo, UsageError, type Verb } from './verb.ts'

export const verb: Verb = {
  name: 'graph',
  usage: 'graph MANIFEST|DIR [-o FILE.svg] [--root ID] [--outside]',
  summary: 'draw a graph of plugins',
  details: `${TREE_DETAILS}
  -o FILE.svg     write a picture; else the graph is printed as text
The graph is checked first, as by \`check\`, and what does not fit is drawn too. The exit code is 1 if the root cannot be
reached at all.`,
  run: execute,
}

async function execute(args: readonly string[], io: CliIo): Promise<number> {
  const { values, positionals } = parseOptions(args, { ...treeOptions, output: { type: 'string', short: 'o' } })
  const { output } = values
  if (output !== undefined && !/\.svg$/i.test(output))
    throw new UsageError(`graph: -o: expected FILE.svg, got \`${output}\``)
  const { tree, problems, engine } = await readTree('graph', positionals, values, io)
  const checked = await tree.check(engine)
  if (problems.length + checked.length > 0 && values.quiet !== true) io.err(problemLines([...problems, ...checked]))
  // what was wrong before and is still all there is to say: there is nothing to draw
  if (checked.some((found) => problems.includes(found))) return EXIT.failed
  if (output === undefined) io.out(tree.toText())
  else {
    try {
      await writeFile(resolve(io.cwd, output), tree.toSvg())
    } catch (cause) {
      throw new InputError(`cannot write ${output}: ${cause instanceof Error ? cause.message : String(cause)}`, {
        cause,
      })
    }
  }
  return EXIT.done
}
