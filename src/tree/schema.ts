/**
 * What a tree may say, field by field. The host's own data (`from`) may hold what JSON cannot: sources, functions, types;
 * a manifest may not. A part that does not fit is left out and is one problem, its path first; the others stay.
 */
import type { Interface, Limits, PluginOptions } from '../index.ts'
import type { CardinalityKind } from '../model/errors.ts'
import { RUN_LIMITS, type RunLimit } from '../model/limits.ts'
import type { WasiOptions } from '../wasi/options.ts'
import {
  amount,
  anyOf,
  anything,
  at,
  type Check,
  entriesOf,
  entryOf,
  flag,
  isText,
  list,
  misfit,
  object,
  oneOf,
  record,
  text,
  words,
} from './check.ts'
import type { Grants, TreeProblem } from './data.ts'
import { assemble, type BindingPart, type Load, type PluginPart, type TreeModel } from './model.ts'
import { problem, reason } from './problems.ts'

/** What becomes of the parts of an entry that depend on where it came from. */
export interface Origin {
  /** JSON: nothing but data. */
  readonly json: boolean
  component(value: unknown, path: string): Pick<PluginPart<never>, 'from'> & { readonly load: Load }
  wasi(options: WasiOptions, path: string): WasiOptions
}

const CARDINALITY: Check<CardinalityKind> = oneOf('exactly-one', 'at-most-one', 'at-least-one', 'any')
const names: Check<readonly string[]> = list(text('a name'))
/** WIT text is as long as a manifest may be. */
const WIT = text('WIT text', Number.MAX_SAFE_INTEGER)

const ifHost =
  <T>(json: boolean, what: string, check: Check<T>): Check<T> =>
  (value, path) => {
    if (json) throw misfit(path, `${what} cannot stand in a manifest`)
    return check(value, path)
  }

const callable: Check<never> = (value, path) => {
  if (typeof value !== 'function') throw misfit(path, 'expected a function')
  return anything(value, path)
}

function interfaces(json: boolean): Check<Readonly<Record<string, Interface>>> {
  const func = object<Interface['functions'][string]>({
    kind: oneOf('freestanding', 'method'),
    returns: oneOf('void', 'may-contain-resources', 'assume-no-resources'),
    async: flag,
    type: ifHost(json, 'a type (say it as WIT text)', anything),
  })
  return record(object<Interface>({ functions: record(func), resources: names }, 'functions'))
}

const isNumber = (value: unknown): boolean => typeof value === 'number'

function limits<Ctx>(json: boolean): Check<Limits<Ctx>> {
  const perCall = anyOf(isNumber, amount, ifHost(json, 'a function', callable))
  const budget = object<NonNullable<Limits<Ctx>['timeoutMs']>>({ initial: amount, perCall })
  const runLimits = Object.fromEntries(Object.keys(RUN_LIMITS).map((name) => [name, amount])) as {
    readonly [K in RunLimit]: Check<number>
  }
  return object<Limits<Ctx>>({
    ...runLimits,
    fuel: object<NonNullable<Limits<Ctx>['fuel']>>({
      initial: amount,
      perCall,
      charge: oneOf('callee', 'caller'),
      pool: ifHost(json, 'a pool', anything),
    }),
    epochTicks: budget,
    timeoutMs: budget,
    growth: ifHost(json, 'a resource limiter', anything),
  })
}

function remap<Ctx>(json: boolean): Check<NonNullable<PluginOptions<Ctx>['remap']>> {
  const one = object<NonNullable<NonNullable<PluginOptions<Ctx>['remap']>['exports']>[string]>({
    foundAs: text('a name'),
    items: record(text('a name')),
    adapt: ifHost(json, 'an adapter', anything),
  })
  return object<NonNullable<PluginOptions<Ctx>['remap']>>({ exports: record(one), imports: record(one) })
}

const RESTART: Check<NonNullable<PluginOptions<unknown>['restart']>> = anyOf(
  isText,
  oneOf('never', 'on-next-call'),
  object<{ readonly backoffMs: number; readonly maxRestarts: number }>(
    { backoffMs: amount, maxRestarts: amount },
    'backoffMs',
    'maxRestarts',
  ),
)

/** The options that a manifest can say are checked here, the rest where they are used: by `wasm-link/wasi` itself. */
function wasi(json: boolean): Check<WasiOptions> {
  const output = anyOf(isText, oneOf('inherit'), ifHost(json, 'a function', callable))
  return object<WasiOptions>({
    args: list(words),
    env: record(words),
    dirs: record(
      object<{ readonly host: string; readonly writable?: boolean }>({ host: text('a path'), writable: flag }, 'host'),
    ),
    network: flag,
    stdin: ifHost(json, 'a stream', anything),
    stdout: output,
    stderr: output,
  })
}

