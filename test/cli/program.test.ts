/** The command line as a shell sees it: exit codes, where text goes, and that errors are fit to read. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { ANSWERS, cli, EXITS, SUBJECT } from './help.ts'

const folder = mkdtempSync(join(tmpdir(), 'wasm-link-cli-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const file = (name: string, content: string | Uint8Array): string => {
  writeFileSync(join(folder, name), content)
  return join(folder, name)
}
const subject = file('subject.wat', SUBJECT)

describe('help and version', () => {
  test.each([['help'], ['--help'], ['-h']])('%s lists the verbs', async (word) => {
    const { code, out, err } = await cli([word])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    for (const verb of ['run', 'inspect', 'validate', 'wast', 'parse', 'print', 'wit', 'types', 'fuzz'])
      expect(out).toContain(`\n  ${verb} `)
  })

  test.each([[['help', 'run']], [['run', '--help']], [['run', '-h', 'ignored', '--nonsense']]])(
    '%j explains the verb',
    async (args) => {
      const { code, out } = await cli(args)
      expect(code).toBe(0)
      expect(out).toMatch(/^wasm-link run FILE \[--invoke CALL\]/)
    },
  )

  test('--version', async () => {
    expect(await cli(['--version'])).toEqual({ code: 0, out: 'wasm-link 1.2.3\n', err: '' })
  })
})

describe('wrong usage is exit code 2, on standard error, with the usage', () => {
  const rows: readonly (readonly [args: readonly string[], message: string])[] = [
    [[], 'error: which verb?\nusage: wasm-link VERB …'],
    [['frobnicate'], 'error: there is no verb `frobnicate`'],
    [['constructor'], 'error: there is no verb `constructor`'],
    [['\u001b[2J'], 'error: there is no verb `\\u{1b}[2J`'],
    [['help', 'nothing'], 'error: there is no verb `nothing`'],
    [['run'], 'error: run: which FILE?\nusage: wasm-link run FILE'],
    [['run', 'a', 'b'], 'error: run: one FILE, got `b` too; arguments for the command come after `--`'],
    [['run', subject, '--nope'], "error: Unknown option '--nope'"],
    [['run', subject, '--fuel', 'lots'], 'error: run: --fuel: expected a whole number, got `lots`'],
    [['run', subject, '--timeout', '1.5'], 'error: run: --timeout: expected a whole number, got `1.5`'],
    [['run', subject, '--memory', '0.1'], 'error: run: --memory: expected a whole number, got `0.1`'],
    [['run', subject, '--env', '=x'], 'error: --env: expected K=V or K, got `=x`'],
    [['run', subject, '--dir', 'a::b::c'], 'error: --dir: expected HOST[::GUEST[::rw]], got `a::b::c`'],
    [['run', subject, '--features', 'wings'], "error: --features: there is no feature 'wings'; the features are async"],
    [['run', subject, '--meter', 'taxi'], "error: --meter: expected 'binaryen' or 'exact', got 'taxi'"],
    [['run', subject, '--invoke', 'add'], "error: --invoke: expected `(` after the function's name, as in `add()`"],
    [
      ['run', subject, '--invoke', 'sub(1)'],
      'error: --invoke: there is no function `sub`; there are\n  acme:calc/ops@0.3.1#add: func(a: u32, b: u32) -> u32\n  half:',
    ],
    [
      ['run', subject, '--invoke', 'ops.add(1, x)'],
      'error: --invoke: expected u32, got `x`\n  ops.add(1, x)\n             ^\n  acme:calc/ops@0.3.1#add: func(a: u32, b: u32) -> u32',
    ],
    [['run', subject, '--invoke', 'half()'], 'error: --invoke: argument `n` is missing: expected a u32'],
    [['validate'], 'error: validate: which FILE?'],
    [['inspect', 'a', 'b'], 'error: inspect: one FILE'],
  ]
  test.each(rows)('%j', async (args, message) => {
    const { code, out, err } = await cli(args)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain(message)
    expect(err).toMatch(/\nusage: wasm-link /)
    expect(err).not.toContain('    at ')
  })
})

describe('run --invoke', () => {
  const rows: readonly (readonly [args: readonly string[], code: number, out: string])[] = [
    [['ops.add(40, 2)'], 0, '42\n'],
    [['ops#add(40, 2)'], 0, '42\n'],
    [['acme:calc/ops@0.3.1#add(40, 2)'], 0, '42\n'],
    [['acme:calc/ops@0.3.1.add( 40 , 2 )'], 0, '42\n'],
    [['acme:calc/ops.add(40, 2)'], 0, '42\n'],
    [['add(40, 2)'], 0, '42\n'],
    [['half(8)'], 0, 'ok(4)\n'],
    [['half(8)', '--json'], 0, '{"tag":"ok","val":4}\n'],
    [['half(7)'], 1, 'err\n'],
    [['half(8)', '--quiet'], 0, ''],
    [['greet()'], 0, '"hi \\u{1b}[31m\\u{202e}"\n'],
    [['greet()', '--json'], 0, '"hi \\u001b[31m\\u202e"\n'],
  ]
  test.each(rows)('%j', async ([call = '', ...options], code, out) => {
    expect(await cli(['run', subject, '--invoke', call, ...options])).toEqual({ code, out, err: '' })
  })

  test('a trap is 134, in one line and where', async () => {
    expect(await cli(['run', subject, '--invoke', 'boom()'])).toEqual({
      code: 134,
      out: '',
      err: 'error: wasm trap: wasm `unreachable` instruction executed\n  in boom\n',
    })
  })

  test('WASM_LINK_DEBUG shows the stack', async () => {
    const { err } = await cli(['run', subject, '--invoke', 'boom()'], { env: { WASM_LINK_DEBUG: '1' } })
    expect(err).toContain('\n    at ')
  })
})

describe('run with limits', () => {
  const hungry = file(
    'hungry.wat',
    `(component
      (core module $m
        (memory (export "memory") 1)
        (func (export "spin") (loop br 0))
        (func (export "answer") (result i32) i32.const 42)
        (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))
      (core instance $i (instantiate $m))
      (func (export "spin") (canon lift (core func $i "spin")))
      (func (export "answer") (result u32) (canon lift (core func $i "answer")))
      (func (export "grow") (param "pages" u32) (result s32) (canon lift (core func $i "grow"))))`,
  )

  test.each(['exact', 'binaryen'])('what was used is told on standard error: %s', async (meter) => {
    expect(await cli(['run', hungry, '--invoke', 'answer()', '--fuel', '100', '--meter', meter])).toEqual({
      code: 0,
      out: '42\n',
      err: 'used: 2 of 100 fuel, 65536 of 268435456 bytes of memory\n',
    })
  })

  test('with --quiet nothing is', async () => {
    expect(await cli(['run', hungry, '--invoke', 'answer()', '--fuel', '100', '--quiet'])).toEqual({
      code: 0,
      out: '',
      err: '',
    })
  })

  test.each([
    [['--fuel', '1000'], 'error: limit `fuel` reached'],
    [['--timeout', '20'], 'error: limit `timeoutMs` reached'],
  ])('%j used up is exit code 124', async (args, message) => {
    const { code, err } = await cli(['run', hungry, '--invoke', 'spin()', '--meter', 'exact', ...args])
    expect(code).toBe(124)
    expect(err).toContain(message)
  })

  test('memory that is refused is -1 for the guest', async () => {
    const { out, err } = await cli(['run', hungry, '--invoke', 'grow(16)', '--memory', '1'])
    expect(out).toBe('-1\n')
    expect(err).toBe('used: 65536 of 1048576 bytes of memory\n')
    expect((await cli(['run', hungry, '--invoke', 'grow(15)', '--memory', '1'])).out).toBe('1\n')
  })

  test('memory that cannot be had at all is exit code 1', async () => {
    const { code, err } = await cli(['run', hungry, '--invoke', 'answer()', '--memory', '0'])
    expect(code).toBe(1)
    expect(err).toContain('error: limit `memoryBytes` reached: 65536 of 0')
  })
})

describe('run: the exit code is the command’s', () => {
  test.each([
    ['ok', ANSWERS(0), 0],
    ['err', ANSWERS(1), 1],
    ['exit 0', EXITS(0), 0],
    ['exit 42', EXITS(42), 42],
    ['exit 255', EXITS(255), 255],
  ])('%s', async (_, text, code) => {
    expect(await cli(['run', '-'], { stdin: text })).toEqual({ code, out: '', err: '' })
  })

  test('exiting ends an invoked call too', async () => {
    expect(await cli(['run', '-', '--invoke', 'run.run()'], { stdin: EXITS(3) })).toMatchObject({ code: 3, out: '' })
  })

  test('what is no command says so', async () => {
    const { code, err } = await cli(['run', subject])
    expect(code).toBe(1)
    expect(err).toBe(
      'error: cannot link: wasi:cli/run: the component is no command: it exports neither `wasi:cli/run@0.2` nor `wasi:cli/run@0.3`\n',
    )
  })

  test('a folder that is not there', async () => {
    const { code, err } = await cli(['run', '-', '--dir', 'nowhere'], { stdin: ANSWERS(0), cwd: folder })
    expect(code).toBe(2)
    expect(err).toContain(`error: --dir: there is no folder \`${join(folder, 'nowhere')}\``)
  })
})

describe('FILE', () => {
  test('a path relative to where one is, a URL, standard input; text by its content', async () => {
    const args = ['--invoke', 'add(1, 2)']
    expect(await cli(['run', 'subject.wat', ...args], { cwd: folder })).toMatchObject({ out: '3\n' })
    expect(await cli(['run', pathToFileURL(subject).href, ...args])).toMatchObject({ out: '3\n' })
    expect(await cli(['run', '-', ...args], { stdin: `;; text\n${SUBJECT}` })).toMatchObject({ out: '3\n' })
    const { out } = await cli(['parse', subject, '-o', '-'])
    expect(await cli(['run', '-', ...args], { stdin: Buffer.from(out, 'latin1') })).toMatchObject({ out: '3\n' })
  })

  test.each([
    ['/nowhere.wasm', 'error: cannot read /nowhere.wasm: there is no such file\n'],
    [folder, `error: cannot read ${folder}: it is a folder\n`],
  ])('%s', async (path, err) => {
    expect(await cli(['run', path])).toEqual({ code: 1, out: '', err })
  })
})

describe('bad components', () => {
  test('malformed, with the offset', async () => {
    const { code, err } = await cli(['run', '-'], { stdin: 'not a component' })
    expect(code).toBe(1)
    expect(err).toMatch(/^error: malformed component: magic header not detected.*\(at offset 0x0\)\n$/)
  })

  test('malformed text, with the place', async () => {
    const { code, err } = await cli(['run', '-'], { stdin: '(component\n  (frob))' })
    expect(code).toBe(1)
    expect(err).toMatch(/^error: malformed component: /)
    expect(err).toContain('(frob)')
  })

  test('a feature that is off names the switch', async () => {
    const stdin = '(component (type (list u8 4)))'
    const { code, err } = await cli(['validate', '-'], { stdin })
    expect({ code, err }).toEqual({ code: 1, err: '' })
    expect((await cli(['run', '-'], { stdin })).err).toContain('`--features fixed-length-lists` turns the feature on')
    expect((await cli(['validate', '-', '--features', 'fixed-length-lists'], { stdin })).code).toBe(0)
  })

  test('every missing import at once', async () => {
    const stdin = '(component (import "acme:a/one" (func)) (import "acme:a/two" (func)))'
    const { code, err } = await cli(['run', '-', '--invoke', 'x()'], {
      stdin: stdin.replace(
        '(component',
        '(component (core module $m (func (export "f"))) (core instance $i (instantiate $m)) (func (export "x") (canon lift (core func $i "f")))',
      ),
    })
    expect(code).toBe(1)
    expect(err).toMatch(/^error: cannot link: 2 problems\n {2}acme:a\/one.*\n {2}acme:a\/two/)
  })
})

describe('validate', () => {
  test('a line for each file, 1 if one is bad', async () => {
    const bad = file('bad.wat', '(component (export "x" (func 0)))')
    const { code, out, err } = await cli(['validate', subject, bad, '/nowhere'])
    expect({ code, err }).toEqual({ code: 1, err: '' })
    expect(out.split('\n')).toEqual([
      `${subject}: valid`,
      expect.stringMatching(/bad\.wat: invalid component: unknown function 0.*\(at offset 0x/),
      '/nowhere: cannot read /nowhere: there is no such file',
      '',
    ])
    expect((await cli(['validate', subject, bad, '--quiet'])).out).toMatch(/^[^\n]*bad\.wat: invalid[^\n]*\n$/)
    expect(await cli(['validate', subject])).toEqual({ code: 0, out: `${subject}: valid\n`, err: '' })
  })
})

describe('inspect', () => {
  test('for people', async () => {
    const { code, out } = await cli(['inspect', subject])
    expect(code).toBe(0)
    expect(out.split('\n').slice(1, -2)).toEqual([
      'no imports',
      'exports',
      '  acme:calc/ops@0.3.1',
      '    add: func(a: u32, b: u32) -> u32',
      '  half: func(n: u32) -> result<u32>',
      '  greet: func() -> string',
      '  boom: func()',
      '1 nested component',
      expect.stringMatching(/^1 core module, \d+ bytes$/),
    ])
    expect(out).toMatch(/at 0x[0-9a-f]+: \d+ bytes, 0 imports, 6 exports, exports memory of 1… pages\n$/)
  })

  test('for programs', async () => {
    const { out } = await cli(['inspect', '-', '--json'], { stdin: EXITS(0) })
    expect(JSON.parse(out)).toMatchObject({
      file: '-',
      features: [],
      imports: [
        {
          name: 'wasi:cli/exit@0.2.0',
          kind: 'instance',
          exports: [
            {
              name: 'exit-with-code',
              kind: 'func',
              async: false,
              params: [{ name: 'status-code', type: 'u8' }],
              text: 'func(status-code: u8)',
            },
          ],
        },
      ],
      exports: [{ name: 'wasi:cli/run@0.2.3', kind: 'instance' }],
      components: 1,
      modules: [{ imports: 1, exports: 1, memories: [] }],
    })
  })

  test('types by their names, resources with what is theirs', async () => {
    const stdin = `(component (import "acme:store/blobs@1.0.0" (instance
      (type $color' (enum "red" "dark-green")) (export "color" (type $color (eq $color')))
      (export "blob" (type $blob (sub resource)))
      (type $line' (record (field "name" string) (field "color" $color) (field "next" (option u8))))
      (export "line" (type $line (eq $line')))
      (export "[constructor]blob" (func (param "size" u64) (result (own $blob))))
      (export "[method]blob.paint" (func (param "self" (borrow $blob)) (param "color" $color) (result (result $line (error string)))))
      (export "[static]blob.merge" (func (param "of" (list (own $blob))) (result (own $blob))))
      (export "lines" (func (result (list $line)))))))`
    const { out } = await cli(['inspect', '-'], { stdin })
    expect(out.split('\n').slice(1, 11)).toEqual([
      'imports',
      '  acme:store/blobs@1.0.0',
      '    enum color { red, dark-green }',
      '    resource blob',
      '      constructor(size: u64)',
      '      paint: func(color: color) -> result<line, string>',
      '      merge: static func(of: list<blob>) -> blob',
      '    record line { name: string, color: color, next: option<u8> }',
      '    lines: func() -> list<line>',
      'no exports',
    ])
  })
})
