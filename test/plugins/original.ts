/**
 * What the original promises, by the names of its rows and of its tests, and what of it has no test here, with the reason.
 * `test/house` checks that every name is in the title of a test, or here.
 */

const upTo = (letter: string, n: number): string[] => Array.from({ length: n }, (_, i) => `${letter}${i + 1}`)

/** Rows: return and function kinds, names, the consumer's types, resources, errors, remaps, asynchronous calls, linking, erased bindings, containers. */
export const ROWS: readonly string[] = [
  ...upTo('R', 8),
  ...upTo('N', 5),
  ...upTo('A', 10),
  ...upTo('S', 14),
  ...upTo('X', 5),
  ...upTo('M', 5),
  ...upTo('Y', 9),
  ...upTo('L', 9),
  ...upTo('T', 5),
  ...upTo('C', 6),
  // what it does not do
  ...upTo('10.3.', 26),
]

/** Its tests of integration. A name that stands for a synchronous and an asynchronous run is one here: both are asserted. */
export const INTEGRATION: readonly string[] = [
  'deep_nesting',
  'shared_dependency',
  'multiple_sockets',
  'wrong_argument_count',
  'invalid_function',
  'async_invalid_function',
  'plugin_dispatch_rejects_a_non_function_export',
  'invalid_interface',
  'async_invalid_interface',
  'plugin_dispatch_rejects_an_unexported_interface',
  'runtime_exception',
  'single_plugin_expect_primitive',
  'single_plugin_expect_composite',
  'single_plugin_void',
  'single_plugin_async',
  'dependant_plugins_expect_primitive',
  'dependant_plugins_expect_composite',
  'dependant_error_encoding',
  'method_argument_validation',
  'method_argument_validation_async',
  'dependant_plugins_async',
  'reports_when_executor_rejects',
  'propagates_executor_rejection',
  'duplicate_socket_interfaces',
  'function_resource_name_collision',
  'debug_output',
  'remap_interface_name',
  'remap_single_item_name',
  'remap_multiple_item_names',
  'remap_interface_and_item_names',
  'remap_mixed_plugin_export_names',
  'type_erased_binding_cardinality',
  'single_plugin',
  'dependant_plugins',
  'fuel_exhaustion',
  'fuel_limiter_closure_args',
  'fuel_limiter_per_call_reset',
  'fuel_limiter_without_limiter',
  'initial_fuel_complex_global',
  'initial_fuel_memory_initializer',
  'initial_fuel_passive_element',
  'initial_fuel_table_initializer',
  'initial_fuel_explicit_start',
  'initial_fuel_lifetime_budget',
  'epoch_exhaustion',
  'epoch_limiter_closure_args',
  'epoch_limiter_per_call_reset',
  'epoch_limiter_without_limiter',
  'memory_exhaustion',
  'memory_limiter_without_limiter',
  'dispatch_errors_cover_the_provided_wit_contract',
]

/** Its unit tests, by what they are about. */
export const UNIT: readonly string[] = [
  'map',
  'map_async',
  'get',
  'conversion',
  'return_kind_display',
  'wrapping_leaves_resource_free_values_alone',
  'future_and_stream_pass',
  'error_context_passes',
  'attach_lookup_drop',
]

const METERED =
  'a matter of fuel, epochs or memory: asserted by the rows F1–F11, E1–E8 and G1–G4, in `test/linker/fuel`, `deadlines` and `memory-limits`'

/** Name → why no test in this suite carries it. */
export const WITHOUT_TEST: Readonly<Record<string, string>> = {
  'L4': 'a budget needs no option of the engine here: limits are the plugin’s own',
  'L6': METERED,
  '10.3.12': METERED,
  '10.3.13': METERED,
  '10.3.26': 'this package is the answer; `.ci/run` runs the demo on every engine',
  ...Object.fromEntries(
    INTEGRATION.filter((name) => /fuel|epoch|memory/.test(name)).map((name): [string, string] => [name, METERED]),
  ),
}
