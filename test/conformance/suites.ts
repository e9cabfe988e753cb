/**
 * The reference tests, where they are: beside a checkout as `../shared/conformance`, or nowhere, and then nothing here
 * runs. Which gates a suite wants and what it may not pass is said here and in the lists beside this file.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Feature } from '../../src/model/features.ts'
import { parseSkipList, SkipList } from '../../src/wast/skip.ts'

const here = fileURLToPath(new URL('.', import.meta.url))
const root = join(here, '../../../shared/conformance')

export interface Suite {
  readonly name: string
  readonly present: boolean
  /** On beside the defaults; scripts of wasm-tools say themselves what they want. */
  readonly features: Readonly<Partial<Record<Feature, boolean>>>
  readonly skip: SkipList
  /** Paths from the folder of all suites. */
  readonly files: readonly string[]
}

function suite(name: string, features: Suite['features']): Suite {
  const present = existsSync(join(root, name))
  const found = present ? readdirSync(join(root, name), { recursive: true, encoding: 'utf8' }) : []
  const files = found
    .filter((file) => file.endsWith('.wast'))
    .sort()
    .map((file) => join(name, file))
  const major = Number(process.versions.node.split('.')[0])
  const lists = [`${name}.skip`, ...(major < 22 ? ['node-20.skip'] : [])]
  const entries = lists.flatMap((list) => parseSkipList(readFileSync(join(here, list), 'utf8')))
  return { name, present, features, skip: new SkipList(entries), files }
}

export const SUITES: readonly Suite[] = [
  suite('component-model', {
    'more-async-builtins': true,
    'async-stackful': true,
    'threading': true,
    'fixed-length-lists': true,
    'core-exceptions': true,
    'core-gc': true,
  }),
  suite('wasm-tools', {}),
]

export const scriptOf = (file: string): string => readFileSync(join(root, file), 'utf8')
