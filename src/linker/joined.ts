/** Which engine a new instance joins: that of the instances whose exports it is given. */
import { Engine } from './engine.ts'
import { originOf } from './host/exports.ts'

/** Whose exports are among the imports: instances that are joined belong to one engine. */
export function engineOf(sources: readonly unknown[]): Engine | undefined {
  for (const source of sources) {
    if (typeof source !== 'object' || source === null) continue
    for (const value of plainValues(source)) {
      if (typeof value !== 'object' || value === null) continue
      for (const member of plainValues(value)) {
        const owner = originOf(member)?.bridge.owner
        if (owner instanceof Engine) return owner
      }
    }
  }
  return undefined
}

/** Of own properties, without running a getter: what no import asks for is nobody's business. */
function plainValues(object: object): unknown[] {
  return Object.values(Object.getOwnPropertyDescriptors(object)).map((descriptor): unknown => descriptor.value)
}
