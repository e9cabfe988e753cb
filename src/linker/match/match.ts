/**
 * Imports against what the host offers: every import is found, checked and turned into a live item, or told as a problem;
 * all problems at once, by path.
 *
 * Names match exactly, then semver-compatibly, then without version. Only own properties are read. A function or class
 * that an instance of the same engine exported is linked directly, component to component, after a full comparison of
 * types; everything else is a JavaScript function or class.
 */
import type { RuntimeResourceType } from '../../abi/resource.ts'
import { type LinkProblem, quote } from '../../model/errors.ts'
import type { PlanResource } from '../../model/plan.ts'
import type { Externs, ExternType, FuncType, ResourceType } from '../../model/types.ts'
import { originOf, type TypedFunc } from '../host/exports.ts'
import type { TypeEnv } from '../host/host-func.ts'
import { type HostCall, importedFunction, type PlainFunction } from '../host/host-import.ts'
import type { Bridge, HostClass } from '../host/host-resources.ts'
import { describe } from '../host/host-values.ts'
import { type LiveItem, type LiveItems, liveOf } from '../items.ts'
import { camelCase, pascalCase, type ResourceFunc, resourceFunc, uniqueKeys } from '../js-names.ts'
import { canPark, isSuspending } from '../suspend.ts'
import { servingKeys, triedNames } from './import-names.ts'
import { matchComponent, matchModule } from './match-modules.ts'
import { type Mismatch, matchFunc, type SameResource } from './match-types.ts'
import { externText } from './type-text.ts'

/** One import object, and how its functions know whom they serve. */
export interface Source {
  readonly members: object
  /** Wraps each call, so that the caller object tells which call it is; absent for plain objects. */
  readonly around: ((path: string, call: HostCall) => HostCall) | undefined
  /** Every call must go through `around`: no function of another instance is joined directly. */
  readonly guarded?: boolean
}

export interface Matched {
  readonly items: LiveItems
  readonly problems: readonly LinkProblem[]
  /** What the consumer's imported resources turned out to be. */
  readonly resources: ReadonlyMap<ResourceType, RuntimeResourceType>
}

/**
 * @param linked items that are decided already (sockets); they come first
 * @param env the consumer's; its `resources` are filled when the plan runs
 */
export function matchImports(
  imports: Externs,
  sources: readonly Source[],
  linked: LiveItems,
  env: TypeEnv,
  bridge: Bridge,
): Matched {
  const matcher = new Matcher(sources, linked, env, bridge)
  for (const [name, extern] of imports) matcher.root(name, extern.type)
  return { items: matcher.items, problems: matcher.problems, resources: matcher.resources }
}

/** A value found under a name, and in which source. */
interface Found {
  readonly value: unknown
  readonly source: Source
}

class Matcher {
  readonly items = new Map<string, LiveItem>()
  readonly problems: LinkProblem[] = []
  private readonly sources: readonly Source[]
  private readonly linked: LiveItems
  private readonly env: TypeEnv
  private readonly bridge: Bridge
  /** What the consumer's imported resources turned out to be. */
  readonly resources = new Map<ResourceType, RuntimeResourceType>()

  constructor(sources: readonly Source[], linked: LiveItems, env: TypeEnv, bridge: Bridge) {
    this.sources = sources
    this.linked = linked
    this.env = env
    this.bridge = bridge
  }

  root(name: string, type: ExternType): void {
    const given = this.linked.get(name)
    if (given !== undefined) {
      if (this.sources.some(({ members }) => servingKeys(name, Object.keys(members)).length > 0))
        this.problems.push({ kind: 'duplicate', path: name, message: 'given by a socket and by the host' })
      this.learn(type, given)
      this.items.set(name, given)
      return
    }
    const found = this.sources.flatMap((source) => {
      const [key] = servingKeys(name, Object.keys(source.members))
      return key === undefined ? [] : [{ value: own(source.members, key), source }]
    })
    const item = type.kind === 'instance' ? this.instance(name, type.exports, found) : this.plain(name, type, found)
    if (item !== undefined) this.items.set(name, item)
  }

  /** A socket's items bring the identities of their resources. */
  private learn(type: ExternType, item: LiveItem): void {
    if (type.kind === 'type' && type.type.kind === 'resource' && item.kind === 'resource')
      this.resources.set(type.type, item.type)
    if (type.kind !== 'instance' || item.kind !== 'instance') return
    for (const [name, extern] of type.exports) {
      const inner = item.exports.get(name)
      if (inner !== undefined) this.learn(extern.type, inner)
    }
  }

  /** An import at the root that is no instance: jco puts it under `default`. */
  private plain(name: string, type: ExternType, found: readonly Found[]): LiveItem | undefined {
    if (type.kind === 'type' && type.type.kind !== 'resource') return { kind: 'type' }
    const parsed = type.kind === 'func' ? resourceFunc(name) : undefined
    if (parsed !== undefined && type.kind === 'func') {
      const holders = this.sources.flatMap((source) => {
        const value = own(source.members, parsed.resource)
        return value === undefined ? [] : [{ value: inner(value), source }]
      })
      return this.member(name, parsed, type, holders[0])
    }
    const values = found.map(({ value, source }) => ({ value: inner(value), source }))
    const one = this.one(name, values)
    if (one === undefined) return undefined
    return this.value(name, type, one)
  }

