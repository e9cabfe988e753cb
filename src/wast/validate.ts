/**
 * The engine of validation alone: decoder and validator for components, the host's own engine for core code.
 */
import type { ComponentDef } from '../model/component.ts'
import { BugError, InvalidError } from '../model/errors.ts'
import type { FeatureSet } from '../model/features.ts'
import { COMPILE_LIMITS, type CompileLimits } from '../model/limits.ts'
import { decodeCoreModule } from '../parser/core-module.ts'
import { decode } from '../parser/decode.ts'
import { validate } from '../parser/validate.ts'
import type { WastDefinition, WastEngine } from './run.ts'

export function validatingEngine(features: FeatureSet, limits: CompileLimits = COMPILE_LIMITS): WastEngine {
  return {
    executes: false,
    end: () => {},
    compile: async (bytes) => {
      const def = decode(bytes, { features, limits })
      validate(def, { features, limits })
      checkCoreModules(def)
      return NOTHING
    },
    compileCore: async (bytes) => {
      decodeCoreModule(bytes, 0, limits)
      checkCoreCode(bytes, 0)
      return NOTHING
    },
  }
}

const NOTHING: WastDefinition = {
  instantiate: () => {
    throw new BugError('nothing is executed here')
  },
}

function checkCoreModules(component: ComponentDef): void {
  for (const def of component.defs) {
    if (def.kind === 'core-module') checkCoreCode(def.bytes, def.at)
    else if (def.kind === 'component') checkCoreModules(def.component)
  }
}

function checkCoreCode(bytes: Uint8Array, at: number): void {
  try {
    // Copied: what is compiled must not be a view of shared memory.
    new WebAssembly.Module(new Uint8Array(bytes))
  } catch (error) {
    if (error instanceof WebAssembly.CompileError) throw new InvalidError(error.message, at)
    throw error
  }
}
