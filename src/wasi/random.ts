/**
 * `wasi:random`: on for everybody, from the engine's secure source, the interfaces called insecure too. The length is
 * the guest's choice and bounded before anything is allocated.
 */
import { WasiFault } from './outcome.ts'

const MAX_RANDOM_BYTES = 2 ** 24
/** What `getRandomValues` fills at once. */
const QUOTA = 65_536

function randomBytes(length: bigint): Uint8Array {
  if (length > BigInt(MAX_RANDOM_BYTES)) {
    throw new WasiFault(`${length} random bytes asked for at once, at most ${MAX_RANDOM_BYTES}`)
  }
  const bytes = new Uint8Array(Number(length))
  for (let at = 0; at < bytes.length; at += QUOTA) crypto.getRandomValues(bytes.subarray(at, at + QUOTA))
  return bytes
}

function randomU64(): bigint {
  const [word] = crypto.getRandomValues(new BigUint64Array(1))
  return word ?? 0n
}

export const randomInterfaces = {
  'wasi:random/random': { getRandomBytes: randomBytes, getRandomU64: randomU64 },
  'wasi:random/insecure': { getInsecureRandomBytes: randomBytes, getInsecureRandomU64: randomU64 },
  'wasi:random/insecure-seed': { insecureSeed: (): [bigint, bigint] => [randomU64(), randomU64()] },
} as const