  private instance(path: string, externs: Externs, found: readonly Found[]): LiveItem | undefined {
    const exports = new Map<string, LiveItem>()
    const needed = [...externs].filter(([, { type }]) => this.isNeeded(type))
    if (needed.length > 0 && found.length === 0) {
      this.missing(path, `import \`${quote(path)}\` was not found`, triedNames(path))
      return undefined
    }
    const objects = found.filter(({ value }) => {
      if (typeof value === 'object' && value !== null) return true
      this.mismatch(path, 'an object of functions and classes', describe(value))
      return false
    })
    if (needed.length > 0 && objects.length === 0) return undefined
    // resources first: what functions take and give is compared through them
    const order = [...externs].sort(([, a], [, b]) => Number(b.type.kind === 'type') - Number(a.type.kind === 'type'))
    const keys = uniqueKeys(
      [...externs.keys()].filter((name) => externs.get(name)?.type.kind === 'func' && resourceFunc(name) === undefined),
      camelCase,
    )
    for (const [name, { type }] of order) {
      const item = this.inInstance(join(path, name), name, type, objects, keys)
      if (item !== undefined) exports.set(name, item)
    }
    return { kind: 'instance', exports }
  }

  /** Types that are no resources, and resources known already, need nothing from the host. */
  private isNeeded(type: ExternType): boolean {
    if (type.kind !== 'type') return true
    return type.type.kind === 'resource' && !this.resources.has(type.type)
  }

  private inInstance(
    path: string,
    name: string,
    type: ExternType,
    objects: readonly Found[],
    keys: ReadonlyMap<string, string>,
  ): LiveItem | undefined {
    if (type.kind === 'type') {
      if (type.type.kind !== 'resource') return { kind: 'type' }
      const known = this.resources.get(type.type)
      if (known !== undefined) return { kind: 'resource', type: known }
      const one = this.one(path, members(objects, pascalCase(name)), pascalCase(name))
      return one && this.value(path, type, one)
    }
    const parsed = type.kind === 'func' ? resourceFunc(name) : undefined
    if (parsed !== undefined && type.kind === 'func') {
      return this.member(path, parsed, type, members(objects, pascalCase(parsed.resource))[0])
    }
    const key = keys.get(name) ?? camelCase(name)
    const found = members(objects, key)
    if (type.kind === 'instance') return this.instance(path, type.exports, found)
    const one = this.one(path, found, key)
    return one && this.value(path, type, one)
  }

  /** Exactly one source has it, or it is a problem. */
  private one(path: string, found: readonly Found[], key?: string): Found | undefined {
    const [first, second] = found
    if (first === undefined) {
      const what =
        key === undefined
          ? `import \`${quote(path)}\` was not found`
          : `instance import has no member \`${quote(key)}\``
      this.missing(path, what, key === undefined ? triedNames(path) : [key])
      return undefined
    }
    if (second !== undefined)
      this.problems.push({ kind: 'duplicate', path, message: 'given by more than one import source' })
    return first
  }

  private value(path: string, type: ExternType, found: Found): LiveItem | undefined {
    switch (type.kind) {
      case 'func':
        return this.func(path, type, found)
      case 'type':
        return type.type.kind === 'resource' ? this.resource(path, type.type, found.value) : { kind: 'type' }
      case 'module':
        return this.module(path, type, found.value)
      case 'component':
        return this.component(path, type, found.value)
      case 'instance':
      case 'value':
      case 'core':
        return this.mismatch(path, externText(type), describe(found.value))
    }
  }

  private resource(path: string, resource: ResourceType, value: unknown): LiveItem | undefined {
    const origin = originOf(value)
    if (origin?.kind === 'resource' && origin.bridge === this.bridge) {
      this.resources.set(resource, origin.type)
      return { kind: 'resource', type: origin.type }
    }
    if (typeof value !== 'function' || typeof value.prototype !== 'object')
      return this.mismatch(path, 'a class', describe(value))
    const type = this.bridge.hostType(value as object as HostClass, resource.name)
    this.resources.set(resource, type)
    return { kind: 'resource', type }
  }

