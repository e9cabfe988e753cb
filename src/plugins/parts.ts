/** The parts of the plugin layer that come when they are needed. */
import { Part } from '../linker/part.ts'

const HOW = 'is not loaded yet, and this platform cannot load it without waiting'

/** What is behind plugins and bindings: loaded by the first plugin that starts. */
export const MACHINERY: Part<typeof import('./machinery.ts')> = new Part(
  () => import('./machinery.ts'),
  './machinery.js',
  `what is behind plugins ${HOW}: use \`await Component.compile(…)\` once before`,
)

/** What joins consumers to bindings: loaded by the first link. */
export const SOCKETS: Part<typeof import('./sockets.ts')> = new Part(
  () => import('./sockets.ts'),
  './sockets.js',
  `what joins plugins ${HOW}: use \`await link(…)\` once before`,
)
