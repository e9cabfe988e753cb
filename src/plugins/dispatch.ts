/**
 * Calls from the host: to every plugin of a binding in order, or to the one that owns `self`; a result or an error for each,
 * and no failure of one touches another. Only names that the binding does not know throw.
 */

import type { Later } from '../abi/async-abi.ts'
import { unheld } from '../abi/held.ts'
import type { RuntimeResourceType } from '../abi/resource.ts'
import type { CallOptions } from '../linker/suspend.ts'
import type { Signal } from '../linker/world.ts'
import { dispatchError, type PluginId, quote } from '../model/errors.ts'
import type { PlanResource } from '../model/plan.ts'
import { boxed, type Cardinality } from './cardinality.ts'
import type { ContractFunc, ContractInterface } from './contract.ts'
import { Failure, locked } from './failure.ts'
import { type Call, type Entry, PluginLayer } from './layer.ts'
import { interfacePath } from './package-name.ts'
import type { Plug, Target } from './plug.ts'
import { cancelled } from './queue.ts'
import type { DispatchResult } from './result.ts'
import type { View } from './view.ts'

type Result = DispatchResult<unknown>

interface Job {
  readonly path: string
  readonly inside: ContractInterface
  readonly func: ContractFunc
  readonly args: readonly unknown[]
}

export function dispatch(
  view: View,
  interfaceName: string,
  functionName: string,
  args: readonly unknown[],
): Cardinality {
  const job = jobFor(view, interfaceName, functionName, args)
  return collect(view, job, (plug) => callNow(plug, job))
}

export async function dispatchAsync(
  view: View,
  interfaceName: string,
  functionName: string,
  args: readonly unknown[],
  options: CallOptions,
): Promise<Cardinality> {
  const job = jobFor(view, interfaceName, functionName, args)
  const pending = collect(view, job, (plug) => callInTurn(plug, job, options.signal))
  const results = new Map<PluginId, unknown>()
  for (const [id, result] of pending) results.set(id, await result)
  return boxed(pending.kind, results)
}

/** @throws DispatchError for names unknown to the binding */
function jobFor({ core }: View, interfaceName: string, functionName: string, args: readonly unknown[]): Job {
  const inside = core.contract.interfaces.get(interfaceName)
  if (inside === undefined) {
    const path = interfacePath(core.wanted, interfaceName)
    throw dispatchError('invalid-interface-path', `Invalid Interface Path: ${quote(path)}`, undefined, path, undefined)
  }
  const func = inside.functions.get(functionName)
  if (func === undefined) {
    const path = `${inside.path}#${functionName}`
    throw dispatchError('invalid-function', `Invalid Function: ${quote(path)}`, undefined, path, undefined)
  }
  return { path: `${inside.path}#${functionName}`, inside, func, args }
}

/** One entry per plugin asked, in order. */
function collect(view: View, job: Job, call: (plug: Plug) => unknown): Cardinality {
  const results = new Map<PluginId, unknown>()
  const plugs = view.plugs
  const owner = job.func.method ? ownerOf(view, plugs, job) : undefined
  if (owner instanceof Failure) for (const { id } of plugs) results.set(id, failed(owner, id, job))
  else for (const plug of owner === undefined ? plugs : [owner]) results.set(plug.id, call(plug))
  if (view.id !== undefined && plugs.length === 0)
    results.set(view.id, failed(new Failure('plugin-unavailable', 'the plugin was unplugged'), view.id, job))
  return boxed(view.kind, results)
}

function failed(failure: Failure, id: PluginId, { path }: Job): Result {
  return { ok: false, error: failure.at(id, path) }
}

/** Whose resource the first argument is. */
function ownerOf({ core }: View, plugs: readonly Plug[], { inside, func, args }: Job): Plug | Failure | undefined {
  const [self] = args
  const { engine } = core
  if (engine === undefined || (typeof self !== 'object' && typeof self !== 'function') || self === null)
    return new Failure('invalid-argument-list', 'a method needs its resource as first argument')
  for (const plug of plugs) {
    const target = plug.life.target(inside, func)
    const rt = target && selfTypeOf(target)
    if (rt !== undefined && engine.bridge.complaint(rt, self, 'borrow') === undefined) return plug
  }
  const rt = engine.bridge.typeOf(self)
  if (rt?.impl?.root.dead === true)
    return new Failure('invalid-resource-handle', 'the owner of this resource has ended')
  const [only] = plugs
  // it is called, and its own check says best what is wrong
  if (only !== undefined && plugs.length === 1 && rt === undefined) return only
  return new Failure('invalid-argument-list', 'the first argument is no resource of these plugins')
}

