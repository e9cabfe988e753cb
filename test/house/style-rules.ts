/**
 * What the compiler and biome do not see, or do not see in our terms. Each rule looks at one source file and returns
 * its problems as `path:line: reason`.
 */

import { folderOf } from './import-rules.ts'
import { child, children, lineOf, type Node, type Source, walk } from './sources.ts'

const maxLines = 800

/** Files that may be longer, each with its reason: big tables only. */
const longFiles: Readonly<Record<string, string>> = {}

/** The one written `any`: what a component without a generated world hands out. */
const anyAlias = 'Untyped'

export function styleProblems(source: Source): string[] {
  const problems: string[] = []
  const { path, text, program } = source
  const lines = text.split('\n')
  const report = (at: number, reason: string): void => {
    problems.push(`${path}:${lineOf(text, at)}: ${reason}`)
  }

  if (lines.length - 1 > maxLines && longFiles[path] === undefined)
    report(0, `${lines.length - 1} lines, at most ${maxLines}`)
  if (!/^(#!.*\n)?\s*(\/\*\*|\/\/)/.test(text)) report(0, 'begins without a header comment')
  for (const found of text.matchAll(/@ts-(ignore|nocheck)\b/g))
    report(found.index, `${found[0]} switches the types off`)

  walk(program, (node, parent) => {
    switch (node.type) {
      case 'TSAnyKeyword':
        if (!isAnyAlias(parent)) report(node.start, '`any`')
        break
      case 'TSAsExpression': {
        const inner = child(node, 'expression')
        if (inner?.type === 'TSAsExpression' && child(inner, 'typeAnnotation')?.type === 'TSUnknownKeyword')
          report(node.start, '`as unknown as`')
        break
      }
      case 'TSNonNullExpression': {
        const line = lineOf(text, node.end)
        if (![lines[line - 1], lines[line - 2]].some(hasComment))
          report(node.end, '`!` without a comment that says why it holds, on its line or the one above')
        break
      }
      case 'MemberExpression':
        if (child(node, 'object')?.['name'] === 'console' && folderOf(path) !== 'cli')
          report(node.start, '`console` outside cli')
        break
      case 'ThrowStatement': {
        const thrown = child(node, 'argument')
        if (thrown?.type === 'NewExpression' && child(thrown, 'callee')?.['name'] === 'Error')
          report(
            node.start,
            '`throw new Error`: use a class of model/errors.ts, or TypeError or RangeError for a host value',
          )
        break
      }
    }
  })

  for (const statement of children(program, 'body')) topLevel(statement, path, report)
  return problems
}

const hasComment = (line: string | undefined): boolean => line !== undefined && /\/\/|\/\*|\*\/|^\s*\*\s/.test(line)

function isAnyAlias(parent: Node | undefined): boolean {
  return parent?.type === 'TSTypeAliasDeclaration' && child(parent, 'id')?.['name'] === anyAlias
}

/** Calls that complete a class declaration above them, as a static block would. */
const finishesAClass: ReadonlySet<string> = new Set(['brand'])

/** Importing a module does no work and leaves no state that two users of it could share. */
function topLevel(statement: Node, path: string, report: (at: number, reason: string) => void): void {
  const declared =
    statement.type === 'ExportNamedDeclaration' ? (child(statement, 'declaration') ?? statement) : statement
  if (declared['declare'] === true) return
  switch (declared.type) {
    case 'VariableDeclaration':
      if (declared['kind'] !== 'const') report(declared.start, `module-level \`${String(declared['kind'])}\``)
      for (const declarator of children(declared, 'declarations')) {
        const init = child(declarator, 'init')
        if (init !== undefined && startsEmpty(init)) report(declarator.start, 'module-level mutable state')
      }
      break
    case 'ExpressionStatement': {
      const callee = child(child(declared, 'expression') ?? declared, 'callee')?.['name']
      if (path !== 'src/cli/main.ts' && !finishesAClass.has(String(callee))) report(declared.start, 'work at import')
      break
    }
    case 'IfStatement':
    case 'ForStatement':
    case 'ForOfStatement':
    case 'ForInStatement':
    case 'WhileStatement':
    case 'TryStatement':
      if (path !== 'src/cli/main.ts') report(declared.start, 'work at import')
      break
  }
}

/** A collection that is born empty can only be there to be filled later. */
function startsEmpty(init: Node): boolean {
  switch (init.type) {
    case 'ArrayExpression':
      return children(init, 'elements').length === 0
    case 'NewExpression':
      return (
        /^(Weak)?(Map|Set)$/.test(String(child(init, 'callee')?.['name'])) && children(init, 'arguments').length === 0
      )
    default:
      return false
  }
}

/** Words that would tell a reader of a place only we know. `allowed` names the files that may speak of a neighbour folder. */
export function placeProblems(path: string, text: string, allowed: readonly RegExp[]): string[] {
  const problems: string[] = []
  for (const found of text.matchAll(/(?<![\w.])\/work\/|\.\.\/shared\b/g)) {
    if (found[0] === '../shared' && allowed.some((pattern) => pattern.test(path))) continue
    problems.push(`${path}:${lineOf(text, found.index)}: names a place outside the project: ${found[0]}`)
  }
  return problems
}
