/**
 * The options every verb takes, and what they mean for an engine: `--features a,-b` are the gates, `--meter` the meter,
 * `--quiet` and `--help` are for the verb. Arguments come in as strings, settings go out; wrong ones are a UsageError.
 */
import { type ParseArgsConfig, parseArgs } from 'node:util'
import { FEATURES, type Feature } from '../model/features.ts'
import { UsageError } from './verb.ts'

type OptionsConfig = NonNullable<ParseArgsConfig['options']>

export const commonOptions = {
  features: { type: 'string', multiple: true },
  meter: { type: 'string' },
  quiet: { type: 'boolean', short: 'q' },
  help: { type: 'boolean', short: 'h' },
} as const satisfies OptionsConfig

export interface CommonValues {
  readonly features?: readonly string[] | undefined
  readonly meter?: string | undefined
}

export interface EngineSettings {
  readonly features?: Readonly<Partial<Record<Feature, boolean>>>
  readonly meter?: 'binaryen' | 'exact'
}

/** `node:util`'s parser, with the common options added and its complaints turned into usage errors. */
export function parseOptions<const O extends OptionsConfig>(args: readonly string[], options: O) {
  try {
    return parseArgs({
      args: [...args],
      options: { ...commonOptions, ...options },
      allowPositionals: true,
      strict: true,
    })
  } catch (cause) {
    if (cause instanceof TypeError) throw new UsageError(firstSentence(cause.message), { cause })
    throw cause
  }
}

/** node:util explains at length how a positional could start with a dash; the first sentence is the complaint. */
function firstSentence(message: string): string {
  const end = message.indexOf('. ')
  return end < 0 ? message : message.slice(0, end)
}

export function engineSettings(values: CommonValues): EngineSettings {
  const features: Partial<Record<Feature, boolean>> = {}
  for (const word of (values.features ?? []).flatMap((list) => list.split(','))) {
    const name = word.startsWith('-') ? word.slice(1) : word
    if (name === '') continue
    if (!isFeature(name)) {
      throw new UsageError(
        `--features: there is no feature '${name}'; the features are ${Object.keys(FEATURES).join(', ')}`,
      )
    }
    features[name] = name === word
  }
  const { meter } = values
  if (meter !== undefined && meter !== 'binaryen' && meter !== 'exact') {
    throw new UsageError(`--meter: expected 'binaryen' or 'exact', got '${meter}'`)
  }
  return { features, ...(meter === undefined ? {} : { meter }) }
}

const isFeature = (name: string): name is Feature => Object.hasOwn(FEATURES, name)
