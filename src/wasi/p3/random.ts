/** `wasi:random@0.3`: as 0.2's, but a guest that asks for much gets a part of it, and asks again. */
import { randomInterfaces } from '../random.ts'

const MOST = 65_536n

const { 'wasi:random/random': random, 'wasi:random/insecure-seed': seed } = randomInterfaces

const bytes = (most: bigint): Uint8Array => random.getRandomBytes(most < MOST ? most : MOST)

export const randomInterfaces3 = {
  'wasi:random/random': { getRandomBytes: bytes, getRandomU64: random.getRandomU64 },
  'wasi:random/insecure': { getInsecureRandomBytes: bytes, getInsecureRandomU64: random.getRandomU64 },
  'wasi:random/insecure-seed': { getInsecureSeed: seed.insecureSeed },
} as const
