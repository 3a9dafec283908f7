/** A derivation in progress: the state and the view as changed so far, and the events that the changes made. One for each call. */
import type { MachineEvent } from '../domain/events/machine.ts'
import type { MachineMap } from '../domain/machine-map.ts'
import { isOpen, type MachineState, type OpenInterval, type OpenStop, type Unsettled } from './state.ts'
import type { View } from './view.ts'

/** One call's work in progress. State and view are replaced as it goes on, and never changed in place. */
export interface Draft {
  readonly map: MachineMap
  state: MachineState
  view: View
  readonly events: MachineEvent[]
}

/** Changes parts of the durable state. */
export function change(draft: Draft, changes: Partial<Omit<MachineState, 'v'>>): void {
  draft.state = { ...draft.state, ...changes }
}

/** Changes the open interval or its stop; does nothing where no interval is open. */
export function changeOpen(
  draft: Draft,
  changes: { readonly interval: OpenInterval } | { readonly stop: OpenStop | null },
): void {
  const { phase } = draft.state
  if (isOpen(phase)) change(draft, { phase: { ...phase, ...changes } })
}

/** Changes what waits to be believed; does nothing while the machine is lost, when there can be nothing of the kind. */
export function changeUnsettled(draft: Draft, unsettled: Unsettled | null): void {
  const { phase } = draft.state
  if (phase.kind === 'hold' || phase.kind === 'gap' || phase.unsettled === unsettled) return
  change(draft, { phase: { ...phase, unsettled } })
}

/** Changes parts of the view. */
export function see(draft: Draft, changes: Partial<View>): void {
  draft.view = { ...draft.view, ...changes }
}
