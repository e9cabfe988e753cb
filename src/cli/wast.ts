/**
 * `wasm-link wast`: runs the scripts of the reference tests. A line per failing command, then the counts; exit 1 if
 * anything failed, an entry of the skip list that excuses nothing included.
 */
import { readdir, readFile, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { isWasmLinkError, type MalformedError } from '../index.ts'
import { Toolkit } from '../text/toolkit.ts'
import type { Outcome } from '../wast/run.ts'
import { parseSkipList, type SkipEntry, SkipList } from '../wast/skip.ts'
import { report, runWastFile, type WastReport } from '../wast/wast.ts'
import { engineSettings, parseOptions } from './options.ts'
import { printable } from './report.ts'
import { InputError } from './source.ts'
import { type CliIo, UsageError, type Verb } from './verb.ts'

export const verb: Verb = {
  name: 'wast',
  usage: 'wast FILE|DIR… [--features a,-b] [--skip LIST] [--json] [--messages]',
  summary: 'run scripts of the reference tests',
  details: [
    'A script may say itself which features it wants; what it says wins over --features.',
    '--skip: commands that may fail, one a line: `path[:line] reason`. An entry that excuses nothing fails the run.',
    '--messages: also list the negative tests that passed with another message than the expected one.',
  ].join('\n'),
  run: async (args: readonly string[], io: CliIo): Promise<number> => {
    const { values, positionals } = parseOptions(args, {
      skip: { type: 'string', multiple: true },
      json: { type: 'boolean' },
      messages: { type: 'boolean' },
    })
    if (positionals.length === 0) throw new UsageError('expected a FILE or a DIR')
    const entries = (await Promise.all((values.skip ?? []).map((list) => skipEntries(list, io)))).flat()
    const files = (await Promise.all(positionals.map((path) => scripts(path, io)))).flat()
    const result = await runFiles(files, engineSettings(values).features ?? {}, entries, io)
    if (values.json === true) io.out(`${JSON.stringify(jsonOf(result), undefined, 2)}\n`)
    else io.out(textOf(result, values.messages === true, values.quiet === true))
    return result.report.failed === 0 ? 0 : 1
  },
}

/** Every script below a path, in order of name. */
async function scripts(path: string, io: CliIo): Promise<string[]> {
  const full = resolve(io.cwd, path)
  const info = await stat(full).catch(() => undefined)
  if (info === undefined) throw new InputError(`cannot read ${path}: there is no such file`)
  if (!info.isDirectory()) return [path]
  const names = await readdir(full, { recursive: true })
  const found = names.filter((name) => name.endsWith('.wast')).sort()
  if (found.length === 0) throw new InputError(`there is no .wast file in ${path}`)
  return found.map((name) => join(path, name))
}

async function skipEntries(list: string, io: CliIo): Promise<SkipEntry[]> {
  try {
    return parseSkipList(await readFile(resolve(io.cwd, list), 'utf8'))
  } catch (cause) {
    throw new InputError(`cannot read ${list}`, { cause })
  }
}

interface Result {
  readonly report: WastReport
  readonly outcomes: readonly Outcome[]
  readonly files: number
  /** `file: feature`. */
  readonly unknownFeatures: readonly string[]
}

async function runFiles(
  files: readonly string[],
  features: NonNullable<ReturnType<typeof engineSettings>['features']>,
  entries: readonly SkipEntry[],
  io: CliIo,
): Promise<Result> {
  const skip = new SkipList(entries)
  const toolkit = new Toolkit()
  const outcomes: Outcome[] = []
  const unknownFeatures: string[] = []
  for (const file of files) {
    const script = await readFile(resolve(io.cwd, file), 'utf8')
    try {
      const result = await runWastFile(script, file, { features, skip, toolkit })
      outcomes.push(...result.outcomes)
      unknownFeatures.push(...result.unknownFeatures.map((name) => `${file}: ${name}`))
    } catch (error) {
      if (!isWasmLinkError(error) || error.kind !== 'malformed') throw error
      outcomes.push(unreadable(file, error))
    }
  }
  return { report: report(outcomes, skip.stale(files)), outcomes, files: files.length, unknownFeatures }
}

function unreadable(file: string, error: MalformedError): Outcome {
  const at = `${file}:${error.line ?? 1}`
  return { at, kind: 'failed', command: 'unknown', expected: 'a script', got: error.message, message: undefined }
}

function messagesOf(outcomes: readonly Outcome[]) {
  const compared = outcomes.flatMap(({ at, message }) => (message === undefined ? [] : [{ at, ...message }]))
  return { compared: compared.length, others: compared.filter(({ matches }) => !matches) }
}

function textOf({ report, outcomes, files, unknownFeatures }: Result, listMessages: boolean, quiet: boolean): string {
  const { compared, others } = messagesOf(outcomes)
  const lines = report.failures.map(({ at, expected, got }) => `${at}: expected ${expected}; got ${got}`)
  if (listMessages) {
    lines.push(...others.map(({ at, expected, got }) => `${at}: message expected ${expected}; got ${got}`))
  }
  if (!quiet) lines.push(...unknownFeatures.map((name) => `note: ${name} is no feature here`))
  const counts = `${report.passed} passed, ${report.failed} failed, ${report.skipped} skipped`
  lines.push(`${counts} in ${files} ${files === 1 ? 'file' : 'files'}`)
  if (compared > 0) lines.push(`${compared - others.length} of ${compared} expected messages match`)
  return lines.map((line) => `${printable(line)}\n`).join('')
}

function jsonOf({ report, outcomes, files, unknownFeatures }: Result) {
  const { compared, others } = messagesOf(outcomes)
  const skips = outcomes.flatMap(({ at, kind, got }) => (kind === 'skipped' ? [{ at, reason: got }] : []))
  return {
    files,
    ...report,
    skips,
    messages: { compared, matching: compared - others.length, others },
    unknownFeatures,
  }
}
