/** The parts of the plugin layer that come when they are needed, with their types. */
import * as parts from '../linker/part.ts'

/** What is behind plugins and bindings: loaded by the first plugin that starts. */
export const MACHINERY = parts.MACHINERY as parts.Part<typeof import('./machinery.ts')>

/** What joins consumers to bindings: loaded by the first link. */
export const SOCKETS = parts.SOCKETS as parts.Part<typeof import('./sockets.ts')>
