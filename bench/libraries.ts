/**
 * This runtime as users have it (`dist`), once for each tier. Each is a copy of its own, because what an engine learns of
 * code that is shared, it would learn from all tiers, and no program uses more than one.
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type * as api from '../src/index.ts'

/** `compiled` and `closures` as they come by themselves, with steady use. */
export const TIERS = ['compiled', 'closures', 'interpreted'] as const
export type Tier = (typeof TIERS)[number]

export interface Library {
  readonly api: typeof api
  readonly engine: api.Engine
}

const root = fileURLToPath(new URL('..', import.meta.url))
const TIER = Symbol.for('wasm-link.tier')

export async function tierOf(tier: Tier, options: api.EngineOptions = {}): Promise<Library> {
  if (!existsSync(join(root, 'dist', 'index.js'))) throw new TypeError('there is no dist: run `npm run build` first')
  const cache = join(root, 'node_modules', '.cache', 'wasm-link')
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(join(cache, `${tier}-`))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  cpSync(join(root, 'dist'), folder, { recursive: true })
  // below node_modules nothing else says so, and engines need not guess
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  const library: typeof api = await import(pathToFileURL(join(folder, 'index.js')).href)
  if (tier === 'interpreted') Reflect.set(globalThis, TIER, { tier, glue: undefined })
  const engine = new library.Engine({ ...options, codegen: tier === 'compiled' ? 'auto' : 'never' })
  // loads what decides
  await library.Component.compile(new Uint8Array([0, 97, 115, 109, 13, 0, 1, 0]), { engine })
  if (engine.bridge === undefined) throw new TypeError('an engine has a bridge')
  Reflect.deleteProperty(globalThis, TIER)
  return { api: library, engine }
}
