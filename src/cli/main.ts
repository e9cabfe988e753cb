#!/usr/bin/env node
/**
 * The executable `wasm-link`: joins the program to this process. Output is written synchronously, so that nothing is
 * lost or out of order when the process ends; the exit code is set, never forced.
 */
import { readFileSync, writeSync } from 'node:fs'
import process from 'node:process'
import { setFlagsFromString } from 'node:v8'
import { program } from './program.ts'
import type { CliIo } from './verb.ts'

/** Today's toolchains emit extended constant expressions, which Node 20 compiles only with this flag. */
function allowExtendedConst(): void {
  const { node = '', bun, deno } = process.versions
  if (bun === undefined && deno === undefined && node.startsWith('20.')) {
    setFlagsFromString('--experimental-wasm-extended-const')
  }
}

function write(fd: 1 | 2, data: string | Uint8Array): void {
  const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(fd, bytes, at)
    } catch (error) {
      const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined
      // whoever read our output has seen enough, as in `wasm-link inspect … | head`
      if (code === 'EPIPE') process.exit()
      if (code !== 'EAGAIN') throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
    }
  }
}

function version(): string {
  // beside `dist` in the package, beside `src` in the sources
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    readonly version: string
  }
  return version
}

const io: CliIo = {
  out: (text) => write(1, text),
  outBytes: (bytes) => write(1, bytes),
  err: (text) => write(2, text),
  stdin: () => process.stdin,
  env: process.env,
  cwd: process.cwd(),
}

allowExtendedConst()
// no top-level await: it would keep the bundler from putting what belongs together into one file
program(process.argv.slice(2), io, version()).then((code) => {
  process.exitCode = code
})
