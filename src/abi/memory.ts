/** A guest's linear memory with cached views. */
export declare class GuestMemory {
  readonly memory: WebAssembly.Memory
  view: DataView
  bytes: Uint8Array
  constructor(memory: WebAssembly.Memory)
  /** To be called after anything that may have run guest code. */
  refresh(): void
}
