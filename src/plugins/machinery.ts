/** What stands behind the faces of the plugin layer: loaded with the first plugin. */

export { BindingCore } from './binding-core.ts'
export { dispatch, dispatchAsync } from './dispatch.ts'
export { Life } from './life.ts'
export { start, startSync } from './start.ts'
