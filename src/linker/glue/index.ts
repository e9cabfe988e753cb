/**
 * What makes specialised calls, loaded when the first function is in steady use: generated source where that is
 * permitted, closures where it is not. Code is shared by all functions of one shape, across instances and components.
 */
import type { CoreFunction } from '../../abi/context.ts'
import type { Codes } from '../tiers.ts'
import { exportClosure, importClosure } from './closures.ts'
import { bindExport, type ExportCode, exportCode } from './export-call.ts'
import { bindImport, type ImportCode, importCode } from './import-call.ts'
import { type Call, type ExportSpec, exportShape, type ImportSpec, importKey, importShape, shapeKey } from './spec.ts'

/** What this chunk offers. */
export interface Glue {
  exported(spec: ExportSpec, codes: Codes): Call | undefined
  imported(spec: ImportSpec, codes: Codes): CoreFunction | undefined
}

/** So many shapes of code are kept; a host that goes through more makes some anew. */
const MAX_SHAPES = 1_000

function cached<Code>(codes: Codes, key: string, make: () => Code): Code | undefined {
  const found = codes.known.get(key)
  if (found !== undefined) return found as Code // a key says what kind of code it is of
  try {
    const code = make()
    if (codes.known.size >= MAX_SHAPES) codes.known.clear()
    codes.known.set(key, code)
    return code
  } catch (error) {
    // what a content security policy throws
    if (!(error instanceof EvalError)) throw error
    codes.allowed = false
    return undefined
  }
}

export function exported(spec: ExportSpec, codes: Codes): Call | undefined {
  const shape = codes.allowed ? exportShape(spec) : undefined
  const code = shape && cached<ExportCode>(codes, `export ${shapeKey(shape)}`, () => exportCode(shape))
  return code === undefined ? exportClosure(spec) : bindExport(code, spec)
}

export function imported(spec: ImportSpec, codes: Codes): CoreFunction | undefined {
  const shape = codes.allowed ? importShape(spec) : undefined
  const code = shape && cached<ImportCode>(codes, `import ${importKey(shape)}`, () => importCode(shape))
  return code === undefined ? importClosure(spec) : bindImport(code, spec)
}
