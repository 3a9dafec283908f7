/** A reason as an operator gave it, in place of the one that stood there. */
import { type Category, MICRO_STOP } from '../../domain/status.ts'
import type { StopReason } from '../state.ts'
import type { DeclaredStatus } from './said.ts'

/** More corrections of one stop are not noted. */
const CORRECTIONS_MAX = 5

/** What an operator says of a stop. */
export interface Naming {
  readonly code: string
  readonly category: Category | null
  /** `users.id`; null where it was said in the MES. */
  readonly by: number | null
}

/** What somebody says of the status that they declare. */
export function namingOfDeclared({ reason, category, operator }: DeclaredStatus): Naming {
  return { code: reason, category, by: operator }
}

/** An operator's word goes before what the PLC shows. What it has shown is still noted beside it. */
export function namedReason(before: StopReason, { code, category, by }: Naming): StopReason {
  return { ...before, code, category, by, correctedFrom: correctionsOf(before, code) }
}

function correctionsOf({ code: before, correctedFrom }: StopReason, code: string): readonly string[] {
  if (before === null || before === MICRO_STOP || before === code) return correctedFrom
  return [...correctedFrom, before].slice(-CORRECTIONS_MAX)
}
