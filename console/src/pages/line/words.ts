/** What a stretch of a timeline is called, and its reasons, in the reader's language. Codes of the site are shown as they are. */
import type { StretchOnWire } from '../../../../src/api/line/shapes.ts'
import type { Status } from '../../../../src/domain/status.ts'
import { clockText, durationText } from '../../parts/format.ts'
import { statusWord } from '../../parts/status-lamp.tsx'
import { type PlainTextKey, t } from '../../texts/catalogue.ts'

const HOUR_S = 3_600
const DAY_S = 86_400

const REASONS: Readonly<Record<string, PlainTextKey>> = {
  MICRO_STOP: 'line.microStop',
  NO_SHIFT: 'line.noShift',
  BREAK: 'line.breakTime',
  NO_ORDER: 'line.noOrder',
  SET_IN_MES: 'line.setInMes',
  NO_DATA: 'status.no-data',
}

const WHY: Readonly<Record<string, PlainTextKey>> = {
  not_kept: 'line.notKept',
  unknown: 'line.unknownTime',
  away: 'line.whyAway',
  missing: 'line.whyMissing',
  bad: 'line.whyBad',
  uncertain: 'line.whyUncertain',
  stale: 'line.whyStale',
  unmeant: 'line.whyUnmeant',
  unmapped: 'line.whyUnmapped',
  out_of_service: 'line.whyOutOfService',
  shadow: 'line.whyShadow',
}

const CATEGORIES: Readonly<Record<string, PlainTextKey>> = {
  equipment: 'line.equipment',
  material: 'line.material',
  quality: 'line.quality',
  setup: 'line.setup',
  process: 'line.process',
}

/** Null: nobody has said why. */
export function reasonWord(reason: string | null): string {
  if (reason === null) return t('line.unassigned')
  const key = REASONS[reason]
  return key ? t(key) : reason
}

export function categoryWord(category: string | null): string {
  const key = category === null ? undefined : CATEGORIES[category]
  return key ? t(key) : (category ?? '')
}

/** Of many machines together days would say little: a long time is said in hours. */
export function sumText(seconds: number): string {
  return seconds < DAY_S ? durationText(seconds) : t('line.hours', { h: Math.round(seconds / HOUR_S) })
}

/** What the machine did: its status, or that it was not seen. */
export function stretchWord({ use, status }: StretchOnWire): string {
  return status === undefined || use === 'unseen' ? t('line.unseen') : statusWord(status as Status)
}

/** Why, as far as it is known. */
export function stretchReason({ reason, why, detail, category }: StretchOnWire): string | undefined {
  const key = why === undefined ? undefined : WHY[why]
  if (key) return detail === undefined ? t(key) : `${t(key)} (${detail})`
  if (reason === undefined) return undefined
  return category === undefined ? reasonWord(reason) : `${reasonWord(reason)}, ${categoryWord(category)}`
}

/** `08:12:30 – 08:20:01, 7 min`. */
export function stretchTime({ from, to, since, lasted_s, is_open }: StretchOnWire): string {
  const time = durationText(lasted_s)
  const begin = clockText(since ?? from, true)
  if (is_open) return t('line.goesOn', { from: begin, time })
  return t('line.stretchTime', { from: begin, to: clockText(to, true), time })
}

/** All of it in one line, for those who do not see the timeline. */
export function stretchText(stretch: StretchOnWire): string {
  const reason = stretchReason(stretch)
  const order = stretch.work_order === undefined ? undefined : `${t('line.order')} ${stretch.work_order}`
  return [stretchWord(stretch), reason, order, stretchTime(stretch)]
    .filter((word) => word !== undefined)
    .join(', ')
}
