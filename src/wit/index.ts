/**
 * `wasm-link/wit`: WIT packages from text or from a component, as text, as contracts for bindings and as TypeScript.
 */
import type { Component, Interface } from '../index.ts'
import { LinkError, quote } from '../model/errors.ts'
import { declarationsOf } from './declarations.ts'
import { fromComponent } from './from-component.ts'
import { contractsOf } from './interfaces.ts'
import { packageId, type WitPackage } from './packages.ts'
import { printPackage } from './print.ts'
import { type Resolved, resolveFiles } from './resolve.ts'

export interface WitOptions {
  /** Which `@unstable` features exist. Default: none, as in other tools. */
  readonly features?: readonly string[] | 'all'
}

/**
 * Interfaces and worlds by package.
 *
 * @example
 * const wit = WitPackages.parse('package acme:calc; interface ops { add: func(a: u32, b: u32) -> u32; }')
 * new Binding('acme:calc', Any([]), { interfaces: wit.interfaces('acme:calc') })
 */
export class WitPackages {
  readonly #resolved: Resolved

  private constructor(resolved: Resolved) {
    this.#resolved = resolved
    Object.freeze(this)
  }

  /** @internal */
  static resolvedOf(packages: WitPackages): Resolved {
    return packages.#resolved
  }

  /**
   * @param files one text, or several by path: files of a folder are one package, `deps/*` (files or folders) others
   * @throws MalformedError with line, column and the line itself
   */
  static parse(files: string | Readonly<Record<string, string>>, options: WitOptions = {}): WitPackages {
    const { features = [] } = options
    const byPath = typeof files === 'string' ? { 'package.wit': files } : files
    return new WitPackages(resolveFiles(byPath, features === 'all' ? 'all' : new Set(features)))
  }

  /** The world of a component as `root:component`, and every interface it names; of a WIT package in binary form, what it holds. */
  static of(component: Component): WitPackages {
    return new WitPackages(fromComponent(component))
  }

  /** Ids (`acme:calc@0.3.1`) of all packages, the main one first. */
  get packageNames(): readonly string[] {
    return ordered(this.#resolved).map(({ base, version }) => packageId(base, version))
  }

  /** One text: the main package, the others after it in braces. It parses to the same packages. */
  toText(): string {
    return ordered(this.#resolved)
      .map((found, index) => printPackage(found, index === 0 ? 'file' : 'braces'))
      .join('\n')
  }

  /** Path → text: the main package at the top, the others in `deps/`, as other tools lay them out. */
  toFiles(): ReadonlyMap<string, string> {
    const [main, ...others] = ordered(this.#resolved)
    const files = new Map<string, string>()
    if (main === undefined) return files
    files.set(`${main.worlds.keys().next().value ?? main.base.replaceAll(':', '-')}.wit`, printPackage(main, 'file'))
    for (const found of others) {
      const id = packageId(found.base, found.version)
      files.set(`deps/${id.replaceAll(':', '-')}/package.wit`, printPackage(found, 'file'))
    }
    return files
  }

  /**
   * What `new Binding(…, { interfaces })` takes.
   * @param packageName `acme:calc`, or `acme:calc@0.3.1`; without version it must be the only one of that name
   * @throws LinkError if there is no such package
   */
  interfaces(packageName: string): Readonly<Record<string, Interface>> {
    return contractsOf(packageOf(this.#resolved, packageName))
  }
}

function ordered({ packages, main }: Resolved): readonly WitPackage[] {
  const others = [...packages.values()].filter((found) => found !== main)
  return main === undefined ? others : [main, ...others]
}

function packageOf({ packages }: Resolved, wanted: string): WitPackage {
  const found = [...packages].filter(([id, { base }]) => id === wanted || base === wanted)
  const exact = found.find(([id]) => id === wanted)
  const [first, second] = exact === undefined ? found : [exact]
  if (first !== undefined && second === undefined) return first[1]
  const ids = [...packages.keys()]
  const list = ids.map((id) => `\`${quote(id)}\``).join(', ')
  const why = first === undefined ? 'no such package' : 'more than one version'
  throw new LinkError([
    { kind: 'missing-export', path: wanted, message: `${why}; there is ${list === '' ? 'none' : list}`, found: ids },
  ])
}

/**
 * TypeScript declarations of a world: `<Name>World` for `Component.compile<NameWorld>`, and the types it names.
 *
 * @param options `name`: in PascalCase, the beginning of `<Name>World`. `world`: which one, if there are several
 * @returns file name → text
 * @throws LinkError if there is no such world
 */
export function typesOf(
  source: Component | WitPackages,
  options: { readonly name: string; readonly world?: string },
): ReadonlyMap<string, string> {
  const resolved = source instanceof WitPackages ? WitPackages.resolvedOf(source) : fromComponent(source)
  return declarationsOf(resolved, options)
}
