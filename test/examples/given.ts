/** What fragments of the documentation speak of without making it: an `engine`, a `component`, and every public name. */
import { readFile } from 'node:fs/promises'
import fc from 'fast-check'
import { calls, imports, values } from '../../src/arbitraries/index.ts'
import * as wasmLink from '../../src/index.ts'
import { parseText } from '../../src/text.ts'
import { PluginTree } from '../../src/tree/index.ts'
import { WitPackages } from '../../src/wit/index.ts'

const { Component, Engine, Linker, Plugin } = wasmLink
const engine = new Engine()
const linker = new Linker(engine)
const bytes = new Uint8Array(await parseText(await readFile(new URL('calc.wat', import.meta.url), 'utf8')))
const component = await Component.compile(bytes)
const plugin = await new Plugin(component).instantiate(engine, linker)
const type: wasmLink.ValType = { kind: 'u8' }
const accumulator: unknown = undefined

/** By name; whatever a fragment declares or imports itself stands before it. */
export const given = {
  ...wasmLink,
  ...{ PluginTree, parseText, WitPackages, fc, calls, imports, values },
  ...{ engine, linker, bytes, component, type, accumulator },
  ...{ instance: plugin, calc: plugin, calcPlugin: plugin, better: plugin },
  ...{ first: component, second: component, leafComponent: component, rootComponent: component },
  same: (a: unknown, b: unknown): boolean => Object.is(a, b),
  text: 'package acme:calc; interface ops { add: func(a: u32, b: u32) -> u32; }',
}
