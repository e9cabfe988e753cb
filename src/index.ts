/// <reference lib="esnext.disposable" preserve="true" />
/**
 * wasm-link: loads WebAssembly components in any JavaScript engine and links them as plugins.
 *
 * This is the whole main entry. Importing it does no work; text, WASI and the command line are entries of their own.
 */

export { ErrorContext } from './abi/error-context.ts'
export { type CompileOptions, Component, type InstanceOptions } from './linker/component.ts'
export { CoreModule } from './linker/core-module.ts'
export {
  type CallEnd,
  Engine,
  type EngineOptions,
  type Graph,
  type LifecycleEvent,
  type TracedCall,
  type Tracer,
} from './linker/engine.ts'
export { type ExportedFunc, Instance } from './linker/instance.ts'
export { FuelPool, type Limits } from './linker/limit-options.ts'
export { Linker } from './linker/linker.ts'
export type { ComponentSource } from './linker/sources.ts'
export type { FutureReader, Held, StreamReader } from './linker/stream-types.ts'
export { type CallOptions, promising, suspending } from './linker/suspend.ts'
export type {
  Caller,
  ImportSource,
  ImportSources,
  Imports,
  Signal,
  UntypedWorld,
  WitResult,
  World,
} from './linker/world.ts'
export {
  BugError,
  type CardinalityKind,
  ClosedError,
  ComponentError,
  type DispatchError,
  InvalidError,
  isWasmLinkError,
  LimitError,
  LinkError,
  type LinkProblem,
  MalformedError,
  type PluginId,
  Trap,
  type TrapCode,
  type Untyped,
  type WasmLinkError,
} from './model/errors.ts'
export type { Feature, Revision } from './model/features.ts'
export type {
  Budget,
  CompileLimit,
  Gauge,
  LimitedCall,
  LimitName,
  ResourceLimiter,
  RunLimit,
  Usage,
} from './model/limits.ts'
export type { Extern, Externs, ExternType, FuncType, Named, ResourceType, ValType } from './model/types.ts'
export { Binding, type BindingAny } from './plugins/binding.ts'
export {
  Any,
  AtLeastOne,
  AtMostOne,
  type Cardinality,
  ExactlyOne,
  mapValues,
  mapValuesAsync,
  type Rebind,
} from './plugins/cardinality.ts'
export { hostPlugin } from './plugins/host-plugin.ts'
export { PluginInstance } from './plugins/instance.ts'
export type { Func, FunctionKind, Interface, ReturnKind } from './plugins/interface.ts'
export { Plugin, type PluginOptions } from './plugins/plugin.ts'
export type { Adapter, Remap } from './plugins/remap.ts'
export { type DispatchResult, unwrap } from './plugins/result.ts'
