/**
 * Whose reason, order and names the rows of the press must carry, as the documents for people say it. When it runs and when it
 * stands is taken from the rows: that they tell the truth is the concern of `test/days`.
 */
import type { MachineEvent } from '../../src/domain/events/machine.ts'
import type { MachineStanding } from '../../src/domain/scan.ts'
import { NO_DATA } from '../../src/domain/status.ts'
import { type DowntimeRow, downtimesOf, historyOf } from '../support/play-rows.ts'
import type { Learnt } from './station-oracle.ts'

/** So long after its end a stop can still be named by a scan. */
const NAMED_WITHIN_MS = 30 * 60_000
const MICRO_STOP = 'MICRO_STOP'
/** A stop this long is a downtime, and a wait this long is one that people mean. */
const MICRO_MS = 120_000
const STOPS: readonly string[] = ['down', 'setup']

export interface Told {
  readonly at: number
  /** Which of the day's moments it was: several may have the same time. */
  readonly moment: number
  readonly learnt: Learnt
  readonly standing: MachineStanding | null
}

/** An event with the moment at which it was made. */
export interface Made {
  readonly moment: number
  readonly event: MachineEvent
}

interface Naming {
  readonly at: number
  readonly moment: number
  readonly code: string
  readonly operator: number
}

/** Rows of one stop, or of one wait: more than one where midnight splits them. */
interface Stretch {
  readonly from: number
  readonly to: number
  /** The moments at which that was written. */
  readonly opened: number
  readonly closed: number
  readonly status: string
  /** As central has it in the end. */
  readonly reason: string | null
  readonly stamps: readonly string[]
  readonly downtime: DowntimeRow | undefined
  readonly namings: Naming[]
  /** Who has started the machine in it, and not taken that back. */
  starter: number | null
}

export function machineBreaches(
  told: readonly Told[],
  made: readonly Made[],
  startMs: number,
): readonly string[] {
  const stretches = stretchesOf(made, startMs)
  const found: string[] = []
  let split: number | undefined
  for (const [index, one] of told.entries()) {
    const { at, moment, learnt } = one
    const here = stretches.findLast(({ opened }) => opened <= moment)
    const before = stretches.findLast(({ opened }) => opened < moment)
    if (learnt.kind === 'order') {
      const isStart = learnt.order !== null && learnt.command !== '!UNDO'
      if (here) here.starter = isStart ? learnt.operator : null
    } else if (learnt.kind === 'released') {
      if (before) before.starter = learnt.operator
    } else if (learnt.kind === 'declared') {
      here?.namings.push({ ...learnt, at, moment })
    } else {
      const next = told[index + 1]
      const isDeclaring = next?.moment === moment && next.learnt.kind === 'declared'
      if (learnt.isNew) split = moment
      const target = split === moment ? here : meant(stretches, made, one)
      if (!target) found.push(`+${at / 1_000}: ${learnt.code} was accepted, and is nobody's`)
      else if (!isDeclaring || (STOPS.includes(target.status) && reasonAt(target, made, moment) === null))
        target.namings.push({ ...learnt, at, moment })
    }
  }
  return [
    ...found,
    ...stretches.flatMap((one) => stretchBreaches(one)),
    ...orderBreaches(told, made, startMs),
  ]
}

/** The stop that a reason is for. */
function meant(
  stretches: readonly Stretch[],
  made: readonly Made[],
  { at, moment }: Pick<Told, 'at' | 'moment'>,
): Stretch | undefined {
  const current = stretches.findLast(({ opened }) => opened < moment)
  if (current && STOPS.includes(current.status)) return current
  const ended = stretches.filter(({ status, closed }) => STOPS.includes(status) && closed < moment)
  const last = ended.reduce<Stretch | undefined>((kept, one) => keptOf(kept, one, made), undefined)
  const best = last && at - last.to <= NAMED_WITHIN_MS ? last : undefined
  const isWait = current && current.status !== 'running' && current.reason !== NO_DATA
  if (!isWait) return best
  if (current.namings.length > 0) return current
  const isShort = at - current.from < MICRO_MS
  const isBehind = best && current.from - best.to <= 1
  return best?.downtime && (isShort || isBehind) ? best : current
}

