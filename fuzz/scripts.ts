/** The components of `.wast` scripts as seeds: an engine for the script runner that only keeps what it is given. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Toolkit } from '../src/text/toolkit.ts'
import { readDirectives } from '../src/wast/features.ts'
import { runScript, type WastDefinition, type WastEngine } from '../src/wast/run.ts'
import { SkipList } from '../src/wast/skip.ts'
import type { Seed } from './corpus.ts'

/** Every component of every script below the folder, whether the script calls it valid or not. */
export async function componentsOfScripts(folder: string): Promise<Seed[]> {
  const seeds: Seed[] = []
  for (const file of scriptsIn(folder)) {
    const script = readFileSync(file, 'utf8')
    const { syntax } = readDirectives(script)
    const engine = keeping((bytes) => seeds.push({ name: `${file} component ${seeds.length}`, bytes }))
    await runScript(script, {
      file,
      syntax,
      engine,
      unknownFeatures: [],
      toolkit: new Toolkit(),
      skip: new SkipList([]),
    })
  }
  return seeds
}

function scriptsIn(folder: string): string[] {
  return readdirSync(folder)
    .sort()
    .flatMap((entry) => {
      const path = join(folder, entry)
      if (statSync(path).isDirectory()) return scriptsIn(path)
      return entry.endsWith('.wast') ? [path] : []
    })
}

function keeping(keep: (bytes: Uint8Array) => void): WastEngine {
  const nothing: WastDefinition = { instantiate: () => Promise.reject(new Error('nothing is executed here')) }
  return {
    executes: false,
    end: () => {},
    compile: async (bytes) => {
      keep(bytes)
      return nothing
    },
    compileCore: async () => nothing,
  }
}
