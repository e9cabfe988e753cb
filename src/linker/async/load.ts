/** What the engine loads when a component needs tasks: the asynchronous half of the ABI, and JavaScript's side of it. */
import { StoreTasks } from '../../abi/async/abi.ts'
import type { AsyncAbi } from '../../abi/async-abi.ts'
import type { Store } from '../../abi/embedding.ts'
import type { Bridge } from '../host-resources.ts'

export function storeTasks(
  store: Store,
  _bridge: Bridge,
  scheduler: { pick(ready: number): number } | undefined,
): AsyncAbi {
  return new StoreTasks(store, { pick: scheduler && ((ready) => scheduler.pick(ready)) })
}
