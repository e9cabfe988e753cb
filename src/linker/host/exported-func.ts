/** Finds an exported function by its exact WIT name, and makes the call of it that checks what it is given. */
import type { Value } from '../../abi/embedding.ts'
import { LinkError, quote } from '../../model/errors.ts'
import type { Externs } from '../../model/types.ts'
import type { ExportedFunc } from '../instance.ts'
import type { InstanceState } from '../instance-state.ts'
import type { LiveItems } from '../items.ts'
import { aliasOf } from '../js-names.ts'
import { splitVersion } from '../match/import-names.ts'
import { checkedCall, laterCall } from './host-func.ts'

/** @throws LinkError if there is no such function, or more than one interface fits */
export function exportedFunc(state: InstanceState, path: string): ExportedFunc {
  const { items, types, name, full } = find(state, path)
  const item = items.get(name)
  const type = types.get(name)?.type
  if (item?.kind !== 'func' || type?.kind !== 'func') throw missing(full, [...items.keys()])
  const call = checkedCall(item.func, type, full, state.env, state.engine.bridge)
  const later = laterCall(item.func, type, full, state.env, state.engine.bridge)
  const checked = (args: readonly unknown[]): Value => {
    state.checkOpen()
    return call(args)
  }
  return {
    path: full,
    type,
    call: checked,
    callAsync: async (args, options) => {
      state.checkOpen()
      return await later(args, options?.signal)
    },
  }
}

function find(
  state: InstanceState,
  path: string,
): {
  readonly items: LiveItems
  readonly types: Externs
  readonly name: string
  readonly full: string
} {
  const { items, parts } = state
  const types = parts.artifact.plan.exports
  const hash = path.indexOf('#')
  if (hash < 0) return { items, types, name: path, full: path }
  const wanted = path.slice(0, hash)
  const name = path.slice(hash + 1)
  const fitting = [...items.keys()].filter(
    (key) => key === wanted || splitVersion(key).base === wanted || aliasOf(key) === wanted,
  )
  const [found] = fitting.includes(wanted) ? [wanted] : fitting
  const item = found === undefined ? undefined : items.get(found)
  const type = found === undefined ? undefined : types.get(found)?.type
  if (found === undefined || item?.kind !== 'instance' || type?.kind !== 'instance')
    throw missing(path, [...items.keys()])
  if (!fitting.includes(wanted) && fitting.length > 1) throw missing(path, fitting)
  return { items: item.exports, types: type.exports, name, full: `${found}#${name}` }
}

function missing(path: string, found: readonly string[]): LinkError {
  const shown = found.slice(0, 12).map(quote).join(', ')
  return new LinkError([
    {
      kind: 'missing-export',
      path,
      message: `no such function; there are ${shown === '' ? 'no exports' : shown}`,
      found,
    },
  ])
}
