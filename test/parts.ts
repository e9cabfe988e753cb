/** Sources have no built parts that synchronous functions could load without waiting. */
import { LINKS, RARE, RUNTIME } from '../src/linker/part.ts'
import { MACHINERY, SOCKETS } from '../src/plugins/parts.ts'

await Promise.all([RUNTIME.load(), RARE.load(), LINKS.load(), MACHINERY.load(), SOCKETS.load()])
