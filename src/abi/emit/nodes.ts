/**
 * A type as generated code is shared by it: its parts in one fixed order, and a key that two types have in common when the
 * same code serves both. Resources are told apart, not told: which they are is a matter of the running instance.
 */
import type { Layout, Signature } from '../layout.ts'

/** Types with more parts than this are left to the interpreter: their code would cost more than it saves. */
const MAX_NODES = 400

function partsOf(t: Layout): readonly (Layout | undefined)[] {
  switch (t.kind) {
    case 'list':
      return [t.element]
    case 'map':
      return [t.element]
    case 'record':
      return t.fields.map((f) => f.layout)
    case 'tuple':
      return t.elements.map((e) => e.layout)
    case 'variant':
      return t.cases.map((c) => c.layout)
    case 'option':
      return [t.some]
    case 'result':
      return [t.ok, t.err]
    case 'stream':
    case 'future':
      return [t.element]
    default:
      return []
  }
}

/** All parts of some types, outer first; `undefined` if there are too many. */
export function nodesOf(roots: readonly Layout[]): readonly Layout[] | undefined {
  const nodes: Layout[] = []
  const rest = [...roots].reverse()
  for (let t = rest.pop(); t !== undefined; t = rest.pop()) {
    if (nodes.push(t) > MAX_NODES) return undefined
    const parts = partsOf(t)
    if (parts.length > MAX_NODES) return undefined
    for (let i = parts.length - 1; i >= 0; i--) {
      const part = parts[i]
      if (part !== undefined) rest.push(part)
    }
  }
  return nodes
}

/** What is the same for functions that one text of code serves. */
export function keyOf({ params, result, spilledParams, spilledResult }: Signature): string {
  const resources = new Map<unknown, number>()
  const part = (t: Layout | undefined): unknown => {
    if (t === undefined) return 0
    switch (t.kind) {
      case 'record':
        return ['record', ...t.fields.flatMap((f) => [f.key, part(f.layout)])]
      case 'variant':
        return ['variant', ...t.cases.flatMap((c) => [c.name, part(c.layout)])]
      case 'enum':
        return ['enum', ...t.labels]
      case 'flags':
        return ['flags', ...t.keys]
      case 'list':
        return ['list', t.length ?? -1, part(t.element)]
      case 'own':
      case 'borrow': {
        const number = resources.get(t.resource) ?? resources.size
        resources.set(t.resource, number)
        return [t.kind, number]
      }
      case 'map':
      case 'tuple':
      case 'option':
      case 'result':
      case 'stream':
      case 'future':
        return [t.kind, ...partsOf(t).map(part)]
      default:
        return t.kind
    }
  }
  return JSON.stringify([params.map(part), part(result), spilledParams !== undefined, spilledResult !== undefined])
}

/** Holds a handle, or what needs tasks: taken and stored by the interpreter, because its order of checks is observable. */
export function isInterpreted(t: Layout): boolean {
  const nodes = nodesOf([t])
  if (nodes === undefined) return true
  return nodes.some(({ kind }) => {
    return kind === 'own' || kind === 'borrow' || kind === 'stream' || kind === 'future' || kind === 'error-context'
  })
}

/** Of one size whatever its value: nothing of it lies elsewhere, so that a list of it can be copied as a block. */
export function isPlain(t: Layout): boolean {
  if (isInterpreted(t)) return false
  return (nodesOf([t]) ?? []).every(({ kind }) => kind !== 'string' && kind !== 'list' && kind !== 'map')
}
