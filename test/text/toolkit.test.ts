/** Which library assembles core text, where one or both of them are not there. */
import { expect, test } from 'vitest'
import { Cursor, STRICT } from '../../src/text/cursor.ts'
import { lex } from '../../src/text/lexer.ts'
import { parseCoreModuleBody } from '../../src/text/parse-component.ts'
import { type Libraries, Toolkit } from '../../src/text/toolkit.ts'

const gone = (name: string) => () => Promise.reject(new TypeError(`Failed to resolve module specifier '${name}'`))

async function assemble(fields: string, libraries: Partial<Libraries>): Promise<Uint8Array | undefined> {
  const tokens = lex({ text: fields, file: 'test.wat' })
  const module = parseCoreModuleBody(new Cursor(tokens, STRICT))
  const toolkit = new Toolkit({ wabt: gone('wabt'), binaryen: gone('binaryen'), ...libraries })
  return (await toolkit.assemble(tokens, [module])).get(module)
}

const binaryen: Libraries['binaryen'] = async () => (await import('binaryen')).default as object as never

test('Binaryen assembles what there is no wabt for', async () => {
  const bytes = await assemble('(func (export "f") (result i32) i32.const 42)', { binaryen })
  const { instance } = await WebAssembly.instantiate(bytes?.slice() ?? new Uint8Array())
  expect(instance.exports).toHaveProperty('f')
})

test('what Binaryen alone cannot read is malformed, at its place', async () => {
  await expect(assemble('(func $f (no-such-instruction))', { binaryen })).rejects.toMatchObject({
    kind: 'malformed',
    line: 1,
    message: expect.stringMatching(/^core module cannot be assembled: it is not what Binaryen reads/),
  })
})

test('without both, the error says what is missing and what to do', async () => {
  await expect(assemble('(func)', {})).rejects.toMatchObject({
    name: 'TypeError',
    message: expect.stringMatching(/^text with core modules needs the package `wabt` or `binaryen`.* import map/),
    cause: { message: "Failed to resolve module specifier 'wabt'" },
  })
})
