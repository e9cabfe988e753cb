/** Decoded components at random: well-formed, nested, with every construct, and hardly ever valid. */
import fc, { type Arbitrary } from 'fast-check'
import { BUILTINS, type BuiltinName, type CanonOptDef, type Immediate } from '../../src/model/builtins.ts'
import {
  type Alias,
  type CanonDef,
  type ComponentDecl,
  type ComponentDef,
  type CoreDefType,
  type CoreInstanceDef,
  type CoreModuleDecl,
  type Def,
  type DefType,
  type ExternName,
  type ExternTypeDef,
  type Index,
  type InstanceDecl,
  type InstanceDef,
  index,
  type ValTypeRef,
} from '../../src/model/component.ts'
import { COMPILE_LIMITS } from '../../src/model/limits.ts'
import type { PrimValType } from '../../src/model/types.ts'
import { decodeCoreModule } from '../../src/parser/core-module.ts'
import { coreExternType, name, recGroup, u32 } from './arbitrary-core-types.ts'
import { coreModule, section } from './bytes.ts'

const at = fc.constant(0)
const kind = <K extends string>(...kinds: K[]): Arbitrary<K> => fc.constantFrom(...kinds)
const maybe = <T>(arbitrary: Arbitrary<T>): Arbitrary<T | undefined> => fc.option(arbitrary, { nil: undefined })
const few = <T>(arbitrary: Arbitrary<T>, maxLength = 3): Arbitrary<T[]> => fc.array(arbitrary, { maxLength })
const idx = <S extends string>(): Arbitrary<Index<S>> => u32.map((n) => index<S>(n))

const PRIMITIVES: readonly PrimValType[] = [
  'bool',
  's8',
  'u8',
  's16',
  'u16',
  's32',
  'u32',
  's64',
  'u64',
  'f32',
  'f64',
  'char',
  'string',
  'error-context',
]

const valType: Arbitrary<ValTypeRef> = fc.oneof(fc.constantFrom(...PRIMITIVES), idx<'type'>())

const externName: Arbitrary<ExternName> = fc.record(
  { name, implements: name, versionSuffix: name, externalId: name },
  { requiredKeys: ['name'] },
)

const externType: Arbitrary<ExternTypeDef> = fc.oneof(
  fc.record({ kind: kind('module'), type: idx<'core-type'>() }),
  fc.record({ kind: kind('func', 'component', 'instance'), type: idx<'type'>() }),
  fc.record({
    kind: kind('value'),
    bound: fc.oneof(
      fc.record({ kind: kind('eq'), index: idx<'value'>() }),
      fc.record({ kind: kind('type'), type: valType }),
    ),
  }),
  fc.record({
    kind: kind('type'),
    bound: fc.oneof(fc.record({ kind: kind('eq'), type: idx<'type'>() }), fc.record({ kind: kind('sub-resource') })),
  }),
)

const sort = kind('core-module', 'func', 'value', 'type', 'component', 'instance')
const coreSort = kind('core-func', 'core-table', 'core-memory', 'core-global', 'core-tag')

const alias: Arbitrary<Alias> = fc.oneof(
  fc.record({ kind: kind('export'), sort, instance: idx<'instance'>(), name }),
  fc.record({ kind: kind('core-export'), sort: coreSort, instance: idx<'core-instance'>(), name }),
  fc.record({
    kind: kind('outer'),
    sort: kind('core-type', 'core-module', 'type', 'component'),
    count: u32,
    index: u32,
  }),
)

const field = fc.record({ name, type: valType })

const moduleDecl: Arbitrary<CoreModuleDecl> = fc.oneof(
  fc.record({ kind: kind('import'), at, module: name, name, type: coreExternType }),
  fc.record({ kind: kind('type'), at, group: recGroup }),
  fc.record({ kind: kind('outer-type'), at, count: u32, index: idx<'core-type'>() }),
  fc.record({ kind: kind('export'), at, name, type: coreExternType }),
)

const coreType: Arbitrary<CoreDefType> = fc.oneof(
  fc.record({ kind: kind('rec'), group: recGroup }),
  fc.record({ kind: kind('module'), decls: few(moduleDecl) }),
)

const flatType: Arbitrary<DefType> = fc.oneof(
  fc.record({ kind: kind('primitive'), type: fc.constantFrom(...PRIMITIVES) }),
  fc.record({ kind: kind('record'), fields: few(field) }),
  fc.record({ kind: kind('variant'), cases: few(fc.record({ name, type: maybe(valType) })) }),
  fc.record({ kind: kind('list'), element: valType, length: maybe(u32) }),
  fc.record({ kind: kind('map'), key: valType, value: valType }),
  fc.record({ kind: kind('tuple'), elements: few(valType) }),
  fc.record({ kind: kind('flags', 'enum'), labels: few(name) }),
  fc.record({ kind: kind('option'), some: valType }),
  fc.record({ kind: kind('result'), ok: maybe(valType), err: maybe(valType) }),
  fc.record({ kind: kind('own', 'borrow'), resource: idx<'type'>() }),
  fc.record({ kind: kind('stream', 'future'), element: maybe(valType) }),
  fc.record({ kind: kind('func'), async: fc.boolean(), params: few(field), result: maybe(valType) }),
  fc.record({ kind: kind('resource'), rep: kind('i32', 'i64'), dtor: maybe(idx<'core-func'>()) }),
)

