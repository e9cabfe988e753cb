/**
 * What scripts may import: the definitions wasmtime's test suite expects of its host, in the conventions of the public
 * API. Every instance gets its own, so that counts begin at zero.
 */
import { CoreModule } from '../linker/core-module.ts'

/** `(module (global (export "g") i32 (i32.const 100)) (func (export "f") (result i32) (i32.const 101)))` */
const SIMPLE_MODULE = Uint8Array.of(
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
  ...[0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7f],
  ...[0x03, 0x02, 0x01, 0x00],
  ...[0x06, 0x07, 0x01, 0x7f, 0x00, 0x41, 0xe4, 0x00, 0x0b],
  ...[0x07, 0x09, 0x02, 0x01, 0x67, 0x03, 0x00, 0x01, 0x66, 0x00, 0x00],
  ...[0x0a, 0x07, 0x01, 0x05, 0x00, 0x41, 0xe5, 0x00, 0x0b],
)

const SLOW_MS = 5
const slowly = <T>(value: T): Promise<T> => new Promise((resolve) => setTimeout(() => resolve(value), SLOW_MS))
const never = (): Promise<never> => new Promise(() => {})

export async function hostDefinitions(): Promise<Record<string, object>> {
  const { Resource1, Resource2 } = resources()
  return {
    'host-echo-u32': { default: async (value: number) => value },
    'host-return-two': { default: () => 2 },
    'host': {
      returnThree: () => 3,
      returnHi: () => 'hi',
      nested: { returnFour: () => 4 },
      simpleModule: await CoreModule.compile(SIMPLE_MODULE),
      Resource1,
      Resource2,
      Resource1Again: Resource1,
      neverReturn: never,
      returnTwoSlowly: () => slowly(2),
      echoSlowly: (value: number) => slowly(value),
    },
    // What only wasmtime has: a collector to run and a table to bound.
    'wasmtime': { setMaxTableCapacity: () => {}, gc: () => {} },
  }
}

function resources() {
  let drops = 0
  let lastDrop = 0
  class Resource1 {
    readonly rep: number
    constructor(rep: number) {
      this.rep = rep
    }
    static assert(self: Resource1, rep: number): void {
      if (self.rep !== rep) throw new RangeError(`the resource holds ${self.rep}, not ${rep}`)
    }
    static lastDrop(): number {
      return lastDrop
    }
    static drops(): number {
      return drops
    }
    simple(rep: number): void {
      if (this.rep !== rep) throw new RangeError(`the resource holds ${this.rep}, not ${rep}`)
    }
    takeBorrow(_other: Resource1): void {}
    // The host owns it now and keeps it: only a guest's drop counts.
    takeOwn(_other: Resource1): void {}
    neverReturn(): Promise<never> {
      return never()
    }
    [Symbol.dispose](): void {
      drops++
      lastDrop = this.rep
    }
  }
  class Resource2 {}
  return { Resource1, Resource2 }
}
