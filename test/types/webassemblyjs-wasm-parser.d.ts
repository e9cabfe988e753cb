// The part of @webassemblyjs/wasm-parser 1.14.1 that serves as an oracle; the package ships no declarations.
// Run it only on modules the engine has accepted, and with all three `ignore` options: see `decode`.
declare module '@webassemblyjs/wasm-parser' {
  export interface DecodeOptions {
    readonly dump?: boolean
    /** Bodies: without it, half of today's instructions fail to decode. */
    readonly ignoreCodeSection?: boolean
    /** Data segments: without it, passive segments fail to decode. */
    readonly ignoreDataSection?: boolean
    /** Names: without it, function indices are rewritten to names, in quadratic time. */
    readonly ignoreCustomNameSection?: boolean
    readonly errorOnUnknownSection?: boolean
  }

  export interface Program {
    readonly type: 'Program'
    readonly body: readonly [Module]
  }
  export interface Module {
    readonly type: 'Module'
    readonly id: string | undefined
    readonly fields: readonly Field[]
  }
  export type Field =
    | ModuleImport
    | ModuleExport
    | TypeInstruction
    | Func
    | Table
    | Memory
    | Global
    | { readonly type: 'Start' | 'Elem' | 'Data' }

  export interface NumberLiteral {
    readonly type: 'NumberLiteral'
    readonly value: number
  }
  export interface Identifier {
    readonly type: 'Identifier'
    readonly value: string
  }
  export interface Signature {
    readonly type: 'Signature'
    readonly params: readonly { readonly valtype: string }[]
    readonly results: readonly string[]
  }
  export interface Limits {
    readonly type: 'Limit'
    readonly min: number
    readonly max?: number
    readonly shared?: boolean
  }
  export interface TypeInstruction {
    readonly type: 'TypeInstruction'
    readonly functype: Signature
  }
  export interface FuncImportDescr {
    readonly type: 'FuncImportDescr'
    readonly id: string
    readonly signature: Signature
  }
  export interface GlobalType {
    readonly type: 'GlobalType'
    readonly valtype: string
    readonly mutability: 'const' | 'var'
  }
  export interface ModuleImport {
    readonly type: 'ModuleImport'
    readonly module: string
    readonly name: string
    readonly descr: FuncImportDescr | GlobalType | Table | Memory
  }
  export interface ModuleExport {
    readonly type: 'ModuleExport'
    readonly name: string
    /** Kind and index only; the type is found through imports and definitions. */
    readonly descr: {
      readonly type: 'ModuleExportDescr'
      readonly exportType: 'Func' | 'Table' | 'Memory' | 'Global'
      readonly id: NumberLiteral | Identifier
    }
  }
  export interface Func {
    readonly type: 'Func'
    readonly name: Identifier | NumberLiteral | null
    readonly signature: Signature
  }
  export interface Table {
    readonly type: 'Table'
    readonly elementType: string
    readonly limits: Limits
  }
  export interface Memory {
    readonly type: 'Memory'
    readonly limits: Limits
  }
  export interface Global {
    readonly type: 'Global'
    readonly globalType: GlobalType
  }

  /** Throws errors of several classes, without offsets; on some malformed inputs it does not return. */
  export function decode(bytes: Uint8Array | ArrayBuffer, options?: DecodeOptions): Program
}