const { type } = fc.letrec<{ type: DefType; instanceDecl: InstanceDecl; componentDecl: ComponentDecl }>((tie) => ({
  type: fc.oneof(
    { depthIdentifier: 'type', maxDepth: 3 },
    { weight: 4, arbitrary: flatType },
    { weight: 1, arbitrary: fc.record({ kind: kind('component'), decls: few(tie('componentDecl')) }) },
    { weight: 1, arbitrary: fc.record({ kind: kind('instance'), decls: few(tie('instanceDecl')) }) },
  ),
  instanceDecl: fc.oneof(
    fc.record({ kind: kind('core-type'), at, type: coreType }),
    fc.record({ kind: kind('type'), at, type: tie('type') }),
    fc.record({ kind: kind('alias'), at, alias }),
    fc.record({ kind: kind('export'), at, name: externName, type: externType }),
  ),
  componentDecl: fc.oneof(
    tie('instanceDecl'),
    fc.record({ kind: kind('import'), at, name: externName, type: externType }),
  ),
}))

const coreInstance: Arbitrary<CoreInstanceDef> = fc.oneof(
  fc.record({
    kind: kind('instantiate'),
    module: idx<'core-module'>(),
    args: few(fc.record({ name, instance: idx<'core-instance'>() })),
  }),
  fc.record({ kind: kind('exports'), exports: few(fc.record({ name, sort: coreSort, index: u32 })) }),
)

const instance: Arbitrary<InstanceDef> = fc.oneof(
  fc.record({
    kind: kind('instantiate'),
    component: idx<'component'>(),
    args: few(fc.record({ name, sort, index: u32 })),
  }),
  fc.record({ kind: kind('exports'), exports: few(fc.record({ name: externName, sort, index: u32 })) }),
)

const canonOpt: Arbitrary<CanonOptDef> = fc.oneof(
  fc.record({ kind: kind('utf8', 'utf16', 'latin1+utf16', 'async', 'gc') }),
  fc.record({ kind: kind('memory'), memory: idx<'core-memory'>() }),
  fc.record({ kind: kind('realloc', 'post-return', 'callback'), func: idx<'core-func'>() }),
  fc.record({ kind: kind('core-type'), type: idx<'core-type'>() }),
)
const opts = few(canonOpt, 10)

const IMMEDIATES = {
  type: idx<'type'>(),
  result: fc.option(valType, { nil: null }),
  opts,
  async: fc.boolean(),
  cancellable: fc.boolean(),
  shared: fc.boolean(),
  memory: idx<'core-memory'>(),
  coreType: idx<'core-type'>(),
  table: idx<'core-table'>(),
  slot: fc.record({ type: kind('i32', 'i64'), index: u32 }),
} satisfies Record<Immediate, Arbitrary<unknown>>

const builtin = (builtinName: BuiltinName): Arbitrary<CanonDef> => {
  const immediates: readonly Immediate[] = BUILTINS[builtinName].immediates
  return fc
    .record(Object.fromEntries(immediates.map((immediate) => [immediate, IMMEDIATES[immediate]])))
    .map((given) => ({ kind: 'builtin', name: builtinName, ...given }))
}

const canon: Arbitrary<CanonDef> = fc.oneof(
  fc.record({ kind: kind('lift'), core: idx<'core-func'>(), opts, type: idx<'type'>() }),
  fc.record({ kind: kind('lower'), func: idx<'func'>(), opts }),
  ...(Object.keys(BUILTINS) as BuiltinName[]).map(builtin),
)

const CORE_MODULES = [
  coreModule(),
  coreModule(section(5, 1, 0, 1), section(7, 1, 'memory', 2, 0)),
  coreModule(section(1, 1, 0x60, 1, 0x7f, 1, 0x7f), section(2, 1, 'env', 'f', 0, 0), section(7, 1, 'g', 0, 0)),
].map((bytes) => ({ kind: 'core-module' as const, at: 0, bytes, type: decodeCoreModule(bytes, 0, COMPILE_LIMITS) }))

const bytes = fc.uint8Array({ maxLength: 20 })

const flatDef: Arbitrary<Def> = fc.oneof(
  fc.constantFrom(...CORE_MODULES),
  fc.record({ kind: kind('core-instance'), at, instance: coreInstance }),
  fc.record({ kind: kind('core-type'), at, type: coreType }),
  fc.record({ kind: kind('instance'), at, instance }),
  fc.record({ kind: kind('alias'), at, alias }),
  fc.record({ kind: kind('type'), at, type }),
  fc.record({ kind: kind('canon'), at, canon }),
  fc.record({ kind: kind('import'), at, name: externName, type: externType }),
  fc.record({
    kind: kind('export'),
    at,
    name: externName,
    item: fc.record({ sort, index: u32 }),
    type: maybe(externType),
  }),
  fc.record({ kind: kind('value'), at, type: valType, bytes }),
  fc.record({ kind: kind('custom'), at, name, bytes }),
)

const start: Arbitrary<Def> = fc.record({
  kind: kind('start'),
  at,
  func: idx<'func'>(),
  args: few(idx<'value'>()),
  results: fc.nat(3),
})

/** A component has at most one start definition. */
const componentOf = (def: Arbitrary<Def>): Arbitrary<ComponentDef> =>
  fc
    .tuple(few(def, 8), maybe(start), few(def, 2))
    .map(([before, begin, after]) => ({ at: 0, end: 0, defs: [...before, ...(begin ? [begin] : []), ...after] }))

export const component: Arbitrary<ComponentDef> = fc.letrec<{ component: ComponentDef; def: Def }>((tie) => ({
  component: componentOf(tie('def')),
  def: fc.oneof(
    { depthIdentifier: 'component', maxDepth: 3 },
    { weight: 12, arbitrary: flatDef },
    { weight: 1, arbitrary: fc.record({ kind: kind('component'), at, component: tie('component') }) },
  ),
})).component
