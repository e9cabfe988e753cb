/** WIT text: what the grammar takes, what it refuses and where, and that nothing else than a MalformedError comes out. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isWasmLinkError } from '../../src/index.ts'
import { WitPackages } from '../../src/wit/index.ts'
import { runs } from '../properties/runs.ts'
import { WORLD } from './help.ts'

/** What is thrown, in one line with its place. */
function fault(text: string | Record<string, string>, options?: Parameters<typeof WitPackages.parse>[1]): string {
  try {
    WitPackages.parse(text, options)
  } catch (error) {
    if (!isWasmLinkError(error) || error.kind !== 'malformed') throw error
    return `${error.line}:${error.column} ${error.message.split('\n')[0]}`
  }
  return 'accepted'
}

const inInterface = (items: string): string => `package a:b;\ninterface i {\n${items}\n}`

describe('refused, with line and column', () => {
  const rows: readonly (readonly [text: string, expected: string])[] = [
    ['interface i {}', '1:1 no `package` is declared for these items'],
    ['package a;', '1:10 expected `:`, found `;`'],
    ['package a:b@1;', '1:13 expected a semantic version, found `1`'],
    ['package a:b; package a:c;', '1:14 the `package` of a file is declared once, before its items'],
    ['package a:b {} package a:b {}', '1:24 package `a:b` is defined more than once'],
    ['package a:b; interface i {} interface i {}', '1:39 name `i` is defined more than once'],
    ['package a:b; interface i {', '1:27 expected a function or a type, found the end of the file'],
    ['package a:b; interface record {}', '1:24 expected an interface, found keyword `record`'],
    ['package a:b; interface a_b {}', '1:25 expected `{`, found `_`'],
    ['package a:b; interface aB {}', '1:24 `aB` is not in kebab case'],
    ['package a:b; /* no end', '1:14 block comment without an end'],
    ['package a:b; \u202e', '1:14 this character is not allowed in WIT'],
    ['package a:b; use c; interface i {}', '1:18 interface or world `c` does not exist'],
    ['package a:b; world w {} use w as v;', '1:29 `w` is not an interface'],
    [inInterface('f: func(a: u33);'), '3:12 type `u33` does not exist'],
    [inInterface('f: func(a: u32, A: u32);'), '3:17 parameter `A` is there more than once'],
    [inInterface('f: func()'), '4:1 expected `;`, found `}`'],
    [inInterface('f: func(); F: func();'), '3:12 name `F` is defined more than once'],
    [inInterface('record r {}'), '3:10 a record has at least one field'],
    [inInterface('variant v {}'), '3:11 a variant has at least one case'],
    [inInterface('record r { a: u32, a: u32 }'), '3:20 field or case `a` is there more than once'],
    [
      inInterface(`flags f { ${Array.from({ length: 33 }, (_, n) => `l${n}`).join(', ')} }`),
      '3:7 cannot have more than 32 flags',
    ],
    [inInterface('type t = t;'), '3:6 type `t` depends on itself'],
    [inInterface('record a { b: option<b> } record b { a: list<a> }'), '3:8 type `a` depends on itself'],
    [inInterface('type t = list<u8, 0>;'), '3:17 a fixed-length list has at least one element'],
    [inInterface('type t = map<f32, u8>;'), '3:14 invalid map key type'],
    [inInterface('type t = borrow<u>; type u = u32;'), '3:17 type `u` is not a resource'],
    [inInterface(`type t = ${'list<'.repeat(101)}u8${'>'.repeat(101)};`), '3:515 nesting too deep'],
    [
      inInterface(`type t0 = u8; ${Array.from({ length: 101 }, (_, n) => `type t${n + 1} = option<t${n}>;`).join('')}`),
      '3:2278 type nesting is too deep',
    ],
    [
      inInterface('resource r; f: func() -> option<borrow<r>>;'),
      '3:13 function returns a type which contains a `borrow<T>` which is not supported',
    ],
    [inInterface('resource r { constructor(); constructor(); }'), '3:29 a resource has at most one constructor'],
    [inInterface('resource r { constructor() -> u32; }'), '3:14 a constructor returns `r` or `result<r, …>`'],
    [inInterface('resource r { m: func(); m: static func(); }'), '3:25 method `m` is there more than once'],
    [inInterface('use i.{t};'), '2:11 `i` depends on itself'],
    [`${inInterface('use j.{t};')}interface j {}`, '3:8 type `t` is not defined in `a:b/j`'],
    [`${inInterface('use j.{};')}interface j {}`, '3:1 a `use` names at least one type'],
    [inInterface('use c:d/e.{t};'), '3:5 package `c:d` is not known'],
    [
      `${inInterface('use c:d/e.{t};')}package c:d@1.0.0 { interface e { type t = u8; } }`,
      '3:5 package `c:d` is not known; there is `c:d@1.0.0`',
    ],
    ['package a:b; world w { import c:d; }', '1:34 `c:d` is a package; expected `/` and an interface'],
    ['package a:b; world w { import f: func(); import f: func(); }', '1:49 import `f` is there more than once'],
    ['package a:b; world w { type t = u8; import t: func(); }', '1:44 import `t` is there more than once'],
    ['package a:b; world w { include w; }', '1:20 `w` depends on itself'],
    [
      'package a:b; world w { include v with { a as b } } world v {}',
      '1:41 `a` is no plain name of the included world',
    ],
    [
      'package a:b; world w { include v; include u; } world v { import f: func(); } world u { import f: func(); }',
      '1:43 import `f` is there more than once',
    ],
    ['package a:b; @since(version = 1.0.0) interface i {}', '1:14 a gate needs a version of its package `a:b`'],
    [
      'package a:b@1.0.0; @since(version = 1.0.1) interface i {}',
      '1:20 feature gate cannot reference unreleased version 1.0.1 of package `a:b` (current version 1.0.0)',
    ],
    [
      'package a:b@1.0.0; @since(version = 1.0.0) @unstable(feature = x) interface i {}',
      '1:45 `@since` and `@unstable` exclude each other',
    ],
    [
      'package a:b@1.0.0; @deprecated(version = 1.0.0) interface i {}',
      '1:20 `@deprecated` needs `@since` or `@unstable` beside it',
    ],
    [
      'package a:b; @unstable(feature = x) interface i { f: func(); }',
      '1:51 this is part of `@unstable(feature = x)` and needs the same gate',
    ],
    [
      'package a:b; @new interface i {}',
      '1:15 expected `unstable`, `since`, `deprecated` or `external-id`, found `new`',
    ],
    ['package a:b; world w { @external-id("\\ff") import f: func(); }', '1:37 malformed UTF-8 encoding'],
  ]
  test.each(rows)('%s', (text, expected) => {
    expect(fault(text)).toBe(expected)
  })

  test('the line is shown with a caret, and the file is named', () => {
    expect(() => WitPackages.parse({ 'x/bad.wit': inInterface('f: func(a: nope);') })).toThrow(
      'type `nope` does not exist\n --> x/bad.wit:3:12\n  |\n3 | f: func(a: nope);\n  |            ^',
    )
  })
})

