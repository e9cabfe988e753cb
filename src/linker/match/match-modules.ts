/**
 * Core modules and components as values against the types an import declares for them.
 *
 * Function signatures of a module are compared here, since JavaScript calls would not notice; memories, tables, globals
 * and tags are compared by kind, and in full by the engine when they are imported. A component must export what the type
 * says and import no more than the type gives.
 */
import type { Plan } from '../../model/plan.ts'
import type { Externs, ExternType, ResourceType } from '../../model/types.ts'
import type { LiveModule } from '../items.ts'
import { moduleTypes } from '../plan/module-types.ts'
import { type Mismatch, matchFunc, matchValType } from './match-types.ts'
import { externText } from './type-text.ts'

export function matchModule(
  expected: Extract<ExternType, { kind: 'module' }>,
  found: LiveModule,
): Mismatch | undefined {
  // by its own types where they are known: a metered module exports more than any component may see
  const exported = new Map(
    found.type === undefined
      ? WebAssembly.Module.exports(found.module).map(({ name, kind }) => [name, kind as string])
      : found.type.exports.map(({ name, type: { kind } }) => [name, kind === 'func' ? 'function' : kind]),
  )
  const imported = WebAssembly.Module.imports(found.module)
  const typed = found.type && moduleTypes(found.type)
  for (const [name, { type }] of expected.exports) {
    const kind = exported.get(name)
    if (kind === undefined || coreKind(type) !== kind) return differ(`export \`${name}\``, type, kind ?? 'nothing')
    const text = typed?.exports.get(name)?.type
    if (kind === 'function' && text !== undefined && externText(text) !== externText(type)) {
      return differ(`export \`${name}\``, type, externText(text))
    }
  }
  for (const { module, name, kind } of imported) {
    const given = expected.imports.get(`${module}#${name}`)?.type
    if (given === undefined || coreKind(given) !== kind) {
      return {
        at: [`import \`${module}\` \`${name}\``],
        expected: given === undefined ? 'no such import' : externText(given),
        found: kind,
      }
    }
  }
  return undefined
}

const differ = (at: string, expected: ExternType, found: string): Mismatch => ({
  at: [at],
  expected: externText(expected),
  found,
})

/** The engine's word for the kind of a core extern, read off its text: `(func …)` → `function`. */
function coreKind(type: ExternType): string {
  const word = type.kind === 'core' ? type.text.slice(1, type.text.indexOf(' ') < 0 ? -1 : type.text.indexOf(' ')) : ''
  return word === 'func' || word === 'func)' ? 'function' : word.replace(')', '')
}

export function matchComponent(
  expected: Extract<ExternType, { kind: 'component' }>,
  found: Plan,
): Mismatch | undefined {
  const comparison = new ComponentComparison()
  return (
    comparison.all(found.imports, expected.imports, 'import') ??
    comparison.all(expected.exports, found.exports, 'export')
  )
}

/** Resources are equal when they stand at the same place; the first meeting pairs them. */
class ComponentComparison {
  private readonly pairs = new Map<ResourceType, ResourceType>()

  private readonly same = (a: ResourceType, b: ResourceType): boolean =>
    this.pairs.get(a) === b || this.pairs.get(b) === a

  all(wanted: Externs, given: Externs, what: string): Mismatch | undefined {
    for (const [name, { type }] of wanted) {
      const other = given.get(name)?.type
      const mismatch =
        other === undefined ? { at: [], expected: externText(type), found: 'nothing' } : this.one(type, other)
      if (mismatch !== undefined) return { ...mismatch, at: [`${what} \`${name}\``, ...mismatch.at] }
    }
    return undefined
  }

  private one(wanted: ExternType, given: ExternType): Mismatch | undefined {
    const mismatch: Mismatch = { at: [], expected: externText(wanted), found: externText(given) }
    switch (wanted.kind) {
      case 'func':
        return given.kind === 'func' ? matchFunc(wanted, given, this.same) : mismatch
      case 'instance':
        return given.kind === 'instance' ? this.all(wanted.exports, given.exports, 'export') : mismatch
      case 'component':
        return given.kind === 'component'
          ? (this.all(given.imports, wanted.imports, 'import') ?? this.all(wanted.exports, given.exports, 'export'))
          : mismatch
      case 'type':
        return given.kind === 'type' ? this.types(wanted.type, given.type, mismatch) : mismatch
      case 'module':
        return given.kind === 'module'
          ? (this.texts(given.imports, wanted.imports) ?? this.texts(wanted.exports, given.exports))
          : mismatch
      case 'value':
        return given.kind === 'value' ? matchValType(wanted.type, given.type, this.same) : mismatch
      case 'core':
        return given.kind === 'core' && given.text === wanted.text ? undefined : mismatch
    }
  }

  private types(
    wanted: Extract<ExternType, { kind: 'type' }>['type'],
    given: Extract<ExternType, { kind: 'type' }>['type'],
    mismatch: Mismatch,
  ): Mismatch | undefined {
    if (wanted.kind === 'resource' || given.kind === 'resource') {
      if (wanted.kind !== 'resource' || given.kind !== 'resource') return mismatch
      if (!this.pairs.has(wanted)) this.pairs.set(wanted, given)
      return this.same(wanted, given) ? undefined : mismatch
    }
    if (isExtern(wanted) || isExtern(given))
      return isExtern(wanted) && isExtern(given) ? this.one(wanted, given) : mismatch
    return matchValType(wanted, given, this.same)
  }

  private texts(wanted: Externs, given: Externs): Mismatch | undefined {
    for (const [name, { type }] of wanted) {
      const other = given.get(name)?.type
      if (other === undefined || externText(other) !== externText(type)) {
        return {
          at: [`\`${name}\``],
          expected: externText(type),
          found: other === undefined ? 'nothing' : externText(other),
        }
      }
    }
    return undefined
  }
}

type NamedType = Extract<ExternType, { kind: 'type' }>['type']

function isExtern(type: NamedType): type is Extract<NamedType, { kind: 'func' | 'instance' | 'component' }> {
  return type.kind === 'func' || type.kind === 'instance' || type.kind === 'component'
}
