/** Gets hold of the part that fuses calls between guests, when the first of them is in steady use; until then they take the general path. */
import type { Store } from '../abi/embedding.ts'
import type { Codegen } from '../abi/record.ts'
import { Trampolines } from '../abi/trampolines.ts'
import { Part } from './part.ts'
import { FORCED, type Forced } from './tiers.ts'

const FUSE: Part<typeof import('../abi/fuse/fuse.ts')> = new Part(() => import('../abi/fuse/fuse.ts'), './fuse.js')

export function prepareFuse(store: Store, codegen: Codegen): void {
  store.trampolines = new Trampolines(codegen)
  const forced = Reflect.get(globalThis, FORCED) as Forced | undefined
  if (forced === undefined)
    store.loadFuse = () => {
      store.loadFuse = undefined
      FUSE.handOver(({ Fuse }) => {
        store.fuse = new Fuse(codegen)
      })
    }
  else {
    store.fuse = forced.fuse?.()
    store.fuseAfter = 1
  }
}
