/** The entry `wasm-link/tree`: plugin graphs from data, from a manifest, from a folder of components. */
export type {
  BindingEntry,
  Grants,
  Manifest,
  PluginEntry,
  PluginTreeHead,
  ReadOptions,
  TreeData,
  TreeLoad,
  TreeProblem,
} from './data.ts'
export { PluginTree } from './tree.ts'
