import { expect, test } from 'vitest'
import { readDirectives } from '../../src/wast/features.ts'

const rows: readonly (readonly [script: string, expected: Partial<ReturnType<typeof readDirectives>>])[] = [
  ['(component)', { features: {}, unknown: [], validateOnly: false }],
  [
    ';;! component_model_async = true\n;;! component_model_map = false\n;;! simd = true\n(component)',
    { features: { async: true, map: false }, unknown: ['simd'], validateOnly: false },
  ],
  // after the first form nothing counts
  ['(component)\n;;! component_model_async = true', { features: {} }],
  [
    ';; RUN: wast % -f cm-map,-cm-async',
    {
      features: { 'map': true, 'async': false, 'implements': false, 'core-gc': true, 'core-exceptions': true },
      validateOnly: true,
      syntax: { legacy: false, interfaceNames: true },
    },
  ],
  [
    ';; RUN: wast --features=-exceptions %',
    { features: { 'map': false, 'implements': false, 'core-gc': true, 'core-exceptions': false } },
  ],
  [
    ';; RUN: wast % --assert default \\\n;;   -f=cm64,cm-gc,-simd\n\n;; a remark',
    {
      features: { 'map': false, 'implements': false, 'core-gc': true, 'core-exceptions': true, 'memory64': true },
      unknown: ['cm-gc', '-simd'],
    },
  ],
  [';; RUN: WAST_STRICT_COMPONENT_INDICES=0 wast %', { syntax: { legacy: true, interfaceNames: true } }],
  // a second configuration of the same script
  [
    ';; RUN: wast %\n;; RUN[lenient]: WAST_STRICT_COMPONENT_INDICES=0 wast % -f cm-map',
    { syntax: { legacy: false, interfaceNames: true } },
  ],
]

test.each(rows)('%j', (script, expected) => {
  expect(readDirectives(script)).toMatchObject(expected)
})
