/** Truncations: every prefix of a small component, and the prefixes around every boundary of a large one. */
import type { ComponentDecl, ComponentDef, Def } from '../src/model/component.ts'
import { FEATURES, type Feature } from '../src/model/features.ts'
import { COMPILE_LIMITS } from '../src/model/limits.ts'
import { decode } from '../src/parser/decode.ts'

export const SMALL = 64 * 1024

/** Lengths at which to cut, ascending. */
export function cuts(bytes: Uint8Array): number[] {
  if (bytes.length <= SMALL) return Array.from(bytes, (_, i) => i)
  const features = new Set(Object.keys(FEATURES) as Feature[])
  const places = new Set<number>()
  addBoundaries(decode(bytes, { features, limits: COMPILE_LIMITS }), places)
  const near = new Set<number>()
  for (const place of places) {
    for (const cut of [place - 1, place, place + 1]) if (cut >= 0 && cut < bytes.length) near.add(cut)
  }
  return [...near].sort((a, b) => a - b)
}

function addBoundaries({ at, end, defs }: ComponentDef, places: Set<number>): void {
  places.add(at)
  places.add(end)
  for (const def of defs) addDef(def, places)
}

function addDef(def: Def, places: Set<number>): void {
  places.add(def.at)
  switch (def.kind) {
    case 'component':
      addBoundaries(def.component, places)
      break
    case 'core-module':
      for (const { at } of [...def.type.imports, ...def.type.exports]) places.add(at)
      places.add(def.at + def.bytes.length)
      break
    case 'type':
      addDecl(def, places)
  }
}

function addDecl(decl: ComponentDecl, places: Set<number>): void {
  places.add(decl.at)
  if (decl.kind !== 'type' || !('decls' in decl.type)) return
  for (const inner of decl.type.decls) addDecl(inner, places)
}
