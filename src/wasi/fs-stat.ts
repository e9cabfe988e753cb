/**
 * What the host says of a file or folder, in WASI's terms: types, times and the hash that tells two of them apart.
 */
type BigIntStats = import('node:fs').BigIntStats
type Kinds = Pick<
  BigIntStats,
  'isFile' | 'isDirectory' | 'isSymbolicLink' | 'isFIFO' | 'isSocket' | 'isCharacterDevice' | 'isBlockDevice'
>

export type DescriptorType =
  | 'unknown'
  | 'block-device'
  | 'character-device'
  | 'directory'
  | 'fifo'
  | 'symbolic-link'
  | 'regular-file'
  | 'socket'

export interface Datetime {
  readonly seconds: bigint
  readonly nanoseconds: number
}
export type NewTimestamp = { readonly tag: 'no-change' | 'now' } | { readonly tag: 'timestamp'; readonly val: Datetime }

export function typeOf(stats: Kinds): DescriptorType {
  if (stats.isFile()) return 'regular-file'
  if (stats.isDirectory()) return 'directory'
  if (stats.isSymbolicLink()) return 'symbolic-link'
  if (stats.isFIFO()) return 'fifo'
  if (stats.isSocket()) return 'socket'
  if (stats.isCharacterDevice()) return 'character-device'
  return stats.isBlockDevice() ? 'block-device' : 'unknown'
}

export function statOf(stats: BigIntStats) {
  return {
    type: typeOf(stats),
    linkCount: stats.nlink,
    size: stats.size,
    dataAccessTimestamp: datetimeOf(stats.atimeNs),
    dataModificationTimestamp: datetimeOf(stats.mtimeNs),
    statusChangeTimestamp: datetimeOf(stats.ctimeNs),
  }
}

/** WASI's seconds have no sign: a file from before 1970 has no date. */
export function datetimeOf(ns: bigint): Datetime | undefined {
  return ns < 0n ? undefined : { seconds: ns / 1_000_000_000n, nanoseconds: Number(ns % 1_000_000_000n) }
}

export function secondsOf(timestamp: NewTimestamp, now: bigint): number {
  switch (timestamp.tag) {
    case 'no-change':
      return Number(now) / 1e9
    case 'now':
      return Date.now() / 1000
    case 'timestamp':
      return Number(timestamp.val.seconds) + timestamp.val.nanoseconds / 1e9
  }
}

export function hashOf(stats: BigIntStats): { readonly lower: bigint; readonly upper: bigint } {
  return { lower: BigInt.asUintN(64, stats.ino), upper: BigInt.asUintN(64, stats.dev) }
}