  /** A constructor, method or static function: a member of the resource's class. */
  private member(path: string, parsed: ResourceFunc, type: FuncType, holder: Found | undefined): LiveItem | undefined {
    const cls = holder?.value
    if (holder === undefined || typeof cls !== 'function') {
      // the class itself is reported where it is imported
      if (this.problems.length === 0)
        this.missing(path, `no class for resource \`${quote(parsed.resource)}\``, [pascalCase(parsed.resource)])
      return undefined
    }
    const origin = originOf(cls)
    if (origin?.kind === 'resource' && origin.bridge === this.bridge && holder.source.guarded !== true) {
      const direct = origin.funcs.get(path.slice(path.lastIndexOf('#') + 1))
      if (direct !== undefined) return this.direct(path, type, direct)
    }
    const around = holder.source.around
    if (parsed.kind === 'constructor') {
      const construct: HostCall = (args) => Reflect.construct(cls, args)
      return this.host(path, type, construct, around)
    }
    const key = camelCase(parsed.name)
    const target: unknown = parsed.kind === 'static' ? Reflect.get(cls, key) : Reflect.get(Object(cls.prototype), key)
    if (typeof target !== 'function') {
      this.missing(path, `class ${quote(cls.name)} has no ${parsed.kind} \`${quote(key)}\``, [key])
      return undefined
    }
    if (parsed.kind === 'static') return this.host(path, type, (args) => Reflect.apply(target, cls, args), around)
    const method: HostCall = ([self, ...rest]) => Reflect.apply(Reflect.get(Object(self), key), self, rest)
    return this.host(path, type, method, around)
  }

  private func(path: string, type: FuncType, { value, source }: Found): LiveItem | undefined {
    if (typeof value !== 'function') return this.mismatch(path, externText(type), describe(value))
    const origin = originOf(value)
    if (origin?.kind === 'func' && origin.bridge === this.bridge && source.guarded !== true)
      return this.direct(path, type, origin)
    const plain = value as PlainFunction
    if (isSuspending(value) && !type.async) {
      if (canPark()) {
        const call = source.around === undefined ? plainCall(plain) : source.around(path, plainCall(plain))
        return { kind: 'func', func: importedFunction(type, path, this.env, this.bridge, call, undefined, true) }
      }
      this.problems.push({
        kind: 'needs-jspi',
        path,
        message: 'a `suspending` function needs stack switching, which is not available here',
      })
      return undefined
    }
    return this.host(path, type, plainCall(plain), source.around, plain)
  }

  private host(
    path: string,
    type: FuncType,
    call: HostCall,
    around: Source['around'],
    plain?: PlainFunction,
  ): LiveItem {
    const func =
      around === undefined
        ? importedFunction(type, path, this.env, this.bridge, call, plain)
        : importedFunction(type, path, this.env, this.bridge, around(path, call))
    return { kind: 'func', func }
  }

  private direct(path: string, type: FuncType, found: TypedFunc): LiveItem | undefined {
    const same: SameResource = (expected, other) => {
      const live = found.env.resources[(other as PlanResource).slot]
      return live !== undefined && this.resources.get(expected) === live
    }
    const mismatch = matchFunc(type, found.type, same)
    if (mismatch === undefined) return { kind: 'func', func: found.func }
    return this.mismatch(path, mismatch.expected, mismatch.found, mismatch)
  }

  private module(path: string, type: Extract<ExternType, { kind: 'module' }>, value: unknown): LiveItem | undefined {
    const live = liveOf(value)
    if (live?.kind !== 'module') return this.mismatch(path, 'a CoreModule or a WebAssembly.Module', describe(value))
    const mismatch = matchModule(type, live)
    if (mismatch !== undefined) return this.mismatch(path, mismatch.expected, mismatch.found, mismatch)
    return live
  }

  private component(
    path: string,
    type: Extract<ExternType, { kind: 'component' }>,
    value: unknown,
  ): LiveItem | undefined {
    const live = liveOf(value)
    if (live?.kind !== 'component') return this.mismatch(path, 'a Component', describe(value))
    const mismatch = matchComponent(type, live.artifact.plan)
    if (mismatch !== undefined) return this.mismatch(path, mismatch.expected, mismatch.found, mismatch)
    return live
  }

  private missing(path: string, message: string, tried: readonly string[]): void {
    this.problems.push({ kind: 'missing-import', path, message, tried })
  }

  private mismatch(path: string, expected: string, found: string, where?: Mismatch): undefined {
    const at = where === undefined || where.at.length === 0 ? '' : ` at ${where.at.join(', ')}`
    this.problems.push({
      kind: 'type-mismatch',
      path,
      message: `type mismatch${at}: expected ${expected}, found ${found}`,
      expected,
      found,
    })
    return undefined
  }
}

const join = (path: string, name: string): string => `${path}#${name}`

function own(object: object, key: string): unknown {
  return Object.hasOwn(object, key) ? Reflect.get(object, key) : undefined
}

/** `{ default: f }` and `f` are both a way to give a function at the root. */
function inner(value: unknown): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, 'default')
    ? Reflect.get(value, 'default')
    : value
}

function members(objects: readonly Found[], key: string): readonly Found[] {
  return objects.flatMap(({ value, source }) => {
    const member = own(Object(value), key)
    return member === undefined ? [] : [{ value: member, source }]
  })
}

/** Called without `this`, as jco does, and without a spread for the usual few arguments. */
function plainCall(call: PlainFunction): HostCall {
  return (args) => {
    switch (args.length) {
      case 0:
        return call()
      case 1:
        return call(args[0])
      case 2:
        return call(args[0], args[1])
      default:
        return call(...args)
    }
  }
}
