/**
 * A guest's linear memory with cached views: `memory.buffer` costs as much as ten loads, so the views are re-made only
 * after growth, which detaches them. Whoever may have run guest code calls `refresh` before it touches them again.
 * Little-endian like every engine that runs WebAssembly today; the typed-array fast paths rely on it.
 */
export class GuestMemory {
  readonly memory: WebAssembly.Memory
  view: DataView
  bytes: Uint8Array
  /** So many of the next long strings are looked at before they are encoded: lately one was not ASCII. */
  wary = 0

  constructor(memory: WebAssembly.Memory) {
    this.memory = memory
    this.view = new DataView(memory.buffer)
    this.bytes = new Uint8Array(memory.buffer)
  }

  get size(): number {
    return this.bytes.length
  }

  refresh(): void {
    // 0 is what a detached array reports (a DataView throws), and an empty memory, which can only have grown
    if (this.bytes.length !== 0) return
    this.view = new DataView(this.memory.buffer)
    this.bytes = new Uint8Array(this.memory.buffer)
  }
}
