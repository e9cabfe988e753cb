/** `wasm-link parse`: component text to a component. */
import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { parseOptions } from './options.ts'
import { readInput } from './source.ts'
import { type CliIo, UsageError, type Verb } from './verb.ts'

export const verb: Verb = {
  name: 'parse',
  usage: 'parse FILE.wat -o FILE.wasm',
  summary: 'turn component text into a component',
  details: 'Nothing is validated: see `validate`. `-o -` writes to standard output.',
  run: async (args: readonly string[], io: CliIo): Promise<number> => {
    const { values, positionals } = parseOptions(args, { output: { type: 'string', short: 'o' } })
    const [file, ...others] = positionals
    if (file === undefined || others.length > 0) throw new UsageError('expected one FILE')
    if (values.output === undefined) throw new UsageError('say where the component goes: -o FILE.wasm')
    const { bytes } = await readInput(file, io)
    if (values.output === '-') io.outBytes(bytes)
    else await writeFile(resolve(io.cwd, values.output), bytes)
    return 0
  },
}
