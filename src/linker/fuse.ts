/** Gets hold of the part that fuses calls between guests, when the first of them is in steady use. */
import type { Store } from '../abi/embedding.ts'
import type { Codegen } from '../abi/record.ts'
import { Part } from './part.ts'

const FUSE: Part<typeof import('../abi/fuse/fuse.ts')> = new Part(() => import('../abi/fuse/fuse.ts'), './fuse.js', '')

/** At once where the platform can; else later, and calls stay on the general path until then, or for good if it never comes. */
export function loadFuse(store: Store, codegen: Codegen): void {
  store.loadFuse = undefined
  try {
    store.fuse = new (FUSE.get().Fuse)(codegen)
  } catch {
    FUSE.load().then(
      ({ Fuse }) => {
        store.fuse = new Fuse(codegen)
      },
      () => undefined,
    )
  }
}
