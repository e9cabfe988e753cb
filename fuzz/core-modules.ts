/**
 * Core modules against the engine: what it takes, our decoder must take too, with the same imports and exports.
 * The other way round nothing is asked, since function bodies are none of our business.
 */
import type { CoreModuleType } from '../src/model/core-types.ts'
import { InvalidError, LimitError, MalformedError } from '../src/model/errors.ts'
import { COMPILE_LIMITS } from '../src/model/limits.ts'
import { decodeCoreModule } from '../src/parser/core-module.ts'
import { checkError, Escape, type Verdict } from './check.ts'
import { COMPONENT, CORE_MODULE, split } from './sections.ts'

/** @throws Escape */
export function checkCoreModule(bytes: Uint8Array): Verdict {
  // a copy, on an array buffer of its own, is what every version of the engine takes
  const own = Uint8Array.from(bytes)
  const ours = decodedOrRefused(own)
  if (!WebAssembly.validate(own)) return typeof ours === 'string' ? ours : 'invalid'
  if (typeof ours !== 'string') {
    compare(ours, new WebAssembly.Module(own))
    return 'valid'
  }
  if (ours !== 'limit') throw new Escape(`the engine takes a module that we call ${ours}`)
  return ours
}

function decodedOrRefused(bytes: Uint8Array): CoreModuleType | Exclude<Verdict, 'valid'> {
  try {
    return decodeCoreModule(bytes, 0, COMPILE_LIMITS)
  } catch (error) {
    if (error instanceof LimitError) return 'limit'
    if (error instanceof MalformedError || error instanceof InvalidError) {
      checkError(error, bytes.length)
      return error.kind
    }
    throw new Escape(`an error that is not ours: ${error}`, { cause: error })
  }
}

function compare({ imports, exports }: CoreModuleType, module: WebAssembly.Module): void {
  const named = (kind: string): string => (kind === 'func' ? 'function' : kind)
  const ours = [
    ...imports.map(({ module: from, name, type }) => [from, name, named(type.kind)]),
    ...exports.map(({ name, type }) => [name, named(type.kind)]),
  ]
  const theirs = [
    ...WebAssembly.Module.imports(module).map(({ module: from, name, kind }) => [from, name, kind]),
    ...WebAssembly.Module.exports(module).map(({ name, kind }) => [name, kind]),
  ]
  if (JSON.stringify(ours) !== JSON.stringify(theirs)) {
    throw new Escape(
      `the engine reads other imports and exports: ${JSON.stringify(theirs)}, not ${JSON.stringify(ours)}`,
    )
  }
}

/** The core modules of a component and of those nested in it. */
export function coreModulesIn(component: Uint8Array): Uint8Array[] {
  return (split(component) ?? []).flatMap(({ id, contents }) =>
    id === CORE_MODULE ? [contents] : id === COMPONENT ? coreModulesIn(contents) : [],
  )
}
