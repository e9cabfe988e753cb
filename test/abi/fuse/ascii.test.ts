/** The core code that looks for what is not ASCII, alone and in calls between guests whose texts are no texts. */
import { expect, test } from 'vitest'
import { AsciiScans } from '../../../src/abi/fuse/ascii.ts'
import { Fuse } from '../../../src/abi/fuse/fuse.ts'
import { GuestMemory } from '../../../src/abi/memory.ts'
import { Component, Engine, isWasmLinkError, type Untyped } from '../../../src/index.ts'

const PAGE = 65_536

test('says how many of the bytes are ASCII, by 64', () => {
  const memory = new GuestMemory(new WebAssembly.Memory({ initial: 1 }))
  const scan = new AsciiScans().of(memory)
  for (const ptr of [0, 1, 7, 1000, PAGE - 300]) {
    for (const length of [0, 1, 63, 64, 65, 127, 128, 200, 300]) {
      memory.bytes.fill(0x80)
      memory.bytes.fill(0x7f, ptr, ptr + length)
      expect(scan(ptr, length)).toBe(length - (length % 64))
      for (let other = 0; other < length; other += 5) {
        memory.bytes[ptr + other] = 0x80
        expect(scan(ptr, length), `${ptr} ${length} ${other}`).toBe(Math.min(other, length - (length % 64)) & ~63)
        memory.bytes[ptr + other] = 0
      }
    }
  }
})

test('follows a memory that grows, and one memory has one', () => {
  const memory = new GuestMemory(new WebAssembly.Memory({ initial: 1 }))
  const scans = new AsciiScans()
  const scan = scans.of(memory)
  memory.memory.grow(1)
  memory.refresh()
  expect(scan(2 * PAGE - 128, 128)).toBe(128)
  memory.bytes[2 * PAGE - 1] = 0xff
  expect(scan(2 * PAGE - 128, 128)).toBe(64)
  expect(scans.of(memory)).toBe(scan)
  expect(scans.of(new GuestMemory(new WebAssembly.Memory({ initial: 1 })))).not.toBe(scan)
})

test('leaves to JavaScript what it cannot read', () => {
  const shared = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true })
  expect(new AsciiScans().of(new GuestMemory(shared))(0, 64)).toBe(0)
})

/** Sends what lies in its memory, says how long what came back is, and whether it is the same. */
const PAIR = `(component
  (component $echo
    (core module $m
      (memory (export "memory") 1)
      (global $top (mut i32) (i32.const 1024))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32)
        (global.get $top)
        (global.set $top (i32.add (global.get $top) (local.get 3))))
      (func (export "echo") (param i32 i32) (result i32)
        (if (i32.gt_u (local.get 1) (i32.const 150)) (then (drop (memory.grow (i32.const 1)))))
        (i32.store (i32.const 16) (local.get 0)) (i32.store (i32.const 20) (local.get 1))
        (global.set $top (i32.const 1024))
        (i32.const 16)))
    (core instance $i (instantiate $m))
    (func (export "echo") (param "s" string) (result string)
      (canon lift (core func $i "echo") (memory (core memory $i "memory")) (realloc (core func $i "realloc")))))
  (instance $e (instantiate $echo))
  (component $send
    (import "echo" (func $f (param "s" string) (result string)))
    (core module $libc
      (memory (export "memory") 1)
      (func (export "realloc") (param i32 i32 i32 i32) (result i32)
        (if (i32.gt_u (local.get 3) (i32.const 150)) (then (drop (memory.grow (i32.const 1)))))
        (i32.const 4096)))
    (core instance $l (instantiate $libc))
    (core func $f (canon lower (func $f) (memory (core memory $l "memory")) (realloc (core func $l "realloc"))))
    (core module $m
      (import "" "f" (func $f (param i32 i32 i32)))
      (import "" "memory" (memory 1))
      (func (export "fill") (param i32)
        (loop $next
          (i32.store8 (i32.add (i32.const 1024) (local.get 0)) (i32.add (i32.const 32) (i32.rem_u (local.get 0) (i32.const 90))))
          (br_if $next (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
      (func (export "same") (param i32) (result i32)
        (loop $next
          (if (i32.ne (i32.load8_u (i32.add (i32.const 1024) (local.get 0))) (i32.load8_u (i32.add (i32.const 4096) (local.get 0))))
            (then (return (i32.const 0))))
          (br_if $next (i32.ge_s (local.tee 0 (i32.sub (local.get 0) (i32.const 1))) (i32.const 0))))
        (i32.const 1))
      (func (export "poke") (param i32 i32) (i32.store8 (local.get 0) (local.get 1)))
      (func (export "send") (param i32) (result i32)
        (call $f (i32.const 1024) (local.get 0) (i32.const 16))
        (i32.load (i32.const 20))))
    (core instance $i (instantiate $m (with "" (instance (export "f" (func $f)) (export "memory" (memory $l "memory"))))))
    (func (export "poke") (param "at" u32) (param "byte" u8) (canon lift (core func $i "poke")))
    (func (export "fill") (param "length" u32) (canon lift (core func $i "fill")))
    (func (export "same") (param "length" u32) (result bool) (canon lift (core func $i "same")))
    (func (export "send") (param "length" u32) (result u32) (canon lift (core func $i "send"))))
  (instance $s (instantiate $send (with "echo" (func $e "echo"))))
  (export "poke" (func $s "poke"))
  (export "fill" (func $s "fill"))
  (export "same" (func $s "same"))
  (export "send" (func $s "send")))`

