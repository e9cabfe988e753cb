import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { CoreExternType, CoreModuleType, CoreValType } from '../../src/model/core-types.ts'
import { COMPILE_LIMITS } from '../../src/model/limits.ts'
import { decodeCoreModule } from '../../src/parser/core-module.ts'
import { coreModule, leb, type Part, section } from './bytes.ts'
import { opinion } from './webassemblyjs.ts'

// What both parsers know, and what a valid module may hold: no references in signatures, no 64-bit limits, no tags.
const valType = fc.constantFrom(0x7f, 0x7e, 0x7d, 0x7c, 0x7b)
const signature = fc.tuple(fc.array(valType, { maxLength: 4 }), fc.array(valType, { maxLength: 3 }))
const limits = fc
  .tuple(fc.nat(200), fc.option(fc.nat(200)))
  .map(([min, more]): Part => (more === null ? [0, leb(min)] : [1, leb(min), leb(min + more)]))
const table = fc.tuple(fc.constantFrom(0x70, 0x6f), limits)
// the other parser knows no vector instruction, so no vector global either
const global = fc.tuple(fc.constantFrom(0x7f, 0x7e, 0x7d, 0x7c), fc.boolean())
const zero: Readonly<Record<number, Part>> = {
  127: [0x41, 0],
  126: [0x42, 0],
  125: [0x43, 0, 0, 0, 0],
  124: [0x44, 0, 0, 0, 0, 0, 0, 0, 0],
  123: [0xfd, 0x0c, Array(16).fill(0)],
}

const module = fc
  .record({
    types: fc.array(signature, { minLength: 1, maxLength: 5 }),
    importedFuncs: fc.array(fc.nat(), { maxLength: 4 }),
    importedGlobals: fc.array(global, { maxLength: 2 }),
    importedTables: fc.array(table, { maxLength: 2 }),
    funcs: fc.array(fc.nat(), { maxLength: 5 }),
    tables: fc.array(table, { maxLength: 2 }),
    memory: fc.option(limits),
    memoryImported: fc.boolean(),
    globals: fc.array(global, { maxLength: 3 }),
    custom: fc.uint8Array({ maxLength: 10 }),
  })
  .map((m) => {
    const type = (n: number): number => n % m.types.length
    const imports: Part[] = [
      ...m.importedFuncs.map((n, i): Part => ['env', `f${i}`, 0, type(n)]),
      ...m.importedGlobals.map(([of, mutable], i): Part => ['env', `g${i}`, 3, of, mutable ? 1 : 0]),
      ...m.importedTables.map((of, i): Part => ['env', `t${i}`, 1, of]),
      ...(m.memory && m.memoryImported ? [['env', 'm', 2, m.memory]] : []),
    ]
    const own = m.memory && !m.memoryImported ? [m.memory] : []
    const count = (kind: number, from: number, to: number): Part[] =>
      Array.from({ length: to - from }, (_, i) => [`e${kind}-${from + i}`, kind, from + i])
    const { importedFuncs, importedGlobals, importedTables } = m
    const exports = [
      ...count(0, 0, importedFuncs.length + m.funcs.length),
      // the other parser forgets imported tables when it counts
      ...count(1, 0, importedTables.length > 0 ? 0 : m.tables.length),
      ...count(2, 0, m.memory ? 1 : 0),
      ...count(3, 0, importedGlobals.length + m.globals.length),
    ]
    const vec = (id: number, items: readonly Part[]): Part => section(id, items.length, items)
    return coreModule(
      section(0, 'before', m.custom),
      vec(
        1,
        m.types.map(([params, results]) => [0x60, params.length, params, results.length, results]),
      ),
      vec(2, imports),
      vec(3, m.funcs.map(type)),
      vec(4, m.tables),
      vec(5, own),
      vec(
        6,
        m.globals.map(([of, mutable]) => [of, mutable ? 1 : 0, zero[of] ?? [], 0x0b]),
      ),
      vec(7, exports),
      vec(
        10,
        m.funcs.map(() => [3, 0, 0x00, 0x0b]),
      ),
      section(0, 'after', m.custom),
    )
  })

test('our decoder and @webassemblyjs/wasm-parser read the same types', () => {
  let seen = 0
  fc.assert(
    fc.property(module, (input) => {
      const valid = WebAssembly.validate(Uint8Array.from(input))
      fc.pre(valid)
      seen++
      expect(lines(decodeCoreModule(input, 0, COMPILE_LIMITS))).toEqual(opinion(input))
    }),
    { numRuns: 200 },
  )
  expect(seen).toBeGreaterThanOrEqual(200)
})

function lines({ types, imports, exports }: CoreModuleType): string[] {
  const describe = (item: CoreExternType): string => {
    switch (item.kind) {
      case 'func': {
        const type = types[item.type]?.type
        return type?.kind === 'func' ? `func (${type.params.map(val)}) -> (${type.results.map(val)})` : 'no function'
      }
      case 'table':
        return `table ${item.element.heap} ${item.limits.min}..${item.limits.max ?? ''}`
      case 'memory':
        return `memory ${item.limits.min}..${item.limits.max ?? ''}${item.shared ? ' shared' : ''}`
      case 'global':
        return `global ${item.mutable ? 'var' : 'const'} ${val(item.type)}`
      case 'tag':
        return 'tag'
    }
  }
  return [
    ...imports.map(({ module, name, type }) => `import ${module} ${name} ${describe(type)}`),
    ...exports.map(({ name, type }) => `export ${name} ${describe(type)}`),
  ]
}

function val(type: CoreValType): string {
  return typeof type === 'string' ? type : 'ref'
}