function bindingPart(value: unknown, path: string, { json }: Origin): BindingPart {
  const part = object<{ package: string; cardinality: CardinalityKind; interfaces?: BindingPart['interfaces'] }>(
    { package: text('a package name'), cardinality: CARDINALITY, interfaces: anyOf(isText, WIT, interfaces(json)) },
    'package',
    'cardinality',
  )(value, path)
  if (!/^[^:@/]+(?::[^:@/]+)+(?:@.+)?$/.test(part.package))
    throw misfit(at(path, 'package'), 'expected a package name like `acme:calc` or `acme:calc@1.2.0`')
  return Object.freeze({ ...part, interfaces: part.interfaces })
}

interface Said<Ctx> {
  readonly component: Pick<PluginPart<Ctx>, 'load' | 'from'>
  readonly integrity?: string
  readonly plug: string | readonly string[]
  readonly sockets?: readonly string[]
  readonly context?: Ctx
  readonly grants?: Grants
  readonly limits?: Limits<Ctx>
  readonly remap?: NonNullable<PluginOptions<Ctx>['remap']>
  readonly restart?: NonNullable<PluginOptions<Ctx>['restart']>
}

function pluginPart<Ctx>(value: unknown, path: string, origin: Origin): PluginPart<Ctx> {
  const { json } = origin
  const said = object<Said<Ctx>>(
    {
      component: (value, path) => origin.component(value, path),
      integrity: (value, path) => {
        const digests = text('a digest like sha256-…')(value, path)
        if (!digests.split(/\s+/).some((digest) => /^sha(256|384|512)-[A-Za-z0-9+/]+={0,2}$/.test(digest)))
          throw misfit(path, 'expected sha256-…, sha384-… or sha512-… in base64')
        return digests
      },
      plug: anyOf(isText, text('the id of a binding'), names),
      sockets: names,
      context: ifHost(json, 'a context', anything),
      grants: object<Grants>({ host: names, wasi: (value, path) => origin.wasi(wasi(json)(value, path), path) }),
      limits: limits(json),
      remap: remap(json),
      restart: RESTART,
    },
    'component',
    'plug',
  )(value, path)
  const plug = typeof said.plug === 'string' ? [said.plug] : [...new Set(said.plug)]
  if (plug.length === 0) throw misfit(at(path, 'plug'), 'names no binding')
  return Object.freeze({
    ...said.component,
    integrity: said.integrity,
    plug,
    sockets: said.sockets && [...new Set(said.sockets)],
    // `undefined` is a context too: the type says what it is
    context: said.context as Ctx,
    host: said.grants?.host ?? [],
    wasi: said.grants?.wasi,
    limits: said.limits,
    remap: said.remap,
    restart: said.restart,
  })
}

/** @param root in place of the one that the data names */
export function modelOf<Ctx>(data: unknown, origin: Origin, problems: TreeProblem[], root?: string): TreeModel<Ctx> {
  const bindings = new Map<string, BindingPart>()
  const plugins = new Map<string, PluginPart<Ctx>>()
  let named: string | TreeProblem | undefined = root
  const part = (kind: TreeProblem['kind'], subject: string, read: () => void): void => {
    try {
      read()
    } catch (cause) {
      problems.push(problem(kind, subject, reason(cause), { cause }))
    }
  }
  part('corrupted-interface-manifest', '', () => {
    for (const [key] of entriesOf(data, '')) {
      if (!['$schema', 'root', 'bindings', 'plugins'].includes(key))
        part('corrupted-interface-manifest', key, () => {
          throw misfit(at('', key), 'there is no such setting; there are root, bindings, plugins')
        })
    }
    const whole = Object(data)
    part('corrupted-interface-manifest', 'root', () => {
      named ??= text('the id of a binding')(entryOf(whole, 'root'), 'root')
    })
    part('corrupted-interface-manifest', 'bindings', () => {
      for (const [id, value] of entriesOf(entryOf(whole, 'bindings'), 'bindings'))
        part('corrupted-interface-manifest', id, () => {
          bindings.set(id, bindingPart(value, at('bindings', id), origin))
        })
    })
    part('corrupted-plugin-manifest', 'plugins', () => {
      for (const [id, value] of entriesOf(entryOf(whole, 'plugins'), 'plugins'))
        part('corrupted-plugin-manifest', id, () => {
          plugins.set(id, pluginPart(value, at('plugins', id), origin))
        })
    })
  })
  return assemble(named ?? problem('missing-root', '', 'no root binding is named'), bindings, plugins, problems)
}
