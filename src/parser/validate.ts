/** Validation with all its rules at hand, for those who do not mind the size. */
import type { ComponentDef } from '../model/component.ts'
import type { ValidComponent } from '../model/plan.ts'
import * as rare from './rare-rules.ts'
import { type ValidateOptions, validateWith } from './validate-with.ts'

/** @throws InvalidError, LimitError; see `validateWith` */
export function validate(def: ComponentDef, options: ValidateOptions): ValidComponent {
  return validateWith(() => rare, def, options)
}
