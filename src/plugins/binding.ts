/** The public face of bindings: a contract and the plugins in it, or a live view of some of them. */
import type { Component } from '../linker/component.ts'
import type { CallOptions } from '../linker/suspend.ts'
import { assert, LinkError, type PluginId, quote, type Untyped } from '../model/errors.ts'
import type { Externs } from '../model/types.ts'
import {
  type Any,
  boxed,
  type Cardinality,
  type ExactlyOne,
  type IdOf,
  type Rebind,
  type ValueOf,
} from './cardinality.ts'
import type { PluginInstance } from './instance.ts'
import type { Interface } from './interface.ts'
import { MACHINERY } from './parts.ts'
import type { DispatchResult } from './result.ts'
import { View } from './view.ts'

// The inference: package name × plugins' World → interface names, function names, arguments, value.
type ItemsOf<C> = ValueOf<C> extends { readonly component: Component<infer W> | undefined } ? W['items'] : Untyped
type IsAny<T> = 0 extends 1 & T ? true : false
type InterfaceOf<K, P extends string> = P extends `${infer N}@${string}`
  ? K extends `${N}/${infer I}@${string}`
    ? I
    : never
  : K extends `${P}/${infer I}@${string}`
    ? I
    : K extends `${P}/${infer I}`
      ? I
      : never
type ContractOf<C, P extends string> =
  IsAny<ItemsOf<C>> extends true ? Untyped : { [K in keyof ItemsOf<C> as InterfaceOf<K, P>]: ItemsOf<C>[K] }
type Fn<A, F> = F extends keyof A ? (A[F] extends (...args: infer P) => infer R ? (...args: P) => R : never) : never
type Args<A, F> = IsAny<A> extends true ? readonly unknown[] : Readonly<Parameters<Fn<A, F>>>
type Value<A, F> = IsAny<A> extends true ? Untyped : Awaited<ReturnType<Fn<A, F>>>
type SyncNames<A> =
  IsAny<A> extends true
    ? string
    : { [F in keyof A]: A[F] extends (...args: never) => Promise<unknown> ? never : F }[keyof A] & string
type Rest<A, F, O> = readonly [] extends Args<A, F> ? [args?: Args<A, F>, ...O[]] : [args: Args<A, F>, ...O[]]

/**
 * A contract (interfaces of a package) and the plugins in it. A handle: share it freely; it owns nothing.
 *
 * @example
 * const ops = new Binding('acme:calc@0.3.1', ExactlyOne('calc', calc))
 * unwrap(ops.dispatch('ops', 'add', [40, 2]).value)
 */
export class Binding<out C extends Cardinality = Cardinality, P extends string = string> {
  readonly packageName: P
  readonly #view: View

  /**
   * Without `interfaces`, the contract is what *all* plugins export of the package, with equal types.
   * @throws LinkError, path by path, if a plugin does not fit
   */
  constructor(packageName: P, plugins: C, options: { readonly interfaces?: Readonly<Record<string, Interface>> } = {}) {
    this.packageName = packageName
    const given: unknown = plugins
    // a view of a binding that exists: nobody outside can make one
    this.#view =
      given instanceof View
        ? given
        : View.whole(new (MACHINERY.get().BindingCore)(packageName, plugins, options.interfaces))
    Object.freeze(this)
  }

  /** @internal */
  static viewOf(binding: Binding): View {
    assert(#view in binding, 'a socket is a Binding')
    return binding.#view
  }

  /** By short name (`ops`), in the order of the plugins' exports. */
  get interfaces(): Externs {
    return this.#view.core.contract.externs
  }

  /** A snapshot. */
  get plugins(): C {
    const plugs = this.#view.plugs.map(({ id, plugin }): [PluginId, PluginInstance] => [id, plugin])
    return boxed(this.#view.kind, new Map(plugs)) as Cardinality as C
  }

  /**
   * To all plugins in order; a method, to its `self`'s owner only. Names unknown to the binding throw a DispatchError; every
   * other outcome is in the results. Never waits: a busy plugin answers `lock-rejected`, an async function or a plugin that
   * may suspend `needs-async`, before any of its code runs.
   */
  dispatch<I extends keyof ContractOf<C, P> & string, F extends SyncNames<ContractOf<C, P>[I]>>(
    interfaceName: I,
    functionName: F,
    ...rest: Rest<ContractOf<C, P>[I], F, never>
  ): Rebind<C, DispatchResult<Value<ContractOf<C, P>[I], F>>> {
    const [args = []] = rest as readonly unknown[] as readonly [args?: readonly unknown[]]
    return MACHINERY.get().dispatch(this.#view, interfaceName, functionName, args) as Rebind<C, DispatchResult<never>>
  }

  /** Any function; plugins run concurrently; a busy one is queued for in turn (limit `queuedCalls`); a cycle is `lock-rejected`, never a hang. */
  async dispatchAsync<I extends keyof ContractOf<C, P> & string, F extends keyof ContractOf<C, P>[I] & string>(
    interfaceName: I,
    functionName: F,
    ...rest: Rest<ContractOf<C, P>[I], F, CallOptions>
  ): Promise<Rebind<C, DispatchResult<Value<ContractOf<C, P>[I], F>>>> {
    const [args = [], options = {}] = rest as readonly unknown[] as readonly [
      args?: readonly unknown[],
      options?: CallOptions,
    ]
    return (await MACHINERY.get().dispatchAsync(this.#view, interfaceName, functionName, args, options)) as Rebind<
      C,
      DispatchResult<never>
    >
  }

  /** A live view of one plugin, to dispatch to or to pass as a socket. @throws LinkError if there is no such plugin */
  only<const Id extends IdOf<C>>(id: Id): Binding<ExactlyOne<Id, ValueOf<C>>, P> {
    const key = id as PluginId
    if (!this.#view.plugs.some((plug) => plug.id === key))
      throw new LinkError([{ kind: 'bad-id', path: this.packageName, message: `no plugin \`${quote(String(id))}\`` }])
    return this.#narrowed(this.#view.only(key))
  }

  /** A live view of some plugins. */
  filter(keep: (id: IdOf<C>) => boolean): Binding<Any<IdOf<C>, ValueOf<C>>, P> {
    return this.#narrowed(this.#view.filter((id) => keep(id as IdOf<C>)))
  }

  #narrowed<D extends Cardinality>(view: View): Binding<D, P> {
    return new Binding<D, P>(this.packageName, view as object as D)
  }

  /** Live: calls in flight end where they began; contract and cardinality hold; a cycle through sockets is a LinkError. */
  plug(id: IdOf<C>, plugin: PluginInstance): void {
    this.#view.core.plug(id as PluginId, plugin)
  }

  /** Gives back the plugin, alive. */
  unplug(id: IdOf<C>): ValueOf<C> {
    return this.#view.core.unplug(id as PluginId) as ValueOf<C>
  }

  /** Gives back the old one, alive: yours to drain and dispose. The new one has its place in the order. */
  replace(id: IdOf<C>, plugin: PluginInstance): ValueOf<C> {
    return this.#view.core.replace(id as PluginId, plugin) as ValueOf<C>
  }
}

export type BindingAny = Binding<Cardinality<PluginId, PluginInstance>, string>
