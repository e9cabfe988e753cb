/**
 * What a binding's plugins have in common: interfaces of one package, their functions with types, their resources. Derived
 * from what the plugins export, or declared by the host and then checked, or taken from the first consumer where there is
 * nothing else. It grows only in that last case, and never changes otherwise.
 *
 * Resources of a contract are known by its `env`: the plugins' own ones are the binding's routed types, all others what
 * they are at run time.
 */
import { Layouts } from '../abi/layouts.ts'
import type { RuntimeResourceType } from '../abi/resource.ts'
import type { TypeEnv } from '../linker/host/host-func.ts'
import { resourceFunc } from '../linker/js-names.ts'
import { funcText } from '../linker/match/type-text.ts'
import type { LinkProblem } from '../model/errors.ts'
import type { PlanResource } from '../model/plan.ts'
import type { Extern, Externs, ExternType, FuncType, ResourceType } from '../model/types.ts'
import type { Func, ReturnKind } from './interface.ts'
import type { Audience } from './shape.ts'

export interface ContractFunc {
  readonly name: string
  /** `one`: it goes to the owner of its first argument, or to the only plugin. */
  readonly audience: Audience
  readonly method: boolean
  /** `undefined`: declared without type, and no plugin or consumer has told it yet. */
  readonly typed: { readonly type: FuncType; readonly env: TypeEnv } | undefined
  readonly declared: Func | undefined
}

export function audienceOf(name: string): Audience {
  const kind = resourceFunc(name)?.kind
  return kind === 'method' || kind === 'constructor' ? 'one' : 'all'
}

export class ContractInterface {
  readonly short: string
  /** `acme:calc/ops@0.3.1`: how calls, errors and traces name it. */
  readonly path: string
  /** `undefined` is a version too: none. `'any'`: nobody has said. */
  readonly version: string | undefined | 'any'
  readonly functions: Map<string, ContractFunc> = new Map()
  /** Name → what its handles are of. */
  readonly resources: Map<string, RuntimeResourceType> = new Map()
  /** The same by whose types they are told in. Mostly one. */
  readonly parts: Map<TypeEnv, Map<string, Extern>> = new Map()

  constructor(short: string, path: string, version: string | undefined | 'any') {
    this.short = short
    this.path = path
    this.version = version
  }

  add(name: string, typed: ContractFunc['typed'], declared: Func | undefined): void {
    const method = resourceFunc(name)?.kind === 'method'
    this.functions.set(name, { name, audience: audienceOf(name), method, typed, declared })
    if (typed !== undefined) this.part(typed.env).set(name, { type: typed.type, offset: 0 })
  }

  addResource(name: string, rt: RuntimeResourceType, type: ResourceType, env: TypeEnv): void {
    this.resources.set(name, rt)
    this.part(env).set(name, { type: { kind: 'type', type }, offset: 0 })
  }

  /** A type that is no resource: for whoever looks. */
  addType(name: string, type: ExternType, env: TypeEnv): void {
    this.part(env).set(name, { type, offset: 0 })
  }

  private part(env: TypeEnv): Map<string, Extern> {
    let part = this.parts.get(env)
    if (part === undefined) {
      part = new Map()
      this.parts.set(env, part)
    }
    return part
  }

  get externs(): Externs {
    return new Map([...this.parts.values()].flatMap((part) => [...part]))
  }
}

export class Contract {
  readonly interfaces: Map<string, ContractInterface> = new Map()
  /** Taken from consumers: what they ask for is added. */
  readonly open: boolean

  constructor(open: boolean) {
    this.open = open
  }

  get externs(): Externs {
    const externs = new Map<string, Extern>()
    for (const [short, contract] of this.interfaces)
      externs.set(short, { type: { kind: 'instance', exports: contract.externs }, offset: 0 })
    return externs
  }
}

/** What a declaration says that a function is not. */
export function declarationProblems(path: string, func: Func, type: FuncType, name: string): LinkProblem[] {
  const problems: LinkProblem[] = []
  const differ = (what: string, expected: string, found: string): void => {
    problems.push({
      kind: 'type-mismatch',
      path,
      message: `declared ${what} ${expected}, found ${found}`,
      expected,
      found,
    })
  }
  const method = name.startsWith('[method]') ? 'method' : 'freestanding'
  if (func.kind !== undefined && func.kind !== method) differ('kind', func.kind, method)
  if (func.async !== undefined && func.async !== type.async)
    differ('as', func.async ? 'async' : 'synchronous', type.async ? 'async' : 'synchronous')
  const returns = returnKind(type)
  // `may-contain-resources` is the cautious word for any result
  const fits = func.returns === returns || (func.returns === 'may-contain-resources' && returns !== 'void')
  if (func.returns !== undefined && !fits) differ('return kind', func.returns, `${returns}: ${funcText(type)}`)
  return problems
}

export function returnKind({ result }: FuncType): ReturnKind {
  if (result === undefined) return 'void'
  return holdsResource(result, new Set()) ? 'may-contain-resources' : 'assume-no-resources'
}

// Types are plain data: what is asked of all of them alike needs no case for each.

function holdsResource(type: unknown, seen: Set<object>): boolean {
  if (typeof type !== 'object' || type === null || seen.has(type)) return false
  seen.add(type)
  return ('kind' in type && type.kind === 'resource') || Object.values(type).some((part) => holdsResource(part, seen))
}

/** Types that the host declares, their resources told by name: the same types with resources that can have an identity. */
export class DeclaredTypes {
  readonly env: TypeEnv
  readonly #resources: RuntimeResourceType[] = []
  readonly #known = new Map<string, PlanResource>()
  readonly #resolve: (name: string) => RuntimeResourceType

  constructor(resolve: (name: string) => RuntimeResourceType) {
    this.#resolve = resolve
    this.env = { layouts: new Layouts(), resources: this.#resources }
  }

  resource(name: string): PlanResource {
    let known = this.#known.get(name)
    if (known === undefined) {
      known = { kind: 'resource', name, slot: this.#resources.length }
      this.#resources.push(this.#resolve(name))
      this.#known.set(name, known)
    }
    return known
  }

  func(type: FuncType): FuncType {
    return this.#copy(type, new Map()) as FuncType
  }

  #copy(type: unknown, made: Map<object, unknown>): unknown {
    if (typeof type !== 'object' || type === null) return type
    if (Array.isArray(type)) return type.map((part) => this.#copy(part, made))
    if ('kind' in type && type.kind === 'resource') return this.resource(String(Reflect.get(type, 'name')))
    if (!made.has(type))
      made.set(type, Object.fromEntries(Object.entries(type).map(([key, part]) => [key, this.#copy(part, made)])))
    return made.get(type)
  }
}
