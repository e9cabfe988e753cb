/**
 * Generates the call of a lifted function from JavaScript: the checks of `fromJs`, then the phases of `Lifted.invoke`, for
 * one signature, in their order. One text serves every function that has the signature's key; `bind` closes it over one
 * function of one instance.
 */

import { LiftLowerContext } from '../../abi/context.ts'
import { CoreNames, checkPlace, lift } from '../../abi/emit/lift.ts'
import { load } from '../../abi/emit/load.ts'
import { lower } from '../../abi/emit/lower.ts'
import { isInterpreted, nodesOf } from '../../abi/emit/nodes.ts'
import { recipeOf } from '../../abi/emit/numbers.ts'
import { type Side, Source } from '../../abi/emit/source.ts'
import { store, type Taken } from '../../abi/emit/store.ts'
import { lowerOwn } from '../../abi/handles.ts'
import { checkEnter } from '../../abi/instance.ts'
import type { Layout, Signature, TupleLayout } from '../../abi/layout.ts'
import { allocateSpilled } from '../../abi/lower.ts'
import { BorrowScope, Task } from '../../abi/task.ts'
import { Handles, ResourceObject } from '../host/host-resources.ts'
import { fromJs } from '../host/host-values.ts'
import { Image } from './image.ts'
import { CodeNames } from './names.ts'
import { type Call, type ExportSpec, type Shape, typesOf } from './spec.ts'
import { take } from './take.ts'

export type ExportCode = (binding: object) => Call

/** The text, compiled. */
export function exportCode(shape: Shape): ExportCode {
  const { signature, nodes, depth, closed } = shape
  const { params, result, spilledParams, spilledResult } = signature
  const s = new Source()
  const names = new CodeNames(s, nodes)
  const args = params.map((_, i) => `a${i}`)
  const memory = shape.memory && nodes.some((t) => recipeOf(t) === undefined) ? 'm' : undefined
  const side: Side = { cx: 'cx', view: 'v', memory: 'm', layout: (t) => names.layout(t as Layout) }
  const insts = Array.from({ length: depth }, (_, i) => `in${i}`)
  const handles = params.some(isInterpreted)
  const simple = handles && params.every((t, i) => !isInterpreted(t) || shape.lent[i] === true)
  const scoped = signature.hasBorrow && !simple

  // — before the guest is entered
  const taken: Taken[] = []
  /** Lent while the rest is read, so that no getter ends them. */
  const guarded = simple && !params.every(isAtom)
  const held: string[] = []
  const checks = s.apart(() => {
    params.forEach((t, i) => {
      const arg = args[i] as string // one per parameter
      if (shape.lent[i] === true && simple) {
        const state = s.value(`${s.constant(stateOf)}(${arg})`, 's')
        const node = `rt${i}`
        s.line(`if(${state}===undefined||${state}.rt!==${node}||${state}.live===false)${names.ask(t, arg, `P[${i}]`)};`)
        if (guarded) held.push(s.value(`(${state}.numLends++,${state})`, 'h'))
        taken.push({ kind: 'value', name: state })
      } else taken.push(take(s, names, arg, t, `P[${i}]`))
    })
  })
  const checked = `if(root.quiet===false)${names.apart('()=>root.checkPoison()')}();`
  const body = s.apart(() => {
    const caught = names.images.length === 0 ? '' : `catch(e){${release(names.images)}throw e}`
    const freed = guarded
      ? held.map((state) => `if(${state}!==undefined)${state}.numLends--;`).join('')
      : handles && !simple
        ? 'handles.end(outer);'
        : ''
    if (handles && !simple) s.line('const outer=handles.begin();')
    const ended = freed === '' ? caught : `${caught}finally{${freed}}`
    s.line(ended === '' ? checks : `try{${checks}}${ended}`)
    s.line(
      `if(root.quiet===false${insts.map((inst) => `||${inst}.mayEnter===false`).join('')})${s.constant(checkEnter)}(inst,entering);`,
    )
    const lent = taken.flatMap((one, i) => (simple && shape.lent[i] === true && one.kind === 'value' ? [one.name] : []))
    if (scoped) {
      s.line(
        `const scope=new ${s.constant(BorrowScope)}(),task=new ${s.constant(Task)}(),` +
          `cx=new ${s.constant(LiftLowerContext)}(cenv,opts,host,task,scope);`,
      )
    }
    if (!closed) for (const state of lent) s.line(`${state}.numLends++;`)
    s.line('var result;')
    s.block('try', () => {
      if (!closed) s.line(insts.map((inst) => `${inst}.mayEnter=false;`).join(''))
      if (!closed || memory !== undefined) s.line('used.hostBytesPerCall=0;')
      if (shape.threads) s.line('inst.pushThread();')
      s.line(`if(root.quiet===false)${names.apart('()=>{if(root.hook!==undefined)root.hook()}')}();`)
      if (spilledParams !== undefined) s.line('var v;')
      const core = lowerArgs(s, side, params, spilledParams, taken, (i) => simple && shape.lent[i] === true)
      s.line(release(names.images))
      s.line(`const raw=core(${core.join(',')});`)
      s.line(checked)
      if (spilledResult !== undefined) s.line(`result=load(${scoped ? 'cx,' : ''}raw);`)
      else if (result !== undefined) s.line(`result=${lift(s, side, new CoreNames(['raw']), result)};`)
      if (scoped) s.line('task.checkBorrows();')
      if (shape.postReturn) {
        s.line(`inst.mayLeave=false;post(${signature.core.results.length === 0 ? '' : 'raw'});`)
        s.line(`${checked}inst.mayLeave=true;`)
      }
      if (shape.threads) s.line('inst.popThread();')
      if (!closed) s.line(insts.map((inst) => `${inst}.mayEnter=true;`).join(''))
    })
    const ends = [
      ...(closed ? [] : lent).map((state) => `${state}.numLends--;`),
      ...(scoped ? ['scope.end();'] : []),
    ].join('')
    const dead = 'root.poisoned=true;root.quiet=false;'
    s.line(ends === '' ? `catch(e){${dead}return fail(e)}` : `catch(e){${dead}try{return fail(e)}finally{${ends}}}`)
    if (ends !== '') s.line(ends)
    s.line(closed ? 'return result;' : 'if(bridge.waits===true)bridge.settle();return result;')
  })
  // `var`: of a `const` engines ask whether it is there yet, in every function that uses it
  s.line('var{inst,root,core,post,cx,m,P,ask,bridge,host,scratch,used,entering,fail,handles,cenv,opts}=b;')
  s.line(insts.map((inst, i) => `var ${inst}=entering[${i}];`).join(''))
  const load = loading(s, side, signature, scoped)
  s.line(names.prologue())
  s.line(load)
  s.line(params.map((_, i) => (shape.lent[i] === true ? `var rt${i}=b.rts[${i}];` : '')).join(''))
  s.line(`return (${args.join(',')})=>{${body}}`)
  return s.compile(['b']) as ExportCode
}

