/**
 * What fuzzing starts from: the built example components (their big core modules thinned for mutation) and the seeds
 * made with our own encoder, so that a construct no toolchain emits yet is there too.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { encode } from '../src/text/encode.ts'
import { coreModulesIn } from './core-modules.ts'
import { thin } from './sections.ts'
import { CORE_SEEDS, SEEDS } from './seeds.ts'

export interface Seed {
  readonly name: string
  readonly bytes: Uint8Array
}

const root = fileURLToPath(new URL('..', import.meta.url))

/** Every `.component.wasm` below the folder, as it is. */
export function componentsIn(folder: string): Seed[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .sort()
    .flatMap((entry) => {
      const path = join(folder, entry)
      if (statSync(path).isDirectory()) return entry === 'node_modules' ? [] : componentsIn(path)
      return entry.endsWith('.component.wasm') ? [{ name: relative(root, path), bytes: readBytes(path) }] : []
    })
}

export const examples = (): Seed[] => componentsIn(join(root, 'examples'))

export function readBytes(path: string): Uint8Array {
  return new Uint8Array(readFileSync(path))
}

export const builtIn = (): Seed[] => Object.entries(SEEDS).map(([name, def]) => ({ name, bytes: encode(def) }))

export function mutationSeeds(more: readonly Seed[] = []): Seed[] {
  const components = [...examples(), ...more]
  return [...builtIn(), ...components.map(({ name, bytes }) => ({ name, bytes: thin(bytes) }))]
}

export function coreSeeds(more: readonly Seed[] = []): Seed[] {
  const own = Object.entries(CORE_SEEDS).map(([name, bytes]) => ({ name, bytes }))
  const found = mutationSeeds(more).flatMap(({ name, bytes }) =>
    coreModulesIn(bytes).map((module, i) => ({ name: `${name} module ${i}`, bytes: module })),
  )
  return [...own, ...found]
}
