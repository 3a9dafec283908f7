/** Says where the defaults would take short cycles for one long stop. */
import { type DocumentDraft, isRecord } from '../../../documents/draft.ts'
import type { StatusRule } from '../../../domain/machine-map.ts'
import type { DerivedStatus } from '../../../domain/status.ts'

/** Statuses in which a machine waits. Runs between these count, however short they are. */
const WAITING: readonly DerivedStatus[] = ['idle', 'available']

/** A machine that waits between its runs, and whose map calls that a stop, loses every run below `ignore_run_below`. */
export function hintAtShortRuns(draft: DocumentDraft, rules: readonly StatusRule[], ignoreMs: number): void {
  const stops = draft.at(['stops'])
  const isMeant = isRecord(stops) && 'ignore_run_below' in stops
  // A rule with a fault is not there yet.
  if (isMeant || draft.faults.length > 0 || rules.some(({ is }) => WAITING.includes(is))) return
  const message = `this map knows no waiting (idle), so runs below ${ignoreMs / 1_000}s between two pauses count as stopped`
  draft.hint(['status'], message, 'let waiting be idle, or write stops: {ignore_run_below: 0s}', 'key')
}
