/**
 * Scripts on the whole runtime: reads what a script says about itself, picks the engine, and reports.
 */
import type { Engine } from '../linker/engine.ts'
import { type Feature, featureSet } from '../model/features.ts'
import { Toolkit } from '../text/toolkit.ts'
import { executingEngine } from './execute.ts'
import { readDirectives } from './features.ts'
import { type Outcome, runScript } from './run.ts'
import { type SkipEntry, SkipList, skipEntry } from './skip.ts'
import { validatingEngine } from './validate.ts'

export interface WastReport {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  readonly failures: readonly { readonly at: string; readonly expected: string; readonly got: string }[]
}

export interface WastSettings {
  /** On top of the defaults and below what the script itself says. */
  readonly features?: Readonly<Partial<Record<Feature, boolean>>>
  readonly skip: SkipList
  readonly toolkit: Toolkit
}

export interface ScriptResult {
  readonly outcomes: readonly Outcome[]
  /** Names of features in the script's directives that are no gate here. */
  readonly unknownFeatures: readonly string[]
}

/** @throws MalformedError if the script is not even a sequence of balanced forms */
export async function runWastFile(script: string, file: string, settings: WastSettings): Promise<ScriptResult> {
  const directives = readDirectives(script)
  const features = featureSet({ ...settings.features, ...directives.features })
  const engine = directives.validateOnly ? validatingEngine(features) : executingEngine(features)
  try {
    const outcomes = await runScript(script, {
      file,
      syntax: directives.syntax,
      engine,
      unknownFeatures: directives.unknown,
      toolkit: settings.toolkit,
      skip: settings.skip,
    })
    return { outcomes, unknownFeatures: directives.unknown }
  } finally {
    engine.end()
  }
}

/**
 * Runs a script and reports what each command came to.
 * @param options.engine whose gates are on, unless the script says otherwise; every instance gets a store of its own
 * @param options.skip `path[:line]` → why that command may fail; an entry that excuses nothing is a failure itself
 * @throws MalformedError if the script is not even a sequence of balanced forms
 */
export async function runWast(
  script: string,
  options: {
    readonly file?: string
    readonly engine?: Engine
    readonly skip?: ReadonlyMap<string, string>
  } = {},
): Promise<WastReport> {
  const file = options.file ?? '<script>'
  const skip = new SkipList([...(options.skip ?? [])].map(([place, reason]) => skipEntry(place, reason)))
  const features = options.engine === undefined ? {} : { features: gatesOf(options.engine) }
  const { outcomes } = await runWastFile(script, file, { ...features, skip, toolkit: new Toolkit() })
  return report(outcomes, skip.stale([file]))
}

function gatesOf(engine: Engine): Partial<Record<Feature, boolean>> {
  const all = [...featureSet(), ...engine.features]
  return Object.fromEntries(all.map((feature) => [feature, engine.features.has(feature)]))
}

export function report(outcomes: readonly Outcome[], stale: readonly SkipEntry[]): WastReport {
  const count = (kind: Outcome['kind']): number => outcomes.filter((outcome) => outcome.kind === kind).length
  const failures = outcomes
    .filter((outcome) => outcome.kind === 'failed')
    .map(({ at, expected, got }) => ({ at, expected, got }))
  const outdated = stale.map(({ path, line, reason }) => ({
    at: line === undefined ? path : `${path}:${line}`,
    expected: `a failure, because the skip list says: ${reason}`,
    got: 'none: the entry is out of date',
  }))
  return {
    passed: count('passed'),
    failed: failures.length + outdated.length,
    skipped: count('skipped'),
    failures: [...failures, ...outdated],
  }
}
