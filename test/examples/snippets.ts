/** The code that documentation shows: the fences of the Markdown pages and the `@example`s of the sources. */
import { join, relative } from 'node:path'
import { filesBelow, readText, root } from '../house/sources.ts'

export interface Snippet {
  /** A name for its file. */
  readonly name: string
  readonly text: string
  /** From the comments behind `console.log`: several lines are separated by commas. */
  readonly output: readonly string[]
}

function snippet(name: string, text: string): Snippet {
  const output = [...text.matchAll(/console\.log\(.*\) +\/\/ (.*)$/gm)].flatMap(([, said = '']) =>
    said.startsWith('{') ? [said] : said.split(', '),
  )
  return { name: name.replace(/\W/g, '-'), text, output }
}

/** The fences of one language. */
export function fences(path: string, language: 'ts' | 'js'): readonly Snippet[] {
  const found = readText(path).matchAll(/^```(\w+)\n(.*?)^```$/gms)
  const texts = [...found].flatMap(([, is, text = '']) => (is === language ? [text] : []))
  return texts.map((text, i) => snippet(`${path} ${language} ${i}`, text))
}

export function docExamples(): readonly Snippet[] {
  const paths = filesBelow('src', (name) => name.endsWith('.ts'))
  return paths.flatMap((path) =>
    [...readText(path).matchAll(/^ *\* @example\n((?:^ *\* (?!@).*\n)+)/gm)].map(([, lines = ''], i) =>
      snippet(`${path} ${i}`, lines.replace(/^ *\* (?:```\w*\n)?/gm, '')),
    ),
  )
}

/** The snippet as a file of `folder`, where the package is not installed. */
export function asFile({ text }: Snippet, folder: string): string {
  // browsers have a `Plugin` of their own
  const head =
    /\bPlugin\b/.test(text) && !/^import.*\bPlugin\b/m.test(text) ? "import { Plugin } from 'wasm-link'\n" : ''
  const resolved = `${head}${text}`.replace(/from 'wasm-link(\/\w+)?'/g, (_, entry: string | undefined) => {
    const file = entry === undefined ? 'index.ts' : entry === '/text' ? 'text.ts' : `${entry.slice(1)}/index.ts`
    return `from ${JSON.stringify(relative(folder, join(root, 'src', file)))}`
  })
  return `${resolved}\nexport {}\n`
}
