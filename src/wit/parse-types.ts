/** Types and functions of the WIT grammar. */
import type { FuncAst, TypeAst } from './ast.ts'
import type { Cursor } from './cursor.ts'

const PRIMITIVES: ReadonlySet<string> = new Set(
  'bool s8 u8 s16 u16 s32 u32 s64 u64 f32 f64 char string error-context'.split(' '),
)
const KEYS: ReadonlySet<string> = new Set('bool s8 u8 s16 u16 s32 u32 s64 u64 char string'.split(' '))

export function parseType(cursor: Cursor): TypeAst {
  const word = cursor.word()
  if (word !== undefined && PRIMITIVES.has(word)) {
    cursor.takeWord(word)
    return { kind: 'primitive', name: word }
  }
  switch (word) {
    case 'list':
      return generic(cursor, word, () => {
        const element = parseType(cursor)
        const at = cursor.at
        const length = cursor.take(',') ? cursor.integer() : undefined
        if (length === 0) throw cursor.error('a fixed-length list has at least one element', at)
        return { kind: 'list', element, length }
      })
    case 'map':
      return generic(cursor, word, () => {
        const { at } = cursor
        const key = parseType(cursor)
        if (key.kind !== 'primitive' || !KEYS.has(key.name)) throw cursor.error('invalid map key type', at)
        cursor.expect(',')
        return { kind: 'map', key, value: parseType(cursor) }
      })
    case 'tuple': {
      cursor.keyword('tuple')
      cursor.expect('<')
      return { kind: 'tuple', elements: cursor.list('>', () => parseType(cursor)) }
    }
    case 'option':
      return generic(cursor, word, () => ({ kind: 'option', some: parseType(cursor) }))
    case 'result':
      return parseResult(cursor)
    case 'stream':
    case 'future':
      cursor.keyword(word)
      if (!cursor.take('<')) return { kind: word, element: undefined }
      return closing(cursor, () => ({ kind: word, element: parseType(cursor) }))
    case 'borrow':
    case 'own':
      return generic(cursor, word, () => ({ kind: word, resource: cursor.name('a resource') }))
    default:
      return { kind: 'name', name: cursor.name('a type') }
  }
}

function generic(cursor: Cursor, word: string, inside: () => TypeAst): TypeAst {
  cursor.keyword(word)
  cursor.expect('<')
  return closing(cursor, inside)
}

function closing(cursor: Cursor, inside: () => TypeAst): TypeAst {
  const type = cursor.nested(inside)
  cursor.expect('>')
  return type
}

function parseResult(cursor: Cursor): TypeAst {
  cursor.keyword('result')
  if (!cursor.take('<')) return { kind: 'result', ok: undefined, err: undefined }
  return closing(cursor, () => {
    if (cursor.take('_')) {
      cursor.expect(',')
      return { kind: 'result', ok: undefined, err: parseType(cursor) }
    }
    const ok = parseType(cursor)
    return { kind: 'result', ok, err: cursor.take(',') ? parseType(cursor) : undefined }
  })
}

/** `(a: u32, b: string)`. */
export function parseParams(cursor: Cursor): FuncAst['params'] {
  cursor.expect('(')
  return cursor.list(')', () => {
    const name = cursor.name('a parameter')
    cursor.expect(':')
    return { name, type: parseType(cursor) }
  })
}

export const parseResultType = (cursor: Cursor): TypeAst | undefined =>
  cursor.take('->') ? parseType(cursor) : undefined

/** `async func(a: u32) -> string`. */
export function parseFunc(cursor: Cursor): FuncAst {
  const async = cursor.takeWord('async')
  cursor.keyword('func')
  const params = parseParams(cursor)
  return { async, params, result: parseResultType(cursor) }
}