describe('accepted', () => {
  test.each([
    ['nothing', ''],
    ['comments of all kinds', '// a\n/* b /* c */ */ package a:b; /// docs\ninterface i {}'],
    [
      'names that are keywords',
      'package %async:%use; interface %interface { %record: func(%type: u32); type %list = u8; }',
    ],
    ['types in any order', inInterface('type a = b; type b = tuple<c, d>; record c { d: d } type d = option<u8>;')],
    [
      'all types',
      inInterface(
        'type t = tuple<bool, s8, u8, s16, u16, s32, u32, s64, u64, f32, f64, char, string, error-context, list<u8>, list<u8, 4>, ' +
          'map<string, u8>, option<u8>, result, result<u8>, result<_, u8>, result<u8, u8>, stream, stream<u8>, future, future<u8>,>;',
      ),
    ],
    [
      'resources',
      inInterface(
        'resource r { constructor(a: u8); m: async func(); s: static func(o: own<r>) -> r; } type a = r; f: func(x: borrow<a>) -> a;',
      ),
    ],
    ['a constructor that can fail', inInterface('resource r { constructor() -> result<r, string>; }')],
    [
      'plain names next to a colon',
      'package a:b; interface k {} world w { import a:func(); import b: k; import c:interface {} export a:b/k; }',
    ],
    [
      'a version before a brace',
      'package a:b@1.0.0-rc.1+x; interface i { type t = u8; } interface j { use a:b/i@1.0.0-rc.1+x.{t}; }',
    ],
    ['what was new in the package’s own version', 'package a:b@1.0.0; @since(version = 1.0.0) interface i {}'],
  ])('%s', (_, text) => {
    expect(fault(text)).toBe('accepted')
  })

  test('a chain of ten thousand aliases, against its order', () => {
    const chain = Array.from({ length: 10_000 }, (_, n) => `type t${10_000 - n} = t${9_999 - n};`)
    expect(fault(inInterface(`${chain.join('\n')}\ntype t0 = u8;`))).toBe('accepted')
  })

  test('a type that unfolds to 2^90 parts', () => {
    const doubled = Array.from({ length: 90 }, (_, n) => `type t${n + 1} = tuple<t${n}, t${n}>;`)
    const wit = WitPackages.parse(inInterface(`type t0 = u8;\n${doubled.join('\n')}\nf: func(x: t90);`))
    expect(wit.toText()).toContain('f: func(x: t90);')
  })
})

