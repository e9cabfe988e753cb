/**
 * `npm run fuzz -- [--target prefix|mutate|definitions|core|graphs] [--runs N] [--seed S] [--every N] [--corpus DIR]… [--wast DIR]…`
 *
 * Every case must end well or in an error of ours (`targets.ts`). The cases run in a worker; this thread watches it, so
 * that a case that never ends is found as well. What escapes is written to `fuzz/cases/`, where the tests run it for ever.
 * `graphs` are not bytes but graphs of plugins (`graphs/`), run only when they are named: `--target graphs --runs 10000`.
 * Exit code 1 after an escape. `--corpus` adds the `.component.wasm` files below a folder, `--wast` those of its scripts.
 */
import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { componentsIn } from './corpus.ts'
import { runGraphs } from './graphs/run.ts'
import { type Found, HANG, run, type Tally } from './run.ts'
import { componentsOfScripts } from './scripts.ts'
import { type Plan, TARGETS, type TargetName } from './targets.ts'

interface Job {
  readonly target: TargetName
  readonly plan: Plan
}

/** Milliseconds between two looks at the worker. */
const TURN = 500
/** One fault often shows in many cases: so many of them are kept. */
const KEPT = 10

type Message =
  | { readonly kind: 'case'; readonly name: string; readonly bytes: Uint8Array }
  | { readonly kind: 'done'; readonly tally: Tally; readonly found: readonly Found[] }

if (isMainThread) await main()
else work(workerData as Job)

function work({ target, plan }: Job): void {
  const send = (message: Message): void => parentPort?.postMessage(message)
  const result = run(target, plan, ({ name, bytes }) => send({ kind: 'case', name, bytes: Uint8Array.from(bytes) }))
  send({ kind: 'done', ...result })
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      target: { type: 'string', multiple: true },
      runs: { type: 'string', default: '100000' },
      seed: { type: 'string', default: '1' },
      every: { type: 'string', default: '1' },
      corpus: { type: 'string', multiple: true, default: [] },
      wast: { type: 'string', multiple: true, default: [] },
    },
  })
  const plan: Plan = {
    runs: natural('runs', values.runs),
    seed: natural('seed', values.seed),
    every: Math.max(1, natural('every', values.every)),
    more: [...values.corpus.flatMap(componentsIn), ...(await Promise.all(values.wast.map(componentsOfScripts))).flat()],
  }
  const names = values.target ?? Object.keys(TARGETS)
  let escaped = 0
  for (const name of names) {
    if (name === 'graphs') {
      escaped += await graphs(plan)
      continue
    }
    if (!isTarget(name)) usage(`no target \`${name}\`; there are ${Object.keys(TARGETS).join(', ')}`)
    escaped += await watch({ target: name, plan })
  }
  process.exit(escaped > 0 ? 1 : 0)
}

async function graphs({ runs, seed }: Plan): Promise<number> {
  const started = performance.now()
  const wrong = await runGraphs(runs, seed)
  const seconds = ((performance.now() - started) / 1_000).toFixed(1)
  console.log(`graphs: ${runs} graphs in ${seconds} s, seed ${seed}: ${wrong.length} wrong`)
  for (const why of wrong.slice(0, KEPT)) console.error(`WRONG ${why}`)
  return wrong.length
}

function isTarget(name: string): name is TargetName {
  return Object.hasOwn(TARGETS, name)
}

function natural(option: string, text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 0) usage(`--${option} takes a natural number, not \`${text}\``)
  return value
}

function usage(problem: string): never {
  console.error(`fuzz: ${problem}`)
  process.exit(2)
}

/** @returns how many cases escaped */
function watch(job: Job): Promise<number> {
  const started = performance.now()
  // The bundle this thread runs: `import.meta.url` names the source.
  const worker = new Worker(process.argv[1] ?? '', { workerData: job })
  return new Promise((resolve, reject) => {
    let current: { name: string; bytes: Uint8Array } | undefined
    // in turns of this thread, not by the clock: a machine that stands still for a while delays both
    let silent = 0
    const timer = setInterval(() => {
      if (current === undefined || ++silent * TURN < HANG) return
      finish()
      void worker.terminate()
      report(job.target, [{ target: job.target, ...current, why: 'hangs' }])
      resolve(1)
    }, TURN)
    const finish = (): void => clearInterval(timer)
    worker.on('message', (message: Message) => {
      silent = 0
      if (message.kind === 'case') {
        current = message
        return
      }
      finish()
      summarise(job, message.tally, performance.now() - started)
      report(job.target, message.found)
      resolve(message.found.length)
    })
    worker.on('error', (error) => {
      finish()
      reject(error)
    })
  })
}

function summarise({ target, plan }: Job, { cases, verdicts, slowest }: Tally, ms: number): void {
  const counts = Object.entries(verdicts).map(([verdict, count]) => `${count} ${verdict}`)
  console.log(`${target}: ${cases} cases in ${(ms / 1_000).toFixed(1)} s, seed ${plan.seed}: ${counts.join(', ')}`)
  console.log(`  slowest: ${slowest.ms.toFixed(1)} ms (${slowest.name})`)
}

function report(target: TargetName, found: readonly Found[]): void {
  if (found.length === 0) return
  const folder = fileURLToPath(new URL('cases', import.meta.url))
  mkdirSync(folder, { recursive: true })
  if (found.length > KEPT) console.error(`${found.length} cases escaped; the first ${KEPT}:`)
  for (const { name, bytes, why } of found.slice(0, KEPT)) {
    const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 12)
    const path = join(folder, `${target}-${hash}.wasm`)
    writeFileSync(path, bytes)
    console.error(`ESCAPED ${name}: ${why}\n  ${path}`)
  }
}
