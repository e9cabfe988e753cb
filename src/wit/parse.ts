/**
 * A WIT file → its AST: packages, interfaces, worlds. Recursion happens in types only, and there it is bounded.
 *
 * WIT.md of the specification: The WIT text format
 */
import type { Source } from '../text/source.ts'
import type {
  ExternAst,
  Field,
  FileAst,
  Front,
  Gate,
  InterfaceAst,
  InterfaceItem,
  MethodAst,
  Name,
  PackageAst,
  PackageNameAst,
  TopUse,
  TypeBody,
  TypeDefAst,
  UseAst,
  UsePath,
  WorldAst,
  WorldItem,
} from './ast.ts'
import { Cursor } from './cursor.ts'
import { parseFunc, parseParams, parseResultType, parseType } from './parse-types.ts'

export function parseFile(source: Source): FileAst {
  const cursor = new Cursor(source)
  const nested: PackageAst[] = []
  let name: PackageNameAst | undefined
  let docs = ''
  let began = false
  const items: (InterfaceAst | WorldAst | TopUse)[] = []
  while (!cursor.done) {
    const front = parseFront(cursor)
    if (cursor.isWord('package')) {
      const { at } = cursor
      const declared = parsePackageName(cursor)
      if (cursor.take('{')) nested.push(parseBraces(cursor, declared, front.docs))
      else {
        cursor.expect(';')
        if (began) throw cursor.error('the `package` of a file is declared once, before its items', at)
        name = declared
        docs = front.docs
      }
    } else items.push(parseTop(cursor, front))
    began = true
  }
  return { own: { name, docs, items }, nested }
}

function parseBraces(cursor: Cursor, name: PackageNameAst, docs: string): PackageAst {
  const items: PackageAst['items'][number][] = []
  while (!cursor.take('}')) items.push(parseTop(cursor, parseFront(cursor)))
  return { name, docs, items }
}

function parsePackageName(cursor: Cursor): PackageNameAst {
  cursor.keyword('package')
  const { at } = cursor
  const words = [cursor.name('a namespace').text]
  cursor.expect(':')
  do words.push(cursor.name('a package').text)
  while (cursor.take(':'))
  return { base: words.join(':'), version: parseVersion(cursor), at }
}

const parseVersion = (cursor: Cursor): string | undefined => (cursor.take('@') ? cursor.version() : undefined)

function parseTop(cursor: Cursor, front: Front): InterfaceAst | WorldAst | TopUse {
  if (cursor.takeWord('interface')) {
    const name = cursor.name('an interface')
    cursor.expect('{')
    return { ...front, kind: 'interface', name, items: parseItems(cursor) }
  }
  if (cursor.takeWord('world')) {
    const name = cursor.name('a world')
    cursor.expect('{')
    const items: WorldItem[] = []
    while (!cursor.take('}')) items.push(parseWorldItem(cursor, parseFront(cursor)))
    return { ...front, kind: 'world', name, items }
  }
  if (cursor.takeWord('use')) {
    const path = parsePath(cursor)
    const as = cursor.takeWord('as') ? cursor.name() : path.name
    cursor.expect(';')
    return { ...front, kind: 'use', path, as }
  }
  throw cursor.error(`expected \`world\`, \`interface\` or \`use\`, found ${cursor.found()}`)
}

// — What stands before an item

function parseFront(cursor: Cursor): Front {
  const docs = cursor.docs()
  const { at } = cursor
  const gate: { -readonly [K in keyof Gate]: Gate[K] } = {
    unstable: undefined,
    since: undefined,
    deprecated: undefined,
  }
  let externalId: string | undefined
  while (cursor.take('@')) {
    const begin = cursor.at
    if (cursor.takeWord('external-id')) {
      cursor.expect('(')
      externalId = cursor.string()
      cursor.expect(')')
    } else if (cursor.takeWord('unstable'))
      gate.unstable = field(cursor, 'feature', () => cursor.name('a feature').text)
    else if (cursor.takeWord('since')) gate.since = field(cursor, 'version', () => cursor.version())
    else if (cursor.takeWord('deprecated')) gate.deprecated = field(cursor, 'version', () => cursor.version())
    else
      throw cursor.error(`expected \`unstable\`, \`since\`, \`deprecated\` or \`external-id\`, found ${cursor.found()}`)
    if (gate.unstable !== undefined && gate.since !== undefined)
      throw cursor.error('`@since` and `@unstable` exclude each other', begin)
  }
  if (gate.deprecated !== undefined && gate.since === undefined && gate.unstable === undefined)
    throw cursor.error('`@deprecated` needs `@since` or `@unstable` beside it', at)
  return { docs, gate, externalId, at }
}

function field<T>(cursor: Cursor, name: string, value: () => T): T {
  cursor.expect('(')
  cursor.keyword(name)
  cursor.expect('=')
  const read = value()
  cursor.expect(')')
  return read
}

// — Interfaces

function parseItems(cursor: Cursor): InterfaceItem[] {
  const items: InterfaceItem[] = []
  while (!cursor.take('}')) {
    const front = parseFront(cursor)
    const item = parseUse(cursor, front) ?? parseTypeDef(cursor, front)
    if (item !== undefined) {
      items.push(item)
      continue
    }
    const name = cursor.name('a function or a type')
    cursor.expect(':')
    items.push({ ...front, kind: 'func', name, func: parseFunc(cursor) })
    cursor.expect(';')
  }
  return items
}

