/**
 * Hosts that answer any well-typed value: for every function that a component imports some answers, given in turn; for
 * every resource a class whose methods answer likewise.
 */
import { type Arbitrary, array, cloneMethod, constant, tuple } from 'fast-check'
import {
  type Component,
  ComponentError,
  type Externs,
  type FuncType,
  type Imports,
  type ResourceType,
} from '../index.ts'
import { camelCase, pascalCase, resourceFunc, uniqueKeys } from '../linker/js-names.ts'
import { mapHandles } from './handles.ts'
import { ValueMaker } from './values.ts'

const MOST_ANSWERS = 6

/** A place in the import object, and what it answers there. */
interface Answers {
  readonly path: readonly string[]
  readonly type: FuncType
  readonly values: Arbitrary<readonly unknown[]>
}

/** @throws TypeError for imports that no JavaScript value can satisfy: core modules, components, values */
export function importsOf(component: Pick<Component, 'imports'>): Arbitrary<Imports> {
  const classes = new Map<ResourceType, { readonly path: readonly string[] }>()
  const functions: Answers[] = []
  // handles are made when they are asked for
  const maker = new ValueMaker((type) => constant(type.resource))
  const answersOf = (type: FuncType): Arbitrary<readonly unknown[]> =>
    array(type.result === undefined ? constant(undefined) : maker.of(type.result), {
      minLength: 1,
      maxLength: MOST_ANSWERS,
    })
  const add = (externs: Externs, prefix: readonly string[], root: boolean): void => {
    const free = [...externs].filter(([name, { type }]) => type.kind === 'func' && resourceFunc(name) === undefined)
    const keys = uniqueKeys(
      free.map(([name]) => name),
      camelCase,
    )
    for (const [name, { type }] of externs) {
      switch (type.kind) {
        case 'func': {
          const path = root ? [name, 'default'] : [...prefix, keys.get(name) ?? name]
          functions.push({ path: memberPath(name, prefix, root) ?? path, type, values: answersOf(type) })
          break
        }
        case 'instance':
          add(type.exports, [...prefix, name], false)
          break
        case 'type':
          if (type.type.kind === 'resource' && !classes.has(type.type))
            classes.set(type.type, { path: root ? [name, 'default'] : [...prefix, pascalCase(name)] })
          break
        default:
          throw new TypeError(`import \`${[...prefix, name].join('#')}\`: no host can be made for a ${type.kind}`)
      }
    }
  }
  add(component.imports, [], true)
  return tuple(...functions.map(({ values }) => values)).map((answers) => new Host(classes, functions, answers).imports)
}

/** Where a function of a resource goes: on its class, or on its prototype. */
function memberPath(name: string, prefix: readonly string[], root: boolean): readonly string[] | undefined {
  const parsed = resourceFunc(name)
  if (parsed === undefined) return undefined
  const cls = root ? [parsed.resource, 'default'] : [...prefix, pascalCase(parsed.resource)]
  if (parsed.kind === 'constructor') return [...cls, 'constructor']
  return parsed.kind === 'method' ? [...cls, 'prototype', camelCase(parsed.name)] : [...cls, camelCase(parsed.name)]
}

class Host {
  readonly imports: Imports = Object.create(null)
  readonly #classes = new Map<ResourceType, new () => object>()

  constructor(
    classes: ReadonlyMap<ResourceType, { readonly path: readonly string[] }>,
    functions: readonly Answers[],
    answers: readonly (readonly unknown[])[],
  ) {
    // what was answered is state: every run must begin with the first answers again
    const clone = (): Imports => new Host(classes, functions, answers).imports
    Object.defineProperty(this.imports, cloneMethod, { value: clone })
    for (const [resource, { path }] of classes) {
      const cls = class {}
      this.#classes.set(resource, cls)
      this.#put(path, cls)
    }
    for (const [i, { path, type }] of functions.entries()) {
      // every class can be constructed already
      if (path.at(-1) === 'constructor') continue
      this.#put(path, this.#func(type, answers[i] ?? []))
    }
  }

  #put(path: readonly string[], value: unknown): void {
    let at: object = this.imports
    for (const key of path.slice(0, -1)) {
      const next: unknown = Reflect.get(at, key)
      if (typeof next === 'object' || typeof next === 'function') at = next ?? at
      else {
        const made: object = Object.create(null)
        Reflect.set(at, key, made)
        at = made
      }
    }
    Object.defineProperty(at, path.at(-1) ?? '', { value, configurable: true, writable: true, enumerable: true })
  }

  #func(type: FuncType, answers: readonly unknown[]): () => unknown {
    let calls = 0
    return () => {
      const { result } = type
      const answer = answers[calls++ % Math.max(answers.length, 1)]
      const value = mapHandles(result, answer, (resource) => {
        const cls = this.#classes.get(resource as ResourceType)
        if (cls === undefined) throw new TypeError('a host cannot make resources of a guest')
        return new cls()
      })
      if (result?.kind !== 'result') return value
      const { tag, val } = value as { readonly tag: 'ok' | 'err'; readonly val: unknown }
      if (tag === 'ok') return val
      throw new ComponentError(val)
    }
  }
}
