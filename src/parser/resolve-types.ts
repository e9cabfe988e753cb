/**
 * Type definitions as decoded → the immutable types of `model/types.ts`.
 *
 * In: one definition and a lookup from type index to the type already made for it. Out: a tree that shares whatever
 * the lookup shares, so that an equal index stays an equal object and a resource keeps its identity.
 * Relies on: the definition being well-kinded (a value type where one is due, a resource under `own`); who calls this
 * checked that, and a breach is our bug. Nothing is copied deeper than one level: resolving is linear in the definition.
 *
 * @spec Type Definitions
 */
import type { DefValType, FuncTypeDef, TypeIndex, ValTypeRef } from '../model/component.ts'
import { assert } from '../model/errors.ts'
import type { FuncType, PrimValType, ResourceType, ValType } from '../model/types.ts'

export type TypeLookup = (index: TypeIndex) => ValType | ResourceType

/** One object per primitive: primitives, too, are equal by identity. */
export const PRIMITIVES: { readonly [P in PrimValType]: { readonly kind: P } } = {
  bool: { kind: 'bool' },
  s8: { kind: 's8' },
  u8: { kind: 'u8' },
  s16: { kind: 's16' },
  u16: { kind: 'u16' },
  s32: { kind: 's32' },
  u32: { kind: 'u32' },
  s64: { kind: 's64' },
  u64: { kind: 'u64' },
  f32: { kind: 'f32' },
  f64: { kind: 'f64' },
  char: { kind: 'char' },
  string: { kind: 'string' },
  'error-context': { kind: 'error-context' },
}

export function resolveValType(ref: ValTypeRef, at: TypeLookup): ValType {
  if (typeof ref === 'string') return PRIMITIVES[ref]
  const type = at(ref)
  assert(type.kind !== 'resource', 'a resource is no value type')
  return type
}

const optional = (ref: ValTypeRef | undefined, at: TypeLookup): ValType | undefined =>
  ref === undefined ? undefined : resolveValType(ref, at)

export function resolveDefValType(def: DefValType, at: TypeLookup): ValType {
  switch (def.kind) {
    case 'primitive':
      return PRIMITIVES[def.type]
    case 'record':
      return { kind: 'record', fields: def.fields.map(({ name, type }) => ({ name, type: resolveValType(type, at) })) }
    case 'variant':
      return { kind: 'variant', cases: def.cases.map(({ name, type }) => ({ name, type: optional(type, at) })) }
    case 'list':
      return { kind: 'list', element: resolveValType(def.element, at), length: def.length }
    case 'map':
      return { kind: 'map', key: resolveValType(def.key, at), value: resolveValType(def.value, at) }
    case 'tuple':
      return { kind: 'tuple', elements: def.elements.map((element) => resolveValType(element, at)) }
    case 'flags':
    case 'enum':
      return { kind: def.kind, labels: def.labels }
    case 'option':
      return { kind: 'option', some: resolveValType(def.some, at) }
    case 'result':
      return { kind: 'result', ok: optional(def.ok, at), err: optional(def.err, at) }
    case 'own':
    case 'borrow': {
      const resource = at(def.resource)
      assert(resource.kind === 'resource', 'a handle points to a resource')
      return { kind: def.kind, resource }
    }
    case 'stream':
    case 'future':
      return { kind: def.kind, element: optional(def.element, at) }
  }
}

export function resolveFuncType(def: FuncTypeDef, at: TypeLookup): FuncType {
  return {
    kind: 'func',
    async: def.async,
    params: def.params.map(({ name, type }) => ({ name, type: resolveValType(type, at) })),
    result: optional(def.result, at),
  }
}
