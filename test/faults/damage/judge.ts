/** The laws that a log must obey after it was damaged, whatever the damage: nothing false, nothing silently gone. */
import { isDeepStrictEqual } from 'node:util'
import type { Loss } from '../../../src/domain/outbox.ts'
import type { OpenedLog } from './opened-log.ts'
import { type LogContent, lastSeqOf, statesAfter } from './written-logs.ts'

/** What is known of the damaged log. */
export interface Damaged {
  /** What it held before. */
  readonly before: LogContent
  /**
   * The last event that must be accounted for. A changed byte ends the write-ahead log before it, as a power cut does, and nothing
   * can tell the two apart: what was only in there is not missed.
   */
  readonly certainSeq: number
  /** Whether the part of the file is gone that says how many events there were: then the gateway must say that more may be lost. */
  readonly isCounterGone: boolean
  /** Whether the counter itself may be false. What it says beyond the last event cannot be told from events that vanished. */
  readonly isCounterDamaged: boolean
}

/** Every law that was broken, in words; none where all is well. */
export function brokenLaws(damaged: Damaged, opened: OpenedLog): readonly string[] {
  const isSame = opened.identity.incarnation === damaged.before.incarnation
  return [...opened.faults, ...(isSame ? sameLaws(damaged, opened) : salvagedLaws(damaged, opened))]
}

/** The damage was harmless: the log is the one that it was. */
function sameLaws({ before, certainSeq }: Damaged, opened: OpenedLog): readonly string[] {
  const { content, appendedSeq, setAside, losses } = opened
  const kept = withoutLast(content.events, appendedSeq)
  const lastSeq = appendedSeq - 1
  const expected = [...before.events].filter(([seq]) => seq <= lastSeq)
  const isWhole = lastSeq === Math.max(...before.events.keys())
  return [
    ...(isDeepStrictEqual([...kept], expected) ? [] : ['an event is not what was stored']),
    ...(lastSeq >= certainSeq ? [] : [`the events from ${lastSeq + 1} on vanished`]),
    ...(isDeepStrictEqual(sorted(content.states), sorted(statesAfter(before, lastSeq)))
      ? []
      : ['the states are not those of the last event']),
    ...cursorFaults(before, content, isWhole),
    ...(isDeepStrictEqual(content.leftOut, before.leftOut) ? [] : ['other events are left out']),
    ...(setAside.length === 0 ? [] : ['it was set aside and goes on all the same']),
    ...(losses.length === before.lossCount ? [] : ['a loss is noted, and there was none']),
  ]
}

function cursorFaults(before: LogContent, after: LogContent, isWhole: boolean): readonly string[] {
  return [...before.acknowledged].flatMap(([consumer, seq]) => {
    const now = after.acknowledged.get(consumer) ?? 0
    const isRight = isWhole ? now === seq : now <= seq
    return isRight ? [] : [`${consumer} had acknowledged event ${seq} and now event ${now}`]
  })
}

/** It was set aside: a new log begins with what is proven, and names what is not. */
function salvagedLaws(damaged: Damaged, opened: OpenedLog): readonly string[] {
  const { before, certainSeq, isCounterGone } = damaged
  const { content, appendedSeq, setAside, losses } = opened
  const newLosses = losses.slice(before.lossCount)
  const { oldSeqs, faults } = oldNumbers(before, withoutLast(content.events, appendedSeq))
  const saved = new Set(oldSeqs)
  const isLost = (seq: number) => newLosses.some(({ firstSeq, lastSeq }) => firstSeq <= seq && seq <= lastSeq)
  const pending = [...before.events.keys()].filter((seq) => seq > pendingAfter(before))
  const mustSayMore = isCounterGone && pending.some((seq) => !saved.has(seq) && !isLost(seq))
  const silent = pending.filter(
    (seq) => !isCounterGone && seq <= certainSeq && !saved.has(seq) && !isLost(seq),
  )
  const untrue = newLosses.filter((loss) => isUntrue(loss, damaged, saved))
  return [
    ...faults,
    ...(setAside.length === 1 ? [] : [`${setAside.length} folders with a damaged log`]),
    ...(mustSayMore && !opened.saysMoreMayBeLost
      ? ['events are gone of which nobody knows, and nothing says so']
      : []),
    ...(silent.length === 0 ? [] : [`gone without a word: events ${silent.join(' ')}`]),
    ...untrue.map(({ firstSeq, lastSeq }) => `named as lost, and not: events ${firstSeq} to ${lastSeq}`),
    ...[...content.states].flatMap(([owner, payload]) =>
      before.states.get(owner) === payload || statesAfter(before, certainSeq).get(owner) === payload
        ? []
        : [`the state of ${owner} was never saved`],
    ),
    ...carriedFaults(before, content, oldSeqs),
  ]
}

/** Whether something is named as lost that is not, or that never was. */
function isUntrue({ firstSeq, lastSeq }: Loss, damaged: Damaged, saved: ReadonlySet<number>): boolean {
  const { events } = damaged.before
  const wasThere = (seq: number) =>
    events.has(seq) || (damaged.isCounterDamaged && seq > lastSeqOf(damaged.before))
  const isSaved = [...saved].some((seq) => firstSeq <= seq && seq <= lastSeq)
  return isSaved || !wasThere(firstSeq) || !wasThere(lastSeq)
}

/** The number that each event of the new log had in the old one; an event is known by its text and moment, which differ. */
function oldNumbers(before: LogContent, events: LogContent['events']) {
  const bySeq = new Map([...before.events].map(([seq, text]) => [JSON.stringify(text), seq]))
  const faults: string[] = []
  const oldSeqs: number[] = []
  let expected = 1
  for (const [seq, text] of events) {
    const oldSeq = bySeq.get(JSON.stringify(text))
    if (seq !== expected) faults.push(`number ${expected} is missing in the new log`)
    if (oldSeq === undefined)
      faults.push(`event ${seq} of the new log was never stored: ${text.payload.slice(0, 80)}`)
    else if (oldSeq <= (oldSeqs.at(-1) ?? 0)) faults.push(`event ${oldSeq} is not in its order`)
    oldSeqs.push(oldSeq ?? 0)
    expected = seq + 1
  }
  return { oldSeqs, faults }
}

/** Cursors may be behind what was acknowledged, never before it; no other event may be left out than those that were. */
function carriedFaults(
  before: LogContent,
  content: LogContent,
  oldSeqs: readonly number[],
): readonly string[] {
  const cursors = [...content.acknowledged].flatMap(([consumer, seq]) => {
    const unread = oldSeqs.slice(0, seq).filter((oldSeq) => oldSeq > (before.acknowledged.get(consumer) ?? 0))
    return unread.length === 0 ? [] : [`${consumer} never gets events ${unread.join(' ')}`]
  })
  const leftOut = [...content.leftOut].flatMap((mark) => {
    const [consumer, seq] = mark.split(' ')
    const oldMark = `${consumer} ${oldSeqs[Number(seq) - 1]}`
    return before.leftOut.has(oldMark) ? [] : [`left out, and was not: ${oldMark}`]
  })
  return [...cursors, ...leftOut]
}

function pendingAfter({ acknowledged }: LogContent): number {
  return Math.min(acknowledged.get('central') ?? 0, acknowledged.get('plant') ?? 0)
}

function withoutLast(events: LogContent['events'], seq: number): LogContent['events'] {
  return new Map([...events].filter(([own]) => own !== seq))
}

function sorted(states: ReadonlyMap<string, string>): readonly (readonly [string, string])[] {
  return [...states].sort(([a], [b]) => (a < b ? -1 : 1))
}
