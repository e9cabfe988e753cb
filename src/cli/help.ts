/** What `--help` prints: all verbs, or one of them. */
import type { Verb } from './verb.ts'

const EVERYWHERE = `everywhere:
  --features a,-b    turn gated features on, or with \`-\` off
  --meter NAME       count fuel with \`binaryen\` or \`exact\`
  -q, --quiet        only what was asked for
  -h, --help         this text, or a verb's
  --version          the version

FILE is a path, a URL, or \`-\` for standard input; component text is recognised by its content.
Exit codes: 0 done, 1 the program's failure or a bad input, 2 wrong usage, 124 time or fuel used up, 134 trap.
`

export function helpText(verbs: readonly Verb[]): string {
  const width = Math.max(...verbs.map(({ name }) => name.length))
  const list = verbs.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`)
  return `wasm-link: loads WebAssembly components and runs them

${list.join('\n')}

\`wasm-link VERB --help\` tells more.

${EVERYWHERE}`
}

export function verbHelp({ usage, summary, details }: Verb): string {
  return `${usageText(usage)}\n${summary}\n${details === undefined || details === '' ? '' : `\n${details}\n`}\n${EVERYWHERE}`
}

/** Every synopsis line with the program's name. */
export function usageText(usage: string): string {
  return usage
    .split('\n')
    .map((line) => (line.startsWith(' ') ? line : `wasm-link ${line}`))
    .join('\n')
}