describe('feature gates', () => {
  const text = `package a:b;
interface i { @unstable(feature = new) type t = u8; f: func(); @unstable(feature = new) g: func(x: t); }
@unstable(feature = new) interface j {}
world w { import i; import j; include v; }
@unstable(feature = new) world v { @unstable(feature = new) import h: func(); }`

  test('what is unstable is not there, and is not missed by worlds', () => {
    const shown = WitPackages.parse(text).toText()
    expect(shown).toContain('interface i {\n  f: func();\n}')
    expect(shown).toContain('world w {\n  import i;\n}')
  })

  test.each([[['new']], ['all'] as const])('unless it is asked for: %j', (features) => {
    const shown = WitPackages.parse(text, { features }).toText()
    expect(shown).toContain('interface i {\n  type t = u8;\n  f: func();\n  g: func(x: t);\n}')
    expect(shown).toContain('world w {\n  import i;\n  import j;\n  import h: func();\n}')
  })

  test('a stable item cannot name an unstable one', () => {
    expect(fault(inInterface('@unstable(feature = x) type t = u8; f: func(x: t);'))).toBe(
      '3:48 type `t` does not exist',
    )
  })
})

describe('several files', () => {
  test('files of a folder are one package; those of `deps` are others', () => {
    const wit = WitPackages.parse({
      'types.wit': 'interface types { type t = u8; }',
      'world.wit':
        'package a:b; use c:d/e as other; interface i { use types.{t}; use other.{u}; } world w { import i; }',
      'deps/one.wit': 'package c:d; interface e { use f:g/h.{v}; type u = v; }',
      'deps/two/a.wit': 'package f:g;',
      'deps/two/b.wit': 'interface h { type v = string; }',
    })
    expect(wit.packageNames).toEqual(['a:b', 'c:d', 'f:g'])
    expect([...wit.toFiles().keys()]).toEqual(['w.wit', 'deps/c-d/package.wit', 'deps/f-g/package.wit'])
    expect(wit.toFiles().get('w.wit')).toContain(
      'world w {\n  import types;\n  import f:g/h;\n  import c:d/e;\n  import i;\n}',
    )
  })

  test('what they write comes back', () => {
    const wit = WitPackages.parse(WORLD)
    const again = WitPackages.parse(Object.fromEntries(wit.toFiles()))
    expect(again.toText()).toBe(wit.toText())
  })

  test('two packages in one folder', () => {
    expect(fault({ 'a.wit': 'package a:a;', 'b.wit': 'package a:b;' })).toBe(
      '1:9 package name does not match `a:a` of `a.wit`',
    )
  })
})

describe('printed', () => {
  test('parses to the same text', () => {
    const text = WitPackages.parse(WORLD).toText()
    expect(WitPackages.parse(text).toText()).toBe(text)
    expect(text).toMatchSnapshot()
  })
})

test('whatever is done to a text, it is WIT or malformed', () => {
  const words = WORLD.split(/(?<=\W)|(?=\W)/)
  const cut = fc.tuple(
    fc.nat(words.length),
    fc.nat(6),
    fc.array(fc.constantFrom(...words, '%', '\0', '::', '}', '\\'), { maxLength: 3 }),
  )
  fc.assert(
    fc.property(fc.array(cut, { minLength: 1, maxLength: 3 }), (cuts) => {
      const text = [...words]
      for (const [at, count, instead] of cuts) text.splice(at, count, ...instead)
      fault(text.join(''))
    }),
    runs(300),
  )
})