function selfTypeOf({ callee }: Target): RuntimeResourceType | undefined {
  const self = callee?.type.params[0]?.type
  if (callee === undefined || (self?.kind !== 'borrow' && self?.kind !== 'own')) return undefined
  return callee.env.resources[(self.resource as PlanResource).slot] // resources of plans have slots
}

/** Never waits. */
function callNow(plug: Plug, job: Job): Result {
  try {
    if (isAsync(job) || plug.plugin.maySuspend)
      throw new Failure('needs-async', 'it may have to wait: use `dispatchAsync`')
    const { plugin } = plug
    const entry: Entry = { plugin, path: job.path, from: undefined, async: false }
    const target = targetOf(plug, job, undefined)
    const value = PluginLayer.of(plugin.live.engine).now(entry, () => target.call(job.args))
    return { ok: true, value }
  } catch (error) {
    return failed(Failure.of(error), plug.id, job)
  }
}

async function callInTurn(plug: Plug, job: Job, signal: Signal | undefined): Promise<Result> {
  try {
    // boxed: what a plugin answers may have a member `then`
    const { value } = await abortable(signal, inTurn(plug, job, signal))
    return { ok: true, value }
  } catch (error) {
    return failed(Failure.of(error), plug.id, job)
  }
}

interface Boxed {
  readonly value: unknown
}

/** Over when the plugin has done with it, whoever still listens. */
async function inTurn(plug: Plug, job: Job, signal: Signal | undefined): Promise<Boxed> {
  const { plugin } = plug
  const { engine, root } = plugin.live
  const layer = PluginLayer.of(engine)
  const entry: Entry = { plugin, path: job.path, from: undefined, async: true }
  return await layer.later(entry, async (call) => {
    const waits = isAsync(job) || plugin.maySuspend
    // known at once, because it could only end by waiting for itself
    if (!isAsync(job) && plugin.life.queue.isBusy && layer.isCycle(call)) throw locked(plugin)
    if (waits && engine.store.async === undefined) await engine.loadAsync()
    const start = (): Later<Boxed> =>
      started(plug, () => {
        if (signal?.aborted === true) throw cancelled(signal)
        const target = targetOf(plug, job, waits ? call : undefined)
        // JavaScript without a type may wait as it likes
        const later = waits || target.callee === undefined
        return layer.begin(call, entry, () =>
          later ? boxedLater(target, job, signal) : { value: target.call(job.args) },
        )
      })
    // asynchronous functions run side by side: the ABI's backpressure says when they wait
    return await (isAsync(job) ? start() : plugin.life.queue.run(root.ledger, signal, start))
  })
}

const boxedLater = async ({ later }: Target, { args }: Job, signal: Signal | undefined): Promise<Boxed> => ({
  value: unheld(await later(args, signal)),
})

/** Through the plugin's executor, if it has one. */
function started<T>({ plugin }: Plug, work: () => Later<T>): Later<T> {
  const { executor } = plugin.life.role
  if (executor === undefined) return work()
  return new Promise((resolve, reject) => {
    const taken = executor(() => {
      try {
        resolve(work())
      } catch (error) {
        reject(error)
      }
    })
    if (!taken) reject(new Failure('executor-unavailable', 'the executor refused the call'))
  })
}

const isAsync = ({ func }: Job): boolean => func.typed?.type.async === true

/** @throws Failure if the plugin cannot be called now */
function targetOf(plug: Plug, job: Job, waits: Call | undefined): Target {
  const refused = plug.plugin.life.refusal(waits)
  if (refused !== undefined) throw refused
  const target = plug.life.target(job.inside, job.func)
  if (target !== undefined) return target
  throw new Failure('invalid-function', 'the plugin has no such function, or nobody told its type')
}

/** Rejects as cancelled at once, whatever becomes of the work. */
function abortable<T>(signal: Signal | undefined, work: Promise<T>): Promise<T> {
  if (signal === undefined) return work
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(cancelled(signal))
    signal.addEventListener('abort', abort)
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
