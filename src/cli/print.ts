/** `wasm-link print`: a component as text that parses back to the same component. */
import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { parseOptions } from './options.ts'
import { readInput } from './source.ts'
import { type CliIo, UsageError, type Verb } from './verb.ts'

export const verb: Verb = {
  name: 'print',
  usage: 'print FILE.wasm [-o FILE]',
  summary: 'show a component as text',
  details: 'The text parses back to the same component. Core modules are text where that is exact, else bytes.',
  run: async (args: readonly string[], io: CliIo): Promise<number> => {
    const { values, positionals } = parseOptions(args, { output: { type: 'string', short: 'o' } })
    const [file, ...others] = positionals
    if (file === undefined || others.length > 0) throw new UsageError('expected one FILE')
    const { bytes } = await readInput(file, io)
    const { printText } = await import('../text.ts')
    const text = await printText(bytes)
    if (values.output === undefined || values.output === '-') io.out(text)
    else await writeFile(resolve(io.cwd, values.output), text)
    return 0
  },
}
