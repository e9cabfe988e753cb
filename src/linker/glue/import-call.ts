/**
 * Generates the call of a JavaScript function from a guest: what `canonLower` and `importedFunction` do between them, for
 * one signature, in their order.
 */
import type { CoreFunction } from '../../abi/context.ts'
import { LiftLowerContext } from '../../abi/context.ts'
import { CoreNames, checkPlace, lift, loadSpilled } from '../../abi/emit/lift.ts'
import { lower } from '../../abi/emit/lower.ts'
import { nodesOf } from '../../abi/emit/nodes.ts'
import { recipeOf } from '../../abi/emit/numbers.ts'
import { type Side, Source } from '../../abi/emit/source.ts'
import { store, type Taken } from '../../abi/emit/store.ts'
import { checkLeave, checkStillThere } from '../../abi/instance.ts'
import type { Layout, Signature } from '../../abi/layout.ts'
import { BorrowScope } from '../../abi/task.ts'
import { hostThrew } from '../../abi/trap.ts'
import { assert } from '../../model/errors.ts'
import { answer, checkedValue, payloadOf, refusePromise } from '../host/host-import.ts'
import { Bridge, Handles } from '../host/host-resources.ts'
import { Image } from './image.ts'
import { CodeNames } from './names.ts'
import { type ImportShape, type ImportSpec, typesOf } from './spec.ts'
import { take } from './take.ts'

export type ImportCode = (binding: object) => CoreFunction

export function importCode(shape: ImportShape): ImportCode {
  const { signature, nodes, plain } = shape
  const memory = shape.memory && nodes.some((t) => recipeOf(t) === undefined)
  const { params, result, spilledParams, hasBorrow } = signature
  const s = new Source()
  const names = new CodeNames(s, nodes)
  const side: Side = { cx: 'cx', view: 'v', memory: 'm', layout: (t) => names.layout(t as Layout) }
  const core = signature.core.params.map((_, i) => `c${i}`)
  const fail = hasBorrow ? 'try{return fail(theirs,e)}finally{scope.end()}' : 'return fail(theirs,e)'

  const body = s.apart(() => {
    s.line('var theirs=false;')
    if (hasBorrow) s.line(`var scope=new ${s.constant(BorrowScope)}();`)
    s.block('try', () => {
      s.line(`if(root.quiet===false||inst.mayLeave===false)${s.constant(checkLeave)}(inst);`)
      if (hasBorrow) s.line(`var cx=new ${s.constant(LiftLowerContext)}(cenv,opts,bridge,undefined,scope);`)
      if (memory) s.line('if(m.bytes.length===0)m.refresh();')
      s.line(memory ? 'var v=m.view;' : 'var v;')
      const cursor = new CoreNames(core)
      const args =
        spilledParams === undefined
          ? params.map((t) => s.value(lift(s, side, cursor, t)))
          : loadSpilled(s, side, cursor.next(), spilledParams).map((arg) => s.value(arg))
      s.line('theirs=true;')
      const call = plain ? `plain(${args.join(',')})` : `call([${args.join(',')}])`
      const taken = takeAnswer(s, names, call, result)
      s.line('theirs=false;')
      const release = names.images.map((image) => `if(${image}!==undefined)${image}.busy=false;`).join('')
      s.line(`if(root.quiet===false)${s.constant(checkStillThere)}(inst);`)
      const returned = taken && result ? lowerAnswer(s, side, signature, result, taken, memory, core) : undefined
      s.line(release)
      if (hasBorrow) s.line('scope.end();')
      s.line(returned === undefined ? 'return;' : `return ${returned};`)
    })
    if (names.images.length > 0) {
      s.line(`catch(e){${names.images.map((image) => `if(${image}!==undefined)${image}.busy=false;`).join('')}${fail}}`)
    } else s.line(`catch(e){${fail}}`)
  })
  s.line('var{inst,root,cx,m,plain,call,P,E,ask,bridge,scratch,fail,cenv,opts}=b;')
  s.line(names.prologue())
  s.line(`return (${core.join(',')})=>{${body}}`)
  return s.compile(['b']) as ImportCode
}

/** Of these an object is expected, and a promise is one; what else is expected asks the interpreter about it. */
function isTagged({ kind }: Layout): boolean {
  return kind === 'variant' || kind === 'option' || kind === 'result'
}

function noPromise(s: Source, name: string): void {
  s.line(`if(typeof ${name}==="object")${s.constant(refusePromise)}(${name},P);`)
}

/** Calls, and checks what came; a WIT `result` is returned or thrown. */
function takeAnswer(s: Source, names: CodeNames, call: string, result: Layout | undefined): Taken | undefined {
  if (result?.kind !== 'result') {
    const r = s.value(call, 'r')
    if (result === undefined || isTagged(result)) noPromise(s, r)
    return result && take(s, names, r, result, 'P')
  }
  const index = s.variable('0')
  const r = s.variable(undefined, 'r')
  s.line(`try{${r}=${call}}catch(t){${index}=1;${r}=${s.constant(payloadOf)}(t)}`)
  const arms = [result.ok, result.err].map((layout, k) => {
    let taken: Taken | undefined
    s.block(`if(${index}===${k})`, () => {
      if (k === 0 && (layout === undefined || isTagged(layout))) noPromise(s, r)
      if (layout !== undefined) taken = take(s, names, r, layout, k === 0 ? 'P' : 'E')
    })
    return taken
  })
  return { kind: 'cases', index, cases: arms }
}

function lowerAnswer(
  s: Source,
  side: Side,
  { spilledResult, core: types }: Signature,
  result: Layout,
  taken: Taken,
  memory: boolean,
  core: readonly string[],
): string | undefined {
  if (memory) s.line('if(m.bytes.length===0)m.refresh();v=m.view;')
  if (spilledResult !== undefined) {
    const p = s.value(`${core.at(-1)}>>>0`, 'p')
    checkPlace(s, side, p, spilledResult)
    store(s, side, p, 0, result, taken)
    return undefined
  }
  const out: string[] = []
  lower(s, side, result, taken, out)
  return types.results.length === 0 ? undefined : out[0]
}

export function bindImport(code: ImportCode, spec: ImportSpec): CoreFunction {
  const { cenv, opts, func, signature, target } = spec
  const { inst } = cenv
  const { root } = inst
  const { host: bridge, path } = func
  assert(bridge instanceof Bridge, 'a function of JavaScript came through a bridge of the linker')
  const handles = new Handles(bridge, cenv.resources)
  const own = nodesOf(typesOf(signature)) ?? []
  const P = `${path}: result`
  const E = `${path}: thrown error`
  return code({
    inst,
    root,
    cx: new LiftLowerContext(cenv, opts, bridge, undefined, undefined),
    m: opts.memory,
    plain: target.plain,
    call: target.call,
    P,
    E,
    ask: (i: number, value: unknown, place: string) => {
      const layout = own[i] as Layout // a part of the signature
      return place === P ? answer(layout, value, handles, path, P) : checkedValue(layout, value, handles, path, place)
    },
    bridge,
    scratch: root.store.scratch,
    fail: (theirs: boolean, error: unknown) => root.fail(theirs ? hostThrew(error) : error, path),
    cenv,
    opts,
    node: (i: number) => own[i],
    image: () => new Image(0),
  })
}
