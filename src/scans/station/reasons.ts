/** Why the machine stands still, and what it is released from: what only people can say. */
import { type CodeMeaning, OWN_SCAN_TYPES } from '../../domain/scan.ts'
import type { GivenReason } from '../../domain/subject.ts'
import { type ContextChange, countRefused, held, type Outcome, refused, type Turn } from './outcome.ts'
import { sinceMs } from './since.ts'
import { plainRow, type Row, storeRows } from './store-rows.ts'

type ReasonScan = Extract<CodeMeaning, { readonly kind: 'downtime_reason' }>

/** A reason: of the stop that the machine's standing names, or one that declares a status. */
export function takeReason(turn: Turn, reason: ReasonScan): Outcome {
  const { machine, state, now } = turn
  if (!machine) return refused(state, 'no_machine', now)
  const split = splitInTime(turn)
  if (split && machine.reasonFor !== 'current')
    return refused(countRefused({ ...state, split: null }, 'no_new_stop', now), 'no_new_stop', now)
  if (!machine.reasonFor && !reason.status) return refused(state, 'no_stop', now)
  const splitRow: Row | undefined = split && {
    ...plainRow({ ...turn, scan: split }),
    scanType: OWN_SCAN_TYPES.split,
  }
  const rows = [...(splitRow ? [splitRow] : []), plainRow(turn)]
  const said = saidOf(turn, reason, split !== undefined)
  return storeRows({ ...turn, state: { ...state, split: null } }, rows, { said, final: 'undo_of_reason' })
}

/** `SPLIT`: the next reason begins a new stop. */
export function takeSplit({ state, scan, machine, now }: Turn): Outcome {
  if (!machine) return refused(state, 'no_machine', now)
  if (machine.reasonFor !== 'current') return refused(state, 'no_new_stop', now)
  return held({ ...state, split: scan }, 'SPLIT waits for the reason of the new stop')
}

/** `OK_TO_RUN`: what was declared is over, and whoever says so has ended the stop. */
export function takeRelease(turn: Turn): Outcome {
  const { machine, state, now, operator } = turn
  if (!machine) return refused(state, 'no_machine', now)
  if (!machine.declared && machine.reasonFor !== 'current') return refused(state, 'nothing_declared', now)
  const row: Row = { ...plainRow(turn), scanType: OWN_SCAN_TYPES.release }
  return storeRows(turn, [row], { said: [{ operator, declared: null }], final: 'undo_of_release' })
}

/** A reason that declares a status is also that of the stop that goes on, if there is one. */
function saidOf({ machine, operator }: Turn, { reason, category, status }: ReasonScan, isNewStop: boolean) {
  const given: GivenReason = { code: reason, category, operator, isNewStop }
  const said: ContextChange = {
    ...(machine?.reasonFor === 'current' || !status ? { reason: given } : {}),
    ...(status ? { declared: { status, reason, operator } } : {}),
  }
  return [said]
}

function splitInTime({ state: { split }, scan, map }: Turn) {
  return split && sinceMs(split.at, scan.at) < map.steps.withinMs ? split : undefined
}
