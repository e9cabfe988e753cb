/**
 * Whoever uses the built package has calls from guest to guest fused, in steady use and not before. In a process of its own,
 * which tells what it has loaded.
 */
import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { constant, forwarding } from '../plugins/fixtures.ts'

const SCRIPT = `
import { Session } from 'node:inspector'
import { Binding, Component, Engine, ExactlyOne, Linker, Plugin } from ${JSON.stringify(new URL('../../dist/index.js', import.meta.url).href)}
const loaded = []
const session = new Session()
session.connect()
session.on('Debugger.scriptParsed', ({ params }) => loaded.push(params.url))
session.post('Debugger.enable')
const isFused = () => loaded.some((url) => url.endsWith('/dist/fuse.js'))
const turn = () => new Promise((resolve) => setTimeout(resolve, 20))

const engine = new Engine()
const compile = (text) => Component.compile(text, { engine })
const leaf = await new Plugin(await compile(${JSON.stringify(constant('test:leaf', 7))})).instantiate(engine)
const user = await new Plugin(await compile(${JSON.stringify(forwarding('test:user', 'test:leaf'))})).link(
  engine, new Linker(engine), [new Binding('test:leaf', ExactlyOne('a', leaf))])
const { getValue } = user.exports['test:user/root']
const answers = [getValue()]
await turn()
const atFirst = isFused()
for (let i = 0; i < 100; i++) getValue()
await turn()
for (let i = 0; i < 100; i++) answers.push(getValue())
console.log(JSON.stringify({ atFirst, inSteadyUse: isFused(), answers: [...new Set(answers)] }))
`

test('the built package fuses calls in steady use', () => {
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', SCRIPT], {
    encoding: 'utf8',
  })
  expect(stderr.replace(/^.*ExperimentalWarning.*\n|^\(Use `node.*\n/gm, '')).toBe('')
  expect(JSON.parse(stdout)).toEqual({ atFirst: false, inSteadyUse: true, answers: [7] })
})
