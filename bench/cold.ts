/** A process of its own for each try: from its first line to the first answer, loading the library included. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { median } from './measure.ts'

/** Milliseconds: the core module alone, hand-written glue, this runtime as it is built. */
export function coldStarts(tries: number): { readonly core: number; readonly glue: number; readonly ours: number } {
  const times = { core: [] as number[], glue: [] as number[], ours: [] as number[] }
  for (let i = 0; i < tries; i++) {
    for (const who of ['core', 'glue', 'ours'] as const) times[who].push(start(`cold/${who}.mjs`))
  }
  return { core: median(times.core), glue: median(times.glue), ours: median(times.ours) }
}

function start(file: string): number {
  const path = fileURLToPath(new URL(file, import.meta.url))
  const { status, stdout, stderr } = spawnSync(process.execPath, [path], { encoding: 'utf8' })
  const took = Number(stdout)
  if (status !== 0 || !(took > 0)) throw new TypeError(`${file} failed: ${stderr}`)
  return took
}