/** The stop that may still get a reason, after another one has ended. */
function keptOf(kept: Stretch | undefined, ended: Stretch, made: readonly Made[]): Stretch | undefined {
  const rank = (one: Stretch) => {
    if (one.namings.some(({ moment }) => moment < ended.closed)) return 1
    const reason = reasonAt(one, made, ended.closed + 1)
    if (reason !== null && reason !== MICRO_STOP) return 0
    return one.downtime ? 3 : 2
  }
  if (rank(ended) === 0) return kept
  const isInTime = kept && ended.to - kept.to <= NAMED_WITHIN_MS
  return isInTime && rank(kept) > rank(ended) ? kept : ended
}

function reasonAt({ stamps }: Stretch, made: readonly Made[], moment: number): string | null {
  const before = made.findLast(
    (one) => one.moment < moment && one.event.kind.startsWith('status') && one.event.at === stamps[0],
  )
  return before?.event.reason ?? null
}

function stretchBreaches(one: Stretch): readonly string[] {
  const { from, status, namings, downtime, reason } = one
  const last = namings.at(-1)
  const what = `${status} of +${from / 1_000}`
  const found: string[] = []
  if (last && reason !== last.code)
    found.push(`${what} is ${reason}, and was named ${last.code} at +${last.at / 1_000}`)
  if (!downtime) return found
  if (downtime.reason !== reason && reason !== null)
    found.push(`${what}: its downtime is ${downtime.reason}, not ${reason}`)
  if ((downtime.reportedBy ?? null) !== (last?.operator ?? null))
    found.push(`${what} is reported by ${downtime.reportedBy}, not ${last?.operator}`)
  if (downtime.ended && (downtime.resolvedBy ?? null) !== one.starter)
    found.push(`${what} is resolved by ${downtime.resolvedBy}, not ${one.starter}`)
  return found
}

/** A row has the order that was in force when it was written, or when it began; a run has no other in between. */
function orderBreaches(told: readonly Told[], made: readonly Made[], startMs: number): readonly string[] {
  const orders = told.flatMap(({ at, moment, learnt }) =>
    learnt.kind === 'order' ? [{ at, moment, order: learnt.order }] : [],
  )
  const inForce = (moment: number) => orders.findLast((one) => one.moment <= moment)?.order ?? null
  const rows = historyOf(made.map(({ event }) => event))
  return rows.flatMap((row, index) => {
    if (row.reason === NO_DATA) return []
    const from = Date.parse(row.at) - startMs
    const next = rows[index + 1]
    const [opened, closed] = [openedAt(made, row.at), next ? openedAt(made, next.at) : undefined]
    const begun = row.marks.includes('cont') ? rows[index - 1]?.workOrder : null
    const begunWith = orders.findLast(({ at }) => at <= from)?.order
    const right = [inForce(opened - 1), inForce(opened), begunWith ?? null, begun ?? null]
    const what = `${row.status} of +${from / 1_000}`
    if (!right.includes(row.workOrder ?? null))
      return [`${what} is booked on ${row.workOrder}, not on ${right[1]}`]
    const other = orders.find(({ moment, at, order }) => {
      const isInRow = closed !== undefined && moment > opened && at < Date.parse(next?.at ?? '') - startMs
      return isInRow && order !== row.workOrder
    })
    return row.status === 'running' && other
      ? [`${what} goes on with ${row.workOrder} when ${other.order} is in force at +${other.at / 1_000}`]
      : []
  })
}

function openedAt(made: readonly Made[], stamp: string): number {
  return made.find(({ event }) => event.kind === 'status.opened' && event.at === stamp)?.moment ?? 0
}

function stretchesOf(made: readonly Made[], startMs: number): readonly Stretch[] {
  const events = made.map(({ event }) => event)
  const [rows, downtimes] = [historyOf(events), downtimesOf(events)]
  return rows.reduce<Stretch[]>((before, row, index) => {
    const from = Date.parse(row.at) - startMs
    const next = rows[index + 1]
    const to = next ? Date.parse(next.at) - startMs : Number.POSITIVE_INFINITY
    const last = before.at(-1)
    const opened = openedAt(made, row.at)
    const closed = next ? openedAt(made, next.at) : Number.POSITIVE_INFINITY
    if (last && row.marks.includes('cont') && last.status === row.status && row.status !== 'running') {
      const joined = { ...last, to, closed, stamps: [...last.stamps, row.at], reason: row.reason }
      return [...before.slice(0, -1), joined]
    }
    const downtime = downtimes.find(({ at }) => at === row.at)
    const { status, reason } = row
    before.push({
      from,
      to,
      opened,
      closed,
      status,
      reason,
      stamps: [row.at],
      downtime,
      namings: [],
      starter: null,
    })
    return before
  }, [])
}