/** Reading it runs nobody's code. */
const isAtom = (t: Layout): boolean =>
  recipeOf(t) !== undefined || t.kind === 'string' || t.kind === 'char' || t.kind === 'enum' || isInterpreted(t)

// itself, and not what calls it: of what a module exports engines ask each time what it is
const { stateOf } = ResourceObject

const release = (images: readonly string[]): string =>
  images.map((image) => `if(${image}!==undefined)${image}.busy=false;`).join('')

function lowerArgs(
  s: Source,
  side: Side,
  params: readonly Layout[],
  spilled: TupleLayout | undefined,
  taken: readonly Taken[],
  isLent: (i: number) => boolean,
): string[] {
  const out: string[] = []
  if (spilled !== undefined) {
    const p = s.value(`${s.constant(allocateSpilled)}(${side.cx},${s.constant(spilled)})`, 'p')
    s.line(`${side.view}=${side.memory}.view;`)
    spilled.elements.forEach(({ layout, offset }, i) => {
      store(s, side, p, offset, layout, taken[i] as Taken) // one per parameter
    })
    return [p]
  }
  params.forEach((t, i) => {
    const one = taken[i] as Taken // one per parameter
    if (one.kind === 'value' && isLent(i)) out.push(`${one.name}.rep`)
    else if (one.kind === 'value' && t.kind === 'own') {
      out.push(s.value(`${s.constant(lowerOwn)}(${side.cx},${one.name},${side.layout(t)})`))
    } else lower(s, side, t, one, out)
  })
  return out
}

/**
 * An answer that lies in memory is told by a function of its own: engines look into functions that are short (V8: 460 bytes
 * of its bytecode), and both are where one for all is not.
 */
function loading(s: Source, side: Side, { result, spilledResult }: Signature, scoped: boolean): string {
  if (result === undefined || spilledResult === undefined) return ''
  let value = ''
  const statements = s.apart(() => {
    s.line('var p=raw>>>0;')
    checkPlace(s, side, 'p', spilledResult)
    s.line('var v=m.view;')
    value = load(s, side, 'p', 0, result)
  })
  return `var load=(${scoped ? `${side.cx},` : ''}raw)=>{${statements}return ${value}};`
}

export function bindExport(code: ExportCode, spec: ExportSpec): Call {
  const { lifted, bridge, host, env, type, path } = spec
  const { inst, opts, signature } = lifted
  const { root } = inst
  const checked = type.params.map(({ type: t }) => env.layouts.of(t, 'i32'))
  const handles = new Handles(bridge, env.resources)
  const own = nodesOf(typesOf(signature)) ?? []
  let seen: readonly Layout[] | undefined
  return code({
    inst,
    root,
    core: lifted.core,
    post: opts.postReturn,
    cx: new LiftLowerContext(lifted.env, opts, host, undefined, undefined),
    m: opts.memory,
    P: type.params.map(({ name }) => `${path}: param \`${name}\``),
    ask: (i: number, value: unknown, place: string) => {
      seen ??= nodesOf(checked) ?? []
      return fromJs(seen[i] as Layout, value, handles, place) // the types are equal, so their parts are as many
    },
    bridge,
    host,
    scratch: root.store.scratch,
    used: root.ledger.used,
    entering: lifted.entering(undefined),
    fail: (error: unknown) => root.fail(error, lifted.path),
    handles,
    cenv: lifted.env,
    opts,
    node: (i: number) => own[i],
    image: () => new Image(0),
    rts: checked.map((t) => (t.kind === 'borrow' ? env.resources[t.resource.slot] : undefined)),
  })
}
