import { defineConfig } from 'vitest/config'

// Node 20 compiles what today's toolchains emit only with this flag; the library itself never sets it.
const extendedConst = process.versions.node.startsWith('20.') ? ['--experimental-wasm-extended-const'] : []

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    execArgv: extendedConst,
    setupFiles: ['test/parts.ts', 'test/tier.ts'],
    // files share their processes: loading the library anew for each of them takes as long as the tests do
    isolate: false,
    maxWorkers: '100%',
    // for what never ends: on a busy machine Binaryen alone needs 20 s until it has read its first module
    testTimeout: 60_000,
    coverage: { provider: 'v8', include: ['src/**'], reporter: ['text', 'html'] },
  },
})
