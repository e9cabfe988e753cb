/**
 * The gates: one flag per gated feature of the specification, by the public API's names, and the core proposals that
 * change what a component may mention. Gates are values handed to decoder and validator; nothing here is switched globally.
 *
 * @spec Gated Features
 */

export const FEATURES = {
  'async': true,
  'map': true,
  'implements': true,
  'more-async-builtins': false,
  'async-stackful': false,
  'threading': false,
  'fixed-length-lists': false,
  'error-context': false,
  'memory64': false,
  'values': false,
  'nested-names': false,
  'canonical-names': false,
  'core-gc': false,
  'core-exceptions': false,
  'core-shared-memory': false,
  'core-custom-page-sizes': false,
} as const satisfies Record<string, boolean>

/** `true` in `FEATURES` is on by default; the rest must be asked for. */
export type Feature = keyof typeof FEATURES

export type FeatureSet = ReadonlySet<Feature>

/** The set that is on when nobody says otherwise, changed by what the caller says. */
export function featureSet(wanted: Readonly<Partial<Record<Feature, boolean>>> = {}): FeatureSet {
  const set = new Set<Feature>()
  for (const [feature, byDefault] of Object.entries(FEATURES) as [Feature, boolean][]) {
    const said = Object.hasOwn(wanted, feature) ? wanted[feature] : undefined
    if (said ?? byDefault) set.add(feature)
  }
  return set
}

/**
 * Which text of the specification holds: the one this version is built from, or what was decided after it and before the
 * next release. `newer` refuses more; it allows nothing new.
 */
export type Revision = 'pinned' | 'newer'
