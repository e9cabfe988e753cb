/** `wasm-link types`: TypeScript declarations of a component's world. */
import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { typesOf } from '../wit/index.ts'
import { parseOptions } from './options.ts'
import { EXIT } from './report.ts'
import { type CliIo, UsageError, type Verb } from './verb.ts'
import { readWit, typeNameOf } from './wit-source.ts'

export const verb: Verb = {
  name: 'types',
  usage: 'types FILE|DIR [--name NAME] [--world WORLD] [-o FILE.d.ts]',
  summary: 'write the TypeScript types of a component',
  details:
    'NAME begins the name of the type to compile with: `Component.compile<NAMEWorld>(…)`. It is made from the file’s name otherwise.',
  run: async (args: readonly string[], io: CliIo): Promise<number> => {
    const { values, positionals } = parseOptions(args, {
      name: { type: 'string' },
      world: { type: 'string' },
      output: { type: 'string', short: 'o' },
    })
    const [file, ...others] = positionals
    if (file === undefined || others.length > 0) throw new UsageError('expected one FILE')
    const name = values.name ?? typeNameOf(file)
    if (!/^[A-Za-z_$][0-9A-Za-z_$]*$/.test(name)) throw new UsageError('--name: expected a TypeScript identifier')
    const { world } = values
    const declarations = typesOf(await readWit(file, io, values), { name, ...(world === undefined ? {} : { world }) })
    const text = [...declarations.values()].join('\n')
    if (values.output === undefined || values.output === '-') io.out(text)
    else await writeFile(resolve(io.cwd, values.output), text)
    return EXIT.done
  },
}
