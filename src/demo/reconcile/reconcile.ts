/**
 * Compares what central says with what happened. Pure: it takes the truth of the simulators, the rows of central and when
 * each machine was in sight, and returns every difference in words. A difference that a dark window (a time in which the
 * gateway could not see the machine) explains is never reported; every other one is.
 */
import { align } from './align.ts'
import { checkDowntimes } from './downtimes.ts'
import { episodesOf } from './episodes.ts'
import { type CentralRows, isStop, type Truth } from './facts.ts'
import { type Findings, finding, noFindings, type Report } from './report.ts'
import { checkScans } from './scans.ts'
import { expect, type Sight, seenUntilMs } from './sight.ts'
import { checkTiling } from './tiling.ts'
import { checkWorkOrders } from './work-orders.ts'

/** @param sights when each machine of the line was in sight; rows of others are findings */
export function reconcile(
  truth: Truth,
  central: CentralRows,
  sights: Readonly<Record<string, Sight>>,
): Report {
  const findings = noFindings()
  const machines = Object.keys(sights)
  for (const machine of machines) {
    const sight = sights[machine]
    if (sight) reconcileMachine(machine, truth, central, sight, findings)
  }
  reportStrangers(central, machines, findings)
  checkScans(truth.scans, central.scans, findings)
  return {
    machines: machines.length,
    truth: {
      transitions: truth.transitions.length,
      downtimes: countDowntimes(truth, sights),
      scans: truth.scans.filter(({ answer }) => answer === 'good').length,
    },
    central: {
      transitions: central.history.length,
      downtimes: central.downtimes.length,
      scans: central.scans.length,
    },
    ...findings,
  }
}

function reconcileMachine(
  machine: string,
  truth: Truth,
  central: CentralRows,
  sight: Sight,
  findings: Findings,
): void {
  const ours = <T extends { readonly machine: string }>(all: readonly T[]) =>
    all.filter((one) => one.machine === machine)
  const byStamp = ours(central.history).toSorted((a, b) => a.changedAtMs - b.changedAtMs || a.id - b.id)
  const rows = withoutTwins(byStamp, (row) => row.changedAtMs, findings)
  checkTiling(rows, findings)
  const transitions = ours(truth.transitions).toSorted((a, b) => a.atMs - b.atMs)
  const stops = align(expect(transitions, sight), episodesOf(rows, sight, findings), sight, findings)
  const events = ours(central.downtimes).toSorted((a, b) => a.startedAtMs - b.startedAtMs || a.id - b.id)
  const downtimes = withoutTwins(events, (row) => row.startedAtMs, findings)
  checkDowntimes({ stops, truth: ours(truth.downtimes), rows: downtimes }, sight, findings)
  checkWorkOrders(ours(truth.orders), rows, findings)
}

/** Two rows of one machine and moment are duplicates. They are reported, and the checks that follow see only the first. */
function withoutTwins<Row extends { readonly machine: string; readonly reason: string | null }>(
  rows: readonly Row[],
  stampMs: (row: Row) => number,
  findings: Findings,
): readonly Row[] {
  return rows.filter((row, index) => {
    const before = rows[index - 1]
    if (before === undefined || stampMs(before) !== stampMs(row)) return true
    const what = 'status' in row ? String(row.status) : `downtime ${row.reason}`
    findings.duplicates.push(finding(row.machine, stampMs(row), `${what} stands there twice`))
    return false
  })
}

function reportStrangers(central: CentralRows, machines: readonly string[], findings: Findings): void {
  const isStranger = (row: { readonly machine: string }) => !machines.includes(row.machine)
  const report = (row: { readonly machine: string }, atMs: number) =>
    findings.extra.push(finding(row.machine, atMs, 'a row of a machine that is not part of this line'))
  for (const row of central.history.filter(isStranger)) report(row, row.changedAtMs)
  for (const row of central.downtimes.filter(isStranger)) report(row, row.startedAtMs)
}

/** Counts the stops of the truth of at least `micro_stop_below`: those that ended, and those that go on at the end. */
function countDowntimes(truth: Truth, sights: Readonly<Record<string, Sight>>): number {
  const lasted = (machine: string, lastedMs: number) =>
    lastedMs >= (sights[machine]?.microStopBelowMs ?? Number.POSITIVE_INFINITY)
  const ended = truth.downtimes.filter((stop) => lasted(stop.machine, stop.endedAtMs - stop.startedAtMs))
  const open = Object.entries(sights).filter(([machine, sight]) => {
    const last = truth.transitions.findLast((transition) => transition.machine === machine)
    return last && isStop(last.status) && lasted(machine, seenUntilMs(sight) - last.atMs)
  })
  return ended.length + open.length
}
