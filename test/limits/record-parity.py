# What wasmtime charges for the cases that record-parity.ts hands over: a JSON request on standard input, the answer on standard
# output. Needs `pip install wasmtime==49.0.0`.
import base64
import json
import sys

import wasmtime

config = wasmtime.Config()
config.consume_fuel = True
for feature in ('gc', 'function_references', 'exceptions', 'memory64', 'tail_call', 'multi_memory', 'extended_const'):
    if hasattr(wasmtime.Config, f'wasm_{feature}'):
        setattr(config, f'wasm_{feature}', True)
engine = wasmtime.Engine(config)


def zero(kind):
    return {'i32': 0, 'i64': 0, 'f32': 0.0, 'f64': 0.0}.get(str(kind))


def stub(store, kind):
    if isinstance(kind, wasmtime.FuncType):
        zeros = [zero(result) for result in kind.results]
        answer = None if not zeros else zeros[0] if len(zeros) == 1 else zeros
        return wasmtime.Func(store, kind, lambda *_: answer)
    if isinstance(kind, wasmtime.MemoryType):
        return wasmtime.Memory(store, kind)
    if isinstance(kind, wasmtime.TableType):
        return wasmtime.Table(store, kind, None)
    if isinstance(kind, wasmtime.GlobalType):
        value = {'i32': wasmtime.Val.i32, 'i64': wasmtime.Val.i64, 'f32': wasmtime.Val.f32, 'f64': wasmtime.Val.f64}
        return wasmtime.Global(store, kind, value[str(kind.content)](0))
    raise NotImplementedError(type(kind))


def number(kind, text):
    return int(text) if kind in ('i32', 'i64') else float(text)


def start(module, fuel):
    store = wasmtime.Store(engine)
    store.set_fuel(fuel)
    imports = [stub(store, item.type) for item in module.imports]
    return store, wasmtime.Instance(store, module, imports)


# Units used by start-up and by the call, or None for what did not end by itself.
def run(module, fuel, call):
    try:
        store, instance = start(module, fuel)
    except (wasmtime.Trap, wasmtime.WasmtimeError):
        return None, None
    after = store.get_fuel()
    if call is None:
        return fuel - after, None
    args = [number(kind, text) for kind, text in zip(call['params'], call['args'])]
    try:
        instance.exports(store)[call['func']](store, *args)
    except (wasmtime.Trap, wasmtime.WasmtimeError):
        return fuel - after, None
    return fuel - after, after - store.get_fuel()


# The least fuel with which start-up and the call end.
def least(module, fuel, call):
    low, high = 0, fuel
    while low < high:
        middle = (low + high) // 2
        if run(module, middle, call)[1] is None:
            low = middle + 1
        else:
            high = middle
    return low


request = json.load(sys.stdin)
answer = {}
for case in request['cases']:
    module = wasmtime.Module(engine, base64.b64decode(case['code']))
    used = [run(module, request['fuel'], call)[1] for call in case['calls']]
    answer[case['name']] = {'start': run(module, request['fuel'], None)[0], 'calls': used}
    if case['least']:
        answer[case['name']]['least'] = [
            None if units is None else least(module, request['fuel'], call)
            for units, call in zip(used, case['calls'])
        ]
json.dump(answer, sys.stdout)
