/**
 * `wasm-link inspect`: what a component is from outside (imports and exports with their types, the gates it uses) and
 * what it is made of (core modules, their sizes and memories). Nothing is compiled or run. Text for people, `--json` for
 * programs.
 */
import type { Externs, ExternType } from '../index.ts'
import { plan } from '../linker/plan/plan.ts'
import type { ComponentDef } from '../model/component.ts'
import type { CoreExternType, CoreMemoryType } from '../model/core-types.ts'
import { quote, unreachable } from '../model/errors.ts'
import { featureSet } from '../model/features.ts'
import { COMPILE_LIMITS } from '../model/limits.ts'
import { decodeNames } from '../parser/component-names.ts'
import { decode } from '../parser/decode.ts'
import { validate } from '../parser/validate.ts'
import { engineSettings, parseOptions } from './options.ts'
import { EXIT, printable } from './report.ts'
import { readInput } from './source.ts'
import { type CliIo, UsageError, type Verb } from './verb.ts'
import { externLines, funcTypeText, valTypeText } from './wit-text.ts'

export const verb: Verb = {
  name: 'inspect',
  usage: 'inspect FILE [--json]',
  summary: 'show imports, exports, types and core modules',
  run: execute,
}

interface ModuleFacts {
  readonly offset: number
  readonly bytes: number
  readonly imports: number
  readonly exports: number
  readonly memories: readonly { readonly imported: boolean; readonly type: CoreMemoryType }[]
}

interface Facts {
  readonly file: string
  readonly name: string | undefined
  readonly bytes: number
  readonly features: readonly string[]
  readonly imports: Externs
  readonly exports: Externs
  readonly components: number
  readonly modules: readonly ModuleFacts[]
}

async function execute(args: readonly string[], io: CliIo): Promise<number> {
  const { values, positionals } = parseOptions(args, { json: { type: 'boolean' } })
  const [file, extra] = positionals
  if (file === undefined || extra !== undefined) throw new UsageError('inspect: one FILE')
  const { bytes } = await readInput(file, io)
  const policy = { features: featureSet(engineSettings(values).features), limits: COMPILE_LIMITS }
  const def = decode(bytes, policy)
  const valid = validate(def, policy)
  const { imports, exports } = plan(valid)
  const facts: Facts = {
    file,
    name: decodeNames(def).component,
    bytes: bytes.length,
    features: [...valid.features],
    imports,
    exports,
    ...insides(def),
  }
  io.out(printable(values.json === true ? `${JSON.stringify(json(facts), null, 2)}\n` : text(facts)))
  return EXIT.done
}

/** Everything nested counts: a component is often a shell around others. */
function insides(def: ComponentDef): { readonly components: number; readonly modules: readonly ModuleFacts[] } {
  let components = 0
  const modules: ModuleFacts[] = []
  const pending: ComponentDef[] = [def]
  for (let component = pending.pop(); component !== undefined; component = pending.pop()) {
    for (const inner of component.defs) {
      if (inner.kind === 'component') {
        components += 1
        pending.push(inner.component)
      } else if (inner.kind === 'core-module') {
        const { at, bytes, type } = inner
        const memories = [...memoriesOf(type.imports, true), ...memoriesOf(type.exports, false)]
        const { length: imports } = type.imports
        modules.push({ offset: at, bytes: bytes.length, imports, exports: type.exports.length, memories })
      }
    }
  }
  return { components, modules: modules.sort((a, b) => a.offset - b.offset) }
}

function memoriesOf(items: readonly { readonly type: CoreExternType }[], imported: boolean): ModuleFacts['memories'] {
  return items.flatMap(({ type }) => (type.kind === 'memory' ? [{ imported, type }] : []))
}

// — For people

function text(facts: Facts): string {
  const { file, name, bytes, features, imports, exports, components, modules } = facts
  const title = name === undefined ? file : `${file} (${quote(name)})`
  const lines = [`${title}: component, ${count(bytes, 'byte')}`]
  if (features.length > 0) lines.push(`uses ${features.join(', ')}`)
  lines.push(...section('imports', imports), ...section('exports', exports))
  if (components > 0) lines.push(`${count(components, 'nested component')}`)
  const total = modules.reduce((sum, module) => sum + module.bytes, 0)
  lines.push(
    modules.length === 0 ? 'no core modules' : `${count(modules.length, 'core module')}, ${count(total, 'byte')}`,
  )
  for (const module of modules) {
    const parts = [count(module.bytes, 'byte'), count(module.imports, 'import'), count(module.exports, 'export')]
    lines.push(`  at 0x${module.offset.toString(16)}: ${[...parts, ...module.memories.map(memoryText)].join(', ')}`)
  }
  return `${lines.join('\n')}\n`
}

function section(title: string, externs: Externs): string[] {
  return externs.size === 0 ? [`no ${title}`] : [title, ...externLines(externs, '  ')]
}

function memoryText({ imported, type }: ModuleFacts['memories'][number]): string {
  const { limits, index, shared, pageSizeLog2 } = type
  const pages = limits.max === undefined ? `${limits.min}…` : `${limits.min}…${limits.max}`
  const words = [imported ? 'imports' : 'exports', ...(shared ? ['shared'] : []), 'memory of', pages]
  const unit = pageSizeLog2 === undefined ? 'pages' : `pages of 2^${pageSizeLog2} bytes`
  return [...words, unit, ...(index === 'i64' ? ['(64-bit)'] : [])].join(' ')
}

const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`

// — For programs

function json(facts: Facts): object {
  const { imports, exports, modules, ...plain } = facts
  return {
    ...plain,
    imports: jsonExterns(imports),
    exports: jsonExterns(exports),
    modules: modules.map(({ memories, ...module }) => ({
      ...module,
      memories: memories.map(({ imported, type: { limits, index, shared, pageSizeLog2 } }) => ({
        imported,
        // pages of a 64-bit memory can pass what JSON numbers hold
        min: String(limits.min),
        max: limits.max === undefined ? undefined : String(limits.max),
        index,
        shared,
        pageSize: 2 ** (pageSizeLog2 ?? 16),
      })),
    })),
  }
}

/** An array, for names are the component's: as keys they would meet `__proto__`. */
function jsonExterns(externs: Externs): object[] {
  return [...externs].map(([name, extern]) => ({ name, ...jsonType(extern.type), implements: extern.implements }))
}

/** Types are WIT text, complete in themselves. */
function jsonType(type: ExternType): object {
  switch (type.kind) {
    case 'func':
      return {
        kind: 'func',
        async: type.async,
        params: type.params.map((param) => ({ name: param.name, type: valTypeText(param.type) })),
        result: type.result === undefined ? undefined : valTypeText(type.result),
        text: funcTypeText(type),
      }
    case 'instance':
      return { kind: 'instance', exports: jsonExterns(type.exports) }
    case 'component':
    case 'module':
      return { kind: type.kind, imports: jsonExterns(type.imports), exports: jsonExterns(type.exports) }
    case 'type':
      return { kind: 'type', type: jsonTypeItem(type.type) }
    case 'value':
      return { kind: 'value', type: valTypeText(type.type) }
    case 'core':
      return { kind: 'core', type: type.text }
    default:
      return unreachable(type)
  }
}

function jsonTypeItem(type: Extract<ExternType, { readonly kind: 'type' }>['type']): string | object {
  switch (type.kind) {
    case 'resource':
      return 'resource'
    case 'func':
    case 'instance':
    case 'component':
      return jsonType(type)
    default:
      return valTypeText(type)
  }
}
