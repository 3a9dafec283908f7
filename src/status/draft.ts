/** A derivation in progress: the state being changed, and the events that the changes made. Lives for one call only. */
import type { Event } from '../domain/event.ts'
import type { MachineMap } from '../domain/machine-map.ts'
import type { MachineState, View } from './state.ts'

export interface Draft {
  readonly map: MachineMap
  state: MachineState
  view: View
  readonly events: Event[]
}

export function change(draft: Draft, changes: Partial<MachineState>): void {
  draft.state = { ...draft.state, ...changes }
}

export function see(draft: Draft, changes: Partial<View>): void {
  draft.view = { ...draft.view, ...changes }
}
