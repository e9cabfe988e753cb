/**
 * Small valid components that together say everything: what mutation starts from where no toolchain has an example.
 * As data for our own encoder, so that the bytes follow the specification and not a memory of it.
 */
import { BUILTINS, type BuiltinName, type BuiltinRow, type CanonOptDef } from '../src/model/builtins.ts'
import type { Alias, BuiltinDef, ComponentDef, Def, DefType, ExternTypeDef, SortIndex } from '../src/model/component.ts'
import { index } from '../src/model/component.ts'
import { COMPILE_LIMITS } from '../src/model/limits.ts'
import { decodeCoreModule } from '../src/parser/core-module.ts'
import { join } from './sections.ts'

const component = (...defs: Def[]): ComponentDef => ({ at: 0, end: 0, defs })
const nested = (...defs: Def[]): Def => ({ kind: 'component', at: 0, component: component(...defs) })
const type = (of: DefType): Def => ({ kind: 'type', at: 0, type: of })
const alias = (of: Alias): Def => ({ kind: 'alias', at: 0, alias: of })
const coreAlias = (sort: 'core-func' | 'core-memory' | 'core-table', name: string): Def =>
  alias({ kind: 'core-export', sort, instance: index(0), name })
const imported = (name: string, of: ExternTypeDef): Def => ({ kind: 'import', at: 0, name: { name }, type: of })
const exported = (name: string, item: SortIndex): Def => ({
  kind: 'export',
  at: 0,
  name: { name },
  item,
  type: undefined,
})
const builtin = (name: BuiltinName, immediates: Partial<BuiltinDef> = {}): Def => ({
  kind: 'canon',
  at: 0,
  canon: { kind: 'builtin', name, ...immediates },
})

type Part = number | string | readonly Part[]

/** Sections by id, in order: a number is a byte, a string a short name. */
function moduleOf(...sections: readonly (readonly [id: number, ...contents: Part[]])[]): Uint8Array {
  const preamble = Uint8Array.from([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00])
  const bytesOf = (part: Part): readonly number[] => {
    if (typeof part === 'number') return [part]
    return typeof part === 'string' ? [part.length, ...new TextEncoder().encode(part)] : part.flatMap(bytesOf)
  }
  return join(
    preamble,
    sections.map(([id, ...contents]) => ({ id, contents: Uint8Array.from(bytesOf(contents)) })),
  )
}

/** Exports a memory, `realloc`, `run: (i32 i32) -> i32`, `drop: (i32)`, and a table. */
const CORE = moduleOf(
  [1, 3, 0x60, 4, 0x7f, 0x7f, 0x7f, 0x7f, 1, 0x7f, 0x60, 2, 0x7f, 0x7f, 1, 0x7f, 0x60, 1, 0x7f, 0],
  [3, 3, 0, 1, 2],
  [4, 1, 0x70, 0, 1],
  [5, 1, 0, 1],
  [7, 5, 'memory', 2, 0, 'realloc', 0, 0, 'run', 0, 1, 'drop', 0, 2, 'table', 1, 0],
  [10, 3, 3, 0, 0x00, 0x0b, 3, 0, 0x00, 0x0b, 3, 0, 0x00, 0x0b],
)
const core: Def = { kind: 'core-module', at: 0, bytes: CORE, type: decodeCoreModule(CORE, 0, COMPILE_LIMITS) }
const instantiate: Def = { kind: 'core-instance', at: 0, instance: { kind: 'instantiate', module: index(0), args: [] } }
const memory: CanonOptDef = { kind: 'memory', memory: index(0) }
const realloc: CanonOptDef = { kind: 'realloc', func: index(0) }

const valueTypes = component(
  type({ kind: 'resource', rep: 'i32', dtor: undefined }),
  type({
    kind: 'record',
    fields: [
      { name: 'a', type: 'bool' },
      { name: 'b', type: 'string' },
    ],
  }),
  type({
    kind: 'variant',
    cases: [
      { name: 'x', type: index(1) },
      { name: 'y', type: undefined },
    ],
  }),
  type({ kind: 'list', element: index(2), length: undefined }),
  type({ kind: 'list', element: 'u8', length: 4 }),
  type({ kind: 'map', key: 'string', value: 'u64' }),
  type({ kind: 'tuple', elements: ['s8', 's16', 's32', 's64', 'f32', 'f64', 'char', index(3)] }),
  type({ kind: 'flags', labels: ['read', 'write'] }),
  type({ kind: 'enum', labels: ['red', 'green'] }),
  type({ kind: 'option', some: index(6) }),
  type({ kind: 'result', ok: index(9), err: 'u16' }),
  type({ kind: 'own', resource: index(0) }),
  type({ kind: 'borrow', resource: index(0) }),
  type({ kind: 'stream', element: 'u8' }),
  type({ kind: 'future', element: undefined }),
  type({ kind: 'primitive', type: 'error-context' }),
  type({
    kind: 'func',
    async: true,
    params: [
      { name: 'self', type: index(12) },
      { name: 'to', type: index(13) },
    ],
    result: index(10),
  }),
  exported('r', { sort: 'type', index: 0 }),
)

