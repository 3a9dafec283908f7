/** Holds what a day brought against what the documents say. */
import { isMachineEvent } from '../../src/domain/events/machine.ts'
import type { Scan } from '../../src/domain/events/scan.ts'
import { STATIONS, type StationName } from './day.ts'
import type { Moment } from './floor.ts'
import { type Made, machineBreaches, type Told } from './machine-oracle.ts'
import { type Learnt, type Row, StationOracle } from './station-oracle.ts'

export function breaches(moments: readonly Moment[], startMs: number): readonly string[] {
  const oracles = Object.fromEntries(STATIONS.map((one) => [one, new StationOracle(one)])) as Record<
    StationName,
    StationOracle
  >
  const found: string[] = []
  const told: Told[] = []
  let order: string | null = null
  for (const [moment, { what, said, standing }] of moments.entries()) {
    if (what.kind === 'sees') continue
    if (standing && standing.workOrder !== order)
      found.push(`${time(what.at)}: the press works on ${standing.workOrder}, not on ${order}`)
    for (const station of what.kind === 'scan' ? [what.station] : STATIONS) {
      const oracle = oracles[station]
      const came =
        what.kind === 'scan'
          ? oracle.scan(what.code, what.at, station === 'table' ? null : standing, order)
          : oracle.beat(what.at, order)
      const answers = said.filter((one) => one.station === station)
      const verdicts = answers.map(({ verdict }) => verdict).join()
      if (verdicts !== came.verdicts)
        found.push(
          `${time(what.at)} ${station} ${what.kind === 'scan' ? what.code : 'beat'}: ${verdicts || 'nothing'} (${answers.map(({ why }) => why).join()}), not ${came.verdicts || 'nothing'}`,
        )
      if (station === 'table') continue
      order = orderAfter(order, came.learnt)
      told.push(...came.learnt.map((learnt) => ({ at: what.at, moment, learnt, standing })))
    }
    if (found.length > 0) return found
  }
  const events = moments.flatMap(({ made }) => made)
  for (const station of STATIONS) found.push(...rowBreaches(station, oracles[station], events, startMs))
  if (found.length > 0) return found
  const machine = moments.flatMap(({ made }, moment): Made[] =>
    made.filter(isMachineEvent).map((event) => ({ moment, event })),
  )
  return machineBreaches(told, machine, startMs)
}

function orderAfter(order: string | null, learnt: readonly Learnt[]): string | null {
  return learnt.reduce((now, one) => (one.kind === 'order' ? one.order : now), order)
}

function rowBreaches(
  station: StationName,
  oracle: StationOracle,
  events: readonly { kind: string; at: string }[],
  startMs: number,
): readonly string[] {
  const code = { press: 'FL-1', bench: 'FL-2', table: 'FL-3' }[station]
  const mine = events.filter((one) => 'subject' in one && one.subject === `station:${code}`)
  const undone = mine.filter(({ kind }) => kind === 'scan.undone').map(({ at }) => Date.parse(at) - startMs)
  const rows = mine.filter((one): one is Scan => one.kind === 'scan').map((one) => shown(one, startMs))
  const wanted = oracle.rows.map((row) => rowText(row))
  const found = differences(`rows of ${station}`, rows, wanted)
  return [
    ...found,
    ...differences(
      `taken back at ${station}`,
      undone.map(time),
      oracle.undone.map(({ at }) => time(at)),
    ),
  ]
}

function differences(what: string, is: readonly string[], wanted: readonly string[]): readonly string[] {
  const index = wanted.findIndex((one, place) => one !== is[place])
  if (index < 0 && is.length === wanted.length) return []
  const place = index < 0 ? wanted.length : index
  return [`${what}: ${is[place] ?? 'nothing'}, not ${wanted[place] ?? 'nothing'}`]
}

function shown({ at, scanType, data, operator, workOrder, fields }: Scan, startMs: number): string {
  const { label_at: label } = fields
  return rowText({
    at: Date.parse(at) - startMs,
    type: scanType,
    data,
    operator,
    order: workOrder,
    label: label === undefined ? null : Date.parse(label) - startMs,
  })
}

function rowText({ at, type, data, operator, order, label }: Row): string {
  return `${time(at)} ${type} ${data} by ${operator} for ${order}${label === null ? '' : ` of the label of ${time(label)}`}`
}

function time(ms: number): string {
  return `+${ms / 1_000}`
}
