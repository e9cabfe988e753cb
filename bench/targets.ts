/** What a row may cost at most, as a multiple of hand-written glue. `scalar`: at most 1.15 of jco 1.12 as well, which checks less. */
export interface Target {
  readonly compiled: number
  readonly closures: number
  readonly scalar?: true
  /** In nanoseconds. */
  readonly below?: number
}

export const TARGETS: Readonly<Record<string, Target>> = {
  'add(u32, u32)': { compiled: 2, closures: 4, scalar: true, below: 10 },
  'echo string, 10 ASCII': { compiled: 1.3, closures: 4 },
  'echo string, 1000 ASCII': { compiled: 1.3, closures: 4 },
  'echo string, 1000 non-ASCII': { compiled: 1.3, closures: 4 },
  'echo list<u8>, 64 KiB': { compiled: 1.15, closures: 4 },
  'echo list<f64>, 8 Ki': { compiled: 1.15, closures: 4 },
  'echo record of 5': { compiled: 1.5, closures: 4 },
  'echo variant (string)': { compiled: 1.5, closures: 4 },
  'echo option<result<u32, string>>': { compiled: 1.5, closures: 4 },
  'echo list of 100 records': { compiled: 1.3, closures: 6 },
  'resource: new, method, drop': { compiled: 1.3, closures: 4 },
  'resource: method': { compiled: 3, closures: 4, scalar: true },
  'import u32 → u32, per call': { compiled: 2, closures: 4, scalar: true },
  'import log(string 10), per call': { compiled: 1.3, closures: 4 },
}

/** jco 1.12 may be beaten by so much on scalar rows. */
export const SCALAR_LIMIT = 1.15

/** Plugin to plugin, as a multiple of fused JavaScript written by hand for the same pair. */
export interface FusedTarget {
  readonly fused: number
  /** In nanoseconds. */
  readonly below?: number
}

export const FUSED_TARGETS: Readonly<Record<string, FusedTarget>> = {
  'add(u32, u32)': { fused: 2, below: 15 },
  'string, 10 ASCII': { fused: 1.3 },
  'string, 1000 ASCII': { fused: 1.3 },
  'list<u8>, 64 KiB': { fused: 1.3 },
  'record of 5': { fused: 1.3 },
  'list of 100 records': { fused: 1.3 },
  'resource: method': { fused: 1.3 },
}