const compoundTypes = component(
  type({ kind: 'func', async: false, params: [], result: undefined }),
  {
    kind: 'core-type',
    at: 0,
    type: {
      kind: 'module',
      decls: [
        {
          kind: 'type',
          at: 0,
          group: {
            at: 0,
            explicit: false,
            types: [
              { final: true, shared: false, supertypes: [], type: { kind: 'func', params: ['i32'], results: ['i64'] } },
            ],
          },
        },
        { kind: 'import', at: 0, module: 'env', name: 'f', type: { kind: 'func', type: 0, exact: false } },
        {
          kind: 'export',
          at: 0,
          name: 'g',
          type: { kind: 'global', type: 'i32', mutable: true },
        },
        {
          kind: 'export',
          at: 0,
          name: 'm',
          type: {
            kind: 'memory',
            limits: { min: 1n, max: 2n },
            index: 'i32',
            shared: false,
            pageSizeLog2: undefined,
          },
        },
      ],
    },
  },
  type({
    kind: 'instance',
    decls: [
      { kind: 'alias', at: 0, alias: { kind: 'outer', sort: 'type', count: 1, index: 0 } },
      { kind: 'export', at: 0, name: { name: 'r' }, type: { kind: 'type', bound: { kind: 'sub-resource' } } },
      { kind: 'type', at: 0, type: { kind: 'borrow', resource: index(1) } },
      {
        kind: 'type',
        at: 0,
        type: { kind: 'func', async: false, params: [{ name: 'self', type: index(2) }], result: 'u32' },
      },
      { kind: 'export', at: 0, name: { name: '[method]r.get' }, type: { kind: 'func', type: index(3) } },
      { kind: 'export', at: 0, name: { name: 'f' }, type: { kind: 'func', type: index(0) } },
    ],
  }),
  type({
    kind: 'component',
    decls: [
      { kind: 'type', at: 0, type: { kind: 'primitive', type: 'u8' } },
      {
        kind: 'import',
        at: 0,
        name: { name: 'a:b/c@1.2.3' },
        type: { kind: 'type', bound: { kind: 'eq', type: index(0) } },
      },
      { kind: 'type', at: 0, type: { kind: 'instance', decls: [] } },
      { kind: 'export', at: 0, name: { name: 'i', externalId: 'id' }, type: { kind: 'instance', type: index(2) } },
    ],
  }),
  {
    kind: 'import',
    at: 0,
    name: { name: 'plugin', implements: 'a:b/c@0.3.0', externalId: 'x' },
    type: { kind: 'instance', type: index(1) },
  },
  imported('m', { kind: 'module', type: index(0) }),
  imported('c', { kind: 'component', type: index(2) }),
  alias({ kind: 'export', sort: 'func', instance: index(0), name: 'f' }),
  exported('again', { sort: 'func', index: 0 }),
)

const lifting = component(
  core,
  instantiate,
  coreAlias('core-memory', 'memory'),
  coreAlias('core-func', 'realloc'),
  coreAlias('core-func', 'run'),
  coreAlias('core-func', 'drop'),
  type({ kind: 'func', async: false, params: [{ name: 'text', type: 'string' }], result: 'string' }),
  {
    kind: 'canon',
    at: 0,
    canon: {
      kind: 'lift',
      core: index(1),
      opts: [{ kind: 'utf16' }, memory, realloc, { kind: 'post-return', func: index(2) }],
      type: index(0),
    },
  },
  { kind: 'canon', at: 0, canon: { kind: 'lower', func: index(0), opts: [memory, realloc] } },
  exported('echo', { sort: 'func', index: 0 }),
  {
    kind: 'custom',
    at: 0,
    name: 'component-name',
    bytes: Uint8Array.from([0, 5, 4, 0x65, 0x63, 0x68, 0x6f, 1, 5, 1, 1, 0, 1, 0x66]),
  },
)

const resources = component(
  core,
  instantiate,
  coreAlias('core-func', 'drop'),
  type({ kind: 'resource', rep: 'i32', dtor: index(0) }),
  builtin('resource.new', { type: index(0) }),
  builtin('resource.rep', { type: index(0) }),
  builtin('resource.drop', { type: index(0) }),
  {
    kind: 'core-instance',
    at: 0,
    instance: { kind: 'exports', exports: [{ name: 'new', sort: 'core-func', index: 1 }] },
  },
  exported('thing', { sort: 'type', index: 0 }),
)

const linking = component(
  type({ kind: 'func', async: false, params: [], result: undefined }),
  imported('f', { kind: 'func', type: index(0) }),
  nested(
    type({ kind: 'func', async: false, params: [], result: undefined }),
    imported('g', { kind: 'func', type: index(0) }),
    nested(alias({ kind: 'outer', sort: 'type', count: 2, index: 0 })),
    exported('h', { sort: 'func', index: 0 }),
  ),
  {
    kind: 'instance',
    at: 0,
    instance: { kind: 'instantiate', component: index(0), args: [{ name: 'g', sort: 'func', index: 0 }] },
  },
  alias({ kind: 'export', sort: 'func', instance: index(0), name: 'h' }),
  {
    kind: 'instance',
    at: 0,
    instance: { kind: 'exports', exports: [{ name: { name: 'again' }, sort: 'func', index: 1 }] },
  },
  exported('out', { sort: 'instance', index: 1 }),
)

