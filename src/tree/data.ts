/**
 * The public shapes of a tree: what the host writes (or a manifest), what loading gives back, and everything that can be
 * wrong with either, as data.
 */
import type {
  BindingAny,
  CardinalityKind,
  ComponentSource,
  Interface,
  Limits,
  PluginInstance,
  PluginOptions,
} from '../index.ts'
import type { WasiOptions } from '../wasi/options.ts'

export interface BindingEntry {
  readonly package: string
  readonly cardinality: CardinalityKind
  /** The contract, checked against every plugin; as a string, WIT text. Default: what all plugins export of the package. */
  readonly interfaces?: string | Readonly<Record<string, Interface>>
}

export interface Grants {
  /** Names taken from the host's linker. */
  readonly host?: readonly string[]
  readonly wasi?: WasiOptions
}

export interface PluginEntry<Ctx, Source> {
  readonly component: Source
  /** `sha256-…` as in HTML; sha384 and sha512 too. */
  readonly integrity?: string
  /** The bindings it is plugged into, under its own id. */
  readonly plug: string | readonly string[]
  /** The bindings it may use. Default: every binding whose package the component imports. */
  readonly sockets?: readonly string[]
  readonly context?: Ctx
  /** Nothing else of the host's reaches the plugin. */
  readonly grants?: Grants
  readonly limits?: Limits<Ctx>
  readonly remap?: PluginOptions<Ctx>['remap']
  readonly restart?: PluginOptions<Ctx>['restart']
}

export interface TreeData<Ctx = undefined, Source = ComponentSource | (() => Promise<ComponentSource>)> {
  /** The binding that the host calls. */
  readonly root: string
  readonly bindings: Readonly<Record<string, BindingEntry>>
  readonly plugins: Readonly<Record<string, PluginEntry<Ctx, Source>>>
}

/** JSON: `component` is a path or URL relative to the manifest. */
export type Manifest = TreeData<undefined, string>

export interface TreeProblem {
  readonly kind:
    | 'missing-root'
    | 'missing-interface'
    | 'corrupted-interface-manifest'
    | 'corrupted-plugin-manifest'
    | 'invalid-socket'
    | 'loop-detected'
    | 'failed-cardinality-requirements'
    | 'failed-to-read-wasm'
    | 'failed-to-load-component'
    | 'failed-to-link'
    | 'already-handled'
  /** The binding or the plugin that it is about. */
  readonly subject: string
  readonly message: string
  readonly cause: unknown
  /** How many plugins there were, where the number is the problem. */
  readonly found: number | undefined
  /** A loop, bindings and plugins by turns; or the plugins that a missing interface leaves without a place. */
  readonly through: readonly string[]
}

export type TreeLoad<Ctx> = { readonly problems: readonly TreeProblem[] } & (
  | { readonly ok: true; readonly head: PluginTreeHead<Ctx> }
  | { readonly ok: false; readonly error: TreeProblem }
)

/** What was loaded: it owns its plugins, and disposing it disposes them, consumers before what they consume. */
export interface PluginTreeHead<Ctx = undefined> extends AsyncDisposable {
  readonly root: BindingAny
  readonly bindings: ReadonlyMap<string, BindingAny>
  readonly plugins: ReadonlyMap<string, PluginInstance<Ctx>>
  /** What each plugin was granted and still has: the host's names as granted, and `wasi`. */
  readonly grants: ReadonlyMap<string, ReadonlySet<string>>
  /**
   * Takes a grant back, or without a name all of them: from now on a call of the plugin through it is a Trap of the
   * plugin, whose `cause` is a ClosedError. Calls in flight end as they began; a restart gives nothing back. Idempotent.
   * @throws LinkError if there is no such plugin, or it never had the grant
   */
  revoke(plugin: string, grant?: string): void
  /** The graph as it is now, plugins that were replaced or trapped included. */
  toText(): string
  toSvg(): string
}

export interface ReadOptions {
  /** The root binding, in place of the one that the manifest names, or where a folder leaves it open. */
  readonly root?: string
  /**
   * Lets a manifest reach beyond its own folder: files and folders elsewhere, other servers, the network. Without it
   * such an entry is a problem.
   */
  readonly outside?: boolean
}
