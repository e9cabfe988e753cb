/**
 * What the first compilation loads: all that a simple component needs from its bytes to its answers. The main entry is
 * the faces before it, because an application that is starting needs no more of it yet.
 */

export { Store } from '../abi/embedding.ts'
export { PLAIN } from './artifact.ts'
export { compileComponent, compileComponentSync, coreModule, emptyComponent } from './compile.ts'
export { prepareFuse } from './fuse.ts'
export { Bridge } from './host/host-resources.ts'
export { InstanceState, NOTHING_LINKED } from './instance-state.ts'
export { engineOf } from './joined.ts'
