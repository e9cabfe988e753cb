/** `wasm-link wit`: the WIT of a component, or WIT files as one text. */
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { parseOptions } from './options.ts'
import { EXIT } from './report.ts'
import { type CliIo, UsageError, type Verb } from './verb.ts'
import { readWit } from './wit-source.ts'

export const verb: Verb = {
  name: 'wit',
  usage: 'wit FILE|DIR [-o DIR]',
  summary: 'show the WIT of a component',
  details:
    'With -o the world goes to DIR and the packages it needs to DIR/deps. A .wit file or a folder of them is checked and printed.',
  run: async (args: readonly string[], io: CliIo): Promise<number> => {
    const { values, positionals } = parseOptions(args, { output: { type: 'string', short: 'o' } })
    const [file, ...others] = positionals
    if (file === undefined || others.length > 0) throw new UsageError('expected one FILE')
    const wit = await readWit(file, io, values)
    if (values.output === undefined || values.output === '-') {
      io.out(wit.toText())
      return EXIT.done
    }
    for (const [name, text] of wit.toFiles()) {
      const path = resolve(io.cwd, join(values.output, name))
      await mkdir(dirname(path), { recursive: true })
      await writeFile(path, text)
      if (values.quiet !== true) io.err(`${join(values.output, name)}\n`)
    }
    return EXIT.done
  },
}