const values = component(
  type({ kind: 'func', async: false, params: [{ name: 'x', type: 'u8' }], result: 'string' }),
  imported('f', { kind: 'func', type: index(0) }),
  imported('v', { kind: 'value', bound: { kind: 'type', type: 'u8' } }),
  { kind: 'start', at: 0, func: index(0), args: [index(0)], results: 1 },
  { kind: 'value', at: 0, type: 'u16', bytes: Uint8Array.from([0x80, 0x01]) },
  exported('s', { sort: 'value', index: 1 }),
  exported('n', { sort: 'value', index: 2 }),
)

/** Every built-in, with the immediates its row says. */
const builtins = component(
  core,
  instantiate,
  coreAlias('core-memory', 'memory'),
  coreAlias('core-func', 'realloc'),
  coreAlias('core-table', 'table'),
  {
    kind: 'core-type',
    at: 0,
    type: {
      kind: 'rec',
      group: {
        at: 0,
        explicit: false,
        types: [{ final: true, shared: false, supertypes: [], type: { kind: 'func', params: ['i32'], results: [] } }],
      },
    },
  },
  type({ kind: 'resource', rep: 'i32', dtor: undefined }),
  type({ kind: 'stream', element: 'u8' }),
  type({ kind: 'future', element: 'u8' }),
  ...(Object.entries(BUILTINS) as [BuiltinName, BuiltinRow][])
    .filter(([, { feature }]) => feature !== 'core-shared-memory')
    .map(([name, { immediates }]) => {
      const all = {
        type: index<'type'>(name.startsWith('resource') ? 0 : name.startsWith('stream') ? 1 : 2),
        result: 'u32' as const,
        opts: name === 'task.return' ? [memory] : [memory, realloc],
        async: false,
        cancellable: false,
        memory: index<'core-memory'>(0),
        coreType: index<'core-type'>(0),
        table: index<'core-table'>(0),
        slot: { type: 'i32' as const, index: 1 },
        shared: false,
      }
      return builtin(name, Object.fromEntries(immediates.map((immediate) => [immediate, all[immediate]])))
    }),
)

export const SEEDS: Readonly<Record<string, ComponentDef>> = {
  empty: component(),
  valueTypes,
  compoundTypes,
  lifting,
  resources,
  linking,
  values,
  builtins,
}

/** Core modules with what newer proposals bring; an engine that lacks one refuses the seed, and nothing is lost. */
export const CORE_SEEDS: Readonly<Record<string, Uint8Array>> = {
  basic: CORE,
  imports: moduleOf(
    [1, 2, 0x60, 0, 0, 0x60, 1, 0x7f, 1, 0x7e],
    [2, 5, 'a', 'f', 0, 1, 'a', 't', 1, 0x70, 1, 1, 9, 'a', 'm', 2, 1, 1, 2, 'b', 'g', 3, 0x7f, 1, 'b', 'x', 4, 0, 0],
    [7, 5, 'f', 0, 0, 't', 1, 0, 'm', 2, 0, 'g', 3, 0, 'x', 4, 0],
  ),
  constants: moduleOf(
    [2, 1, 'a', 'g', 3, 0x7f, 0],
    [
      6,
      5,
      [0x7f, 0, 0x23, 0, 0x41, 1, 0x6a, 0x0b],
      [0x7e, 1, 0x42, 0x7f, 0x0b],
      [0x7d, 0, 0x43, 0, 0, 0, 0, 0x0b],
      [0x7b, 0, 0xfd, 0x0c, Array<number>(16).fill(0x0b), 0x0b],
      [0x70, 0, 0xd0, 0x70, 0x0b],
    ],
    [7, 2, 'g', 3, 1, 'h', 3, 4],
  ),
  wide: moduleOf([5, 1, 5, 1, 2], [7, 1, 'm', 2, 0]),
  tables: moduleOf(
    [1, 1, 0x60, 0, 0],
    [3, 1, 0],
    [4, 2, 0x6f, 0, 0, 0x40, 0, 0x64, 0, 0, 1, 0xd2, 0, 0x0b],
    [7, 2, 't', 1, 0, 'u', 1, 1],
    [9, 1, 3, 0, 1, 0],
    [10, 1, 2, 0, 0x0b],
  ),
  gc: moduleOf(
    [1, 1, 0x4e, 3, 0x50, 0, 0x5f, 1, 0x78, 1, 0x50, 1, 0, 0x5f, 2, 0x78, 1, 0x63, 2, 0, 0x5e, 0x64, 0, 0],
    [6, 2, 0x63, 0, 1, 0xd0, 0, 0x0b, 0x64, 0x6c, 0, 0x41, 5, 0xfb, 0x1c, 0x0b],
    [7, 1, 'g', 3, 1],
  ),
}