function parseUse(cursor: Cursor, front: Front): UseAst | undefined {
  if (!cursor.takeWord('use')) return undefined
  const path = parsePath(cursor)
  cursor.expect('.')
  cursor.expect('{')
  const names = cursor.list('}', () => parseRename(cursor))
  if (names.length === 0) throw cursor.error('a `use` names at least one type', front.at)
  cursor.expect(';')
  return { ...front, kind: 'use', path, names }
}

function parseRename(cursor: Cursor): { readonly name: Name; readonly as: Name } {
  const name = cursor.name()
  return { name, as: cursor.takeWord('as') ? cursor.name() : name }
}

/** `id`, or `ns:pkg/id@1.2.3`. */
function parsePath(cursor: Cursor): UsePath {
  const { at } = cursor
  const first = cursor.name('an interface')
  if (!cursor.take(':')) return { package: undefined, name: first }
  const words = [first.text]
  do words.push(cursor.name('a package').text)
  while (cursor.take(':'))
  if (!cursor.is('/')) throw cursor.error(`\`${words.join(':')}\` is a package; expected \`/\` and an interface`)
  cursor.expect('/')
  const name = cursor.name('an interface')
  return { package: { base: words.join(':'), version: parseVersion(cursor), at }, name }
}

function parseTypeDef(cursor: Cursor, front: Front): TypeDefAst | undefined {
  const word = cursor.word()
  switch (word) {
    case 'type':
    case 'record':
    case 'variant':
    case 'enum':
    case 'flags':
    case 'resource': {
      cursor.keyword(word)
      const name = cursor.name('a type')
      return { ...front, kind: 'type', name, body: parseBody(cursor, word) }
    }
    default:
      return undefined
  }
}

function parseBody(cursor: Cursor, word: 'type' | 'record' | 'variant' | 'enum' | 'flags' | 'resource'): TypeBody {
  if (word === 'resource') {
    if (cursor.take(';')) return { kind: 'resource', methods: [] }
    cursor.expect('{')
    const methods: MethodAst[] = []
    while (!cursor.take('}')) methods.push(parseMethod(cursor, parseFront(cursor)))
    return { kind: 'resource', methods }
  }
  if (word === 'type') {
    cursor.expect('=')
    const type = parseType(cursor)
    cursor.expect(';')
    return { kind: 'alias', type }
  }
  const { at } = cursor
  cursor.expect('{')
  const fields = <T>(type: () => T): Field<T>[] =>
    cursor.list('}', () => {
      const docs = cursor.docs()
      return { docs, name: cursor.name(), type: type() }
    })
  const filled = <T>(list: T[]): T[] => {
    if (list.length === 0) throw cursor.error(`a ${word} has at least one ${word === 'record' ? 'field' : 'case'}`, at)
    return list
  }
  switch (word) {
    case 'record':
      return {
        kind: 'record',
        fields: filled(
          fields(() => {
            cursor.expect(':')
            return parseType(cursor)
          }),
        ),
      }
    case 'variant': {
      const payload = () => {
        if (!cursor.take('(')) return undefined
        const type = parseType(cursor)
        cursor.expect(')')
        return type
      }
      return { kind: 'variant', cases: filled(fields(payload)) }
    }
    default:
      return { kind: word, labels: filled(fields(() => undefined)) }
  }
}

function parseMethod(cursor: Cursor, front: Front): MethodAst {
  const { at } = cursor
  if (cursor.takeWord('constructor')) {
    const params = parseParams(cursor)
    const result = parseResultType(cursor)
    cursor.expect(';')
    const name = { text: 'constructor', at }
    return { ...front, kind: 'constructor', name, func: { async: false, params, result } }
  }
  const name = cursor.name('a method')
  cursor.expect(':')
  const kind = cursor.takeWord('static') ? 'static' : 'method'
  const func = parseFunc(cursor)
  cursor.expect(';')
  return { ...front, kind, name, func }
}

// — Worlds

function parseWorldItem(cursor: Cursor, front: Front): WorldItem {
  const item = parseUse(cursor, front) ?? parseTypeDef(cursor, front)
  if (item !== undefined) return item
  if (cursor.takeWord('include')) {
    const path = parsePath(cursor)
    let renames: { readonly name: Name; readonly as: Name }[] = []
    if (cursor.takeWord('with')) {
      cursor.expect('{')
      renames = cursor.list('}', () => {
        const name = cursor.name()
        cursor.keyword('as')
        return { name, as: cursor.name() }
      })
      // the semicolon may be left out after braces
      cursor.take(';')
    } else cursor.expect(';')
    return { ...front, kind: 'include', path, with: renames }
  }
  const kind = cursor.isWord('import') ? 'import' : cursor.isWord('export') ? 'export' : undefined
  if (kind === undefined)
    throw cursor.error(`expected \`import\`, \`export\`, \`include\`, \`use\` or a type, found ${cursor.found()}`)
  cursor.keyword(kind)
  if (!cursor.isQualified()) {
    const name = cursor.name('a name')
    if (cursor.take(':')) return { ...front, kind, name, type: parseExtern(cursor) }
    cursor.expect(';')
    return { ...front, kind, name: undefined, type: { kind: 'path', path: { package: undefined, name } } }
  }
  const path = parsePath(cursor)
  cursor.expect(';')
  return { ...front, kind, name: undefined, type: { kind: 'path', path } }
}

function parseExtern(cursor: Cursor): ExternAst {
  if (cursor.isWord('func') || cursor.isWord('async')) {
    const func = parseFunc(cursor)
    cursor.expect(';')
    return { kind: 'func', func }
  }
  if (cursor.takeWord('interface')) {
    cursor.expect('{')
    return { kind: 'inline', items: parseItems(cursor) }
  }
  const path = parsePath(cursor)
  cursor.expect(';')
  return { kind: 'path', path }
}
