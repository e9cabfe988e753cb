/** What stands behind the faces of the plugin layer: loaded with the first plugin. */

export { BindingCore } from './binding-core.ts'
export { dispatch, dispatchAsync } from './dispatch.ts'
export { Failure, locked } from './failure.ts'
export { PluginLayer } from './layer.ts'
export { CallQueue } from './queue.ts'