const LENGTHS = [0, 63, 64, 65, 200]
/** Well-formed and not: too long, surrogates, beyond Unicode, cut off, without a beginning. */
const PIECES: readonly (readonly number[])[] = [
  [0xc3, 0xa9],
  [0xe2, 0x82, 0xac],
  [0xf0, 0x9f, 0x98, 0x80],
  [0xf4, 0x8f, 0xbf, 0xbf],
  [0xed, 0x9f, 0xbf],
  [0xc0, 0x80],
  [0xc1, 0xbf],
  [0xe0, 0x9f, 0xbf],
  [0xf0, 0x8f, 0xbf, 0xbf],
  [0xed, 0xa0, 0x80],
  [0xed, 0xbf, 0xbf],
  [0xf4, 0x90, 0x80, 0x80],
  [0xf5, 0x80, 0x80, 0x80],
  [0xff],
  [0xc3],
  [0xe2, 0x82],
  [0xf0, 0x9f, 0x98],
  [0x80],
]

test('texts of all sorts pass or trap as they do when nothing is fused', async () => {
  const outcomes = await Promise.all(
    [undefined, new Fuse({ allowed: true })].map(async (fuse) => {
      const engine = new Engine()
      engine.store.loadFuse = undefined
      engine.store.fuse = fuse
      engine.store.fuseAfter = 1
      const component = await Component.compile(PAIR, { engine })
      return LENGTHS.flatMap((length) =>
        [[], ...PIECES].flatMap((piece) =>
          [0, 63, 64, length - piece.length].flatMap((at) => {
            if (at < 0 || at > length) return []
            const { poke, fill, same, send } = component.instantiateSync({}, { engine }).exports as Untyped
            fill(256)
            piece.forEach((byte, i) => {
              poke(1024 + at + i, byte)
            })
            try {
              expect([send(length), length === 0 || same(length - 1)]).toEqual([length, true])
              return ['passed']
            } catch (error) {
              if (!isWasmLinkError(error) || error.kind !== 'trap') throw error
              return [`${error.code}: ${error.message}`]
            }
          }),
        ),
      )
    }),
  )
  const [general = [], fused] = outcomes
  expect(fused).toEqual(general)
  expect(new Set(general).size).toBeGreaterThan(3)
})
