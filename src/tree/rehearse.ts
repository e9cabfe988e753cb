/**
 * Runs a plan without its core modules: each gets a stand-in that has its exports and does nothing. Everything that linking
 * decides is decided for real, by the code that links for real, and no instruction of the guest is executed.
 */

import type { LiveItems } from '../linker/items.ts'
import { RUNTIME } from '../linker/part.ts'
import type { Rehearsal, Steps } from '../linker/run.ts'

/** Sizes are judged as they will be; nothing runs that could be metered or grow. */
export const rehearsal: Rehearsal = {
  terms: ({ watch }) => ({
    profile: RUNTIME.get().PLAIN,
    watch: { admit: (type) => watch.admit(type), made() {} },
  }),
  run: rehearse,
}

async function rehearse(steps: Steps<LiveItems>): Promise<LiveItems> {
  const func = new WebAssembly.Instance(new WebAssembly.Module(NOBODY)).exports['f']
  let step = steps.next()
  while (!step.done) {
    const exports: Record<string, unknown> = Object.create(null)
    for (const { name, kind } of WebAssembly.Module.exports(step.value.module)) exports[name] = standIn(kind, func)
    step = steps.next({ exports: exports as WebAssembly.Exports })
  }
  return step.value
}

function standIn(kind: string, func: unknown): unknown {
  switch (kind) {
    case 'function':
      return func
    case 'memory':
      return new WebAssembly.Memory({ initial: 0 })
    case 'table':
      return new WebAssembly.Table({ element: 'anyfunc', initial: 0 })
    default:
      return Object.freeze({})
  }
}

/** `(module (func (export "f") unreachable))`: what only a function of WebAssembly can stand for must be one. */
const NOBODY = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0],
  ...[1, 4, 1, 96, 0, 0],
  ...[3, 2, 1, 0],
  ...[7, 5, 1, 1, 102, 0, 0],
  ...[10, 5, 1, 3, 0, 0, 11],
)
