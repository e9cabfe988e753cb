/** Sources have no built parts that synchronous functions could load without waiting. */
import { LINKS, RUNTIME } from '../src/linker/part.ts'
import { MACHINERY, SOCKETS } from '../src/plugins/parts.ts'

await Promise.all([RUNTIME.load(), LINKS.load(), MACHINERY.load(), SOCKETS.load()])
