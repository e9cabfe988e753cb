import { describe, expect, test } from 'vitest'
import type { ComponentDef } from '../../src/model/component.ts'
import { isWasmLinkError } from '../../src/model/errors.ts'
import { FEATURES, type Feature } from '../../src/model/features.ts'
import { COMPILE_LIMITS } from '../../src/model/limits.ts'
import { decode } from '../../src/parser/decode.ts'
import { encode } from '../../src/text/encode.ts'
import { parseText } from '../../src/text/parse.ts'
import { printComponent } from '../../src/text/print.ts'
import { resolveComponent } from '../../src/text/resolve.ts'
import { Toolkit } from '../../src/text/toolkit.ts'
import { readDirectives } from '../../src/wast/features.ts'
import { parseScript, type WastForm } from '../../src/wast/script.ts'
import { withoutOffsets } from '../parser/bytes.ts'
import { SUITES, scriptOf } from './suites.ts'

const options = { features: new Set(Object.keys(FEATURES) as Feature[]), limits: COMPILE_LIMITS }
const toolkit = new Toolkit()

/** The bytes of a component, if the text is one: scripts also contain what is none. */
async function bytesOf(form: WastForm): Promise<Uint8Array | undefined> {
  if (form.kind !== 'component') return undefined
  try {
    const { node, tokens } = form
    if (node.kind === 'binary') return node.bytes
    return encode(resolveComponent(tokens.source, node, await toolkit.assembleAll(tokens, node.fields)))
  } catch (error) {
    if (isWasmLinkError(error)) return undefined
    throw error
  }
}

function decoded(bytes: Uint8Array): ComponentDef | undefined {
  try {
    return decode(bytes, options)
  } catch (error) {
    if (isWasmLinkError(error)) return undefined
    throw error
  }
}

/** As `printText` does it, with one toolkit for all. */
async function printed(def: ComponentDef): Promise<string> {
  const texts = new Map<Uint8Array, string | undefined>()
  for (const module of coreModules(def)) texts.set(module, await toolkit.print(module))
  return printComponent(def, (module) => texts.get(module))
}

function coreModules(component: ComponentDef): Uint8Array[] {
  return component.defs.flatMap((def) => {
    if (def.kind === 'core-module') return [def.bytes]
    return def.kind === 'component' ? coreModules(def.component) : []
  })
}

for (const { name, present, files } of SUITES) {
  describe.skipIf(!present)(`printing and parsing gives an equal component: ${name}`, () => {
    test.each(files)('%s', async (file) => {
      const text = scriptOf(file)
      for (const command of parseScript({ text, file }, readDirectives(text).syntax)) {
        const bytes = 'form' in command ? await bytesOf(command.form) : undefined
        const def = bytes === undefined ? undefined : decoded(bytes)
        if (bytes === undefined || def === undefined) continue
        const again = decode(await parseText(await printed(def), { toolkit }), options)
        expect(withoutOffsets(again), `${file}:${command.line}`).toStrictEqual(withoutOffsets(def))
      }
    })
  })
}
