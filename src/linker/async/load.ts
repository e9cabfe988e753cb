/** What the engine loads when a component needs tasks: the asynchronous half of the ABI, and JavaScript's side of it. */
import { StoreTasks } from '../../abi/async/abi.ts'
import type { AsyncAbi } from '../../abi/async-abi.ts'
import type { Store } from '../../abi/embedding.ts'
import type { EngineOptions } from '../engine.ts'
import type { Bridge } from '../host/host-resources.ts'
import { HostEnds } from './host-ends.ts'

export function storeTasks(
  store: Store,
  bridge: Bridge,
  { scheduler, whenIdle }: Pick<EngineOptions, 'scheduler' | 'whenIdle'>,
): AsyncAbi {
  return new StoreTasks(store, {
    pick: scheduler && ((ready) => scheduler.pick(ready)),
    trapsWhenIdle: whenIdle !== 'wait',
    ends: (queue) => new HostEnds(queue, bridge),
  })
}
