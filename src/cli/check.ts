/** `wasm-link check`: what does not fit in a graph of plugins, one line each, before anything of it runs. */
import { parseOptions } from './options.ts'
import { EXIT } from './report.ts'
import { problemLines, readTree, TREE_DETAILS, treeOptions } from './tree-input.ts'
import type { CliIo, Verb } from './verb.ts'

export const verb: Verb = {
  name: 'check',
  usage: 'check MANIFEST|DIR [--root ID] [--outside]',
  summary: 'say what does not fit in a graph of plugins',
  details: `${TREE_DETAILS}
Everything that the root reaches is compiled and linked in rehearsal; no code of it runs. Functions that the manifest
grants of the host are taken as given. The exit code is 1 if there is any problem, also where the graph would load without
the plugin that has it.`,
  run: execute,
}

async function execute(args: readonly string[], io: CliIo): Promise<number> {
  const { values, positionals } = parseOptions(args, treeOptions)
  const { tree, problems, engine } = await readTree('check', positionals, values, io)
  const found = [...problems, ...(await tree.check(engine))]
  if (found.length > 0) {
    io.out(problemLines(found))
    return EXIT.failed
  }
  if (values.quiet !== true) io.out('everything fits\n')
  return EXIT.done
}
