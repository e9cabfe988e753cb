/** `wasm-link validate`: one line for each file, and exit code 1 if one of them is no valid component. */

import { isWasmLinkError } from '../index.ts'
import { featureSet } from '../model/features.ts'
import { COMPILE_LIMITS } from '../model/limits.ts'
import { decode } from '../parser/decode.ts'
import { validate } from '../parser/validate.ts'
import { engineSettings, parseOptions } from './options.ts'
import { EXIT, printable, report } from './report.ts'
import { InputError, readInput } from './source.ts'
import { type CliIo, UsageError, type Verb } from './verb.ts'

export const verb: Verb = {
  name: 'validate',
  usage: 'validate FILE…',
  summary: 'check components, without running anything',
  details: `Nothing is compiled: what the engine thinks of the core modules is not asked.
With --quiet only the invalid ones are named.`,
  run: execute,
}

async function execute(args: readonly string[], io: CliIo): Promise<number> {
  const { values, positionals } = parseOptions(args, {})
  if (positionals.length === 0) throw new UsageError('validate: which FILE?')
  const policy = { features: featureSet(engineSettings(values).features), limits: COMPILE_LIMITS }
  let code: number = EXIT.done
  for (const file of positionals) {
    try {
      const { bytes } = await readInput(file, io)
      const { features } = validate(decode(bytes, policy), policy)
      const uses = features.size === 0 ? '' : ` (uses ${[...features].join(', ')})`
      if (values.quiet !== true) io.out(`${printable(file)}: valid${uses}\n`)
    } catch (error) {
      if (!isWasmLinkError(error) && !(error instanceof InputError)) throw error
      io.out(`${printable(file)}: ${report(error, io).text.replace(/^error: /, '')}\n`)
      code = EXIT.failed
    }
  }
  return code
}
