/** What can be wrong with the copy of central's reference data, in words. */
import type { Trouble } from '../domain/health.ts'
import type { ReferenceGap, ReferenceShift } from '../domain/reference-data.ts'
import { COPY_FAULT } from './copy-link.ts'
import type { KeptCopy } from './messages.ts'
import { unknownDays } from './shifts/weekday.ts'

/** Users that left may still work with a copy of this age. */
const OLD_AFTER_MS = 24 * 3_600_000

/** The codes of what can be wrong with it. */
const MASTERDATA_TROUBLES = {
  /** No badge is known, because users were never read. */
  missing: 'masterdata-missing',
  old: 'masterdata-old',
  /** Central is there, and does not let something be read. */
  unread: 'masterdata-unread',
  /** A shift has a day whose name nobody knows. */
  days: 'masterdata-shift-days',
  file: COPY_FAULT,
} as const

/** Whom the copy is kept up to date for. */
export type WantedBy = 'stations' | 'machines' | 'nobody'

/** What cannot be read of central, and since when. */
export interface StandingGap extends ReferenceGap {
  readonly sinceMs: number
}

interface JudgedCopy {
  readonly wanted: WantedBy
  readonly fileFault: Error | undefined
  /** Undefined until the copy is opened. */
  readonly kept: KeptCopy | undefined
  readonly gaps: readonly StandingGap[]
  readonly nowMs: number
}

/** Whatever is wrong with it. */
export function copyTroubles(copy: JudgedCopy): readonly Trouble[] {
  const { wanted, fileFault, kept, gaps } = copy
  return [
    ...(fileFault ? [fileTrouble(fileFault, wanted)] : []),
    ...(wanted === 'stations' && !fileFault ? badgesTroubles(copy) : []),
    ...gaps.map(unreadTrouble),
    ...(kept?.shifts ?? []).flatMap(daysTroubles),
  ]
}

function fileTrouble({ message: what }: Error, wanted: WantedBy): Trouble {
  const hint =
    wanted === 'stations' ? 'until then no badge is known' : 'until then shifts count as they were known last'
  return { code: MASTERDATA_TROUBLES.file, what, hint, sinceMs: null }
}

function badgesTroubles({ kept, gaps, nowMs }: JudgedCopy): readonly Trouble[] {
  const hint =
    'it is read within a minute once central can be reached, or within seconds of a scanned badge: see what `status` says of central'
  // Maps come after the copy was made: until it is opened, nobody knows what is in it.
  if (!kept || gaps.some(({ kind }) => kind === 'users')) return []
  const usersReadAtMs = kept.readAtMs.users
  if (usersReadAtMs === undefined) {
    const what = 'badges and codes have never been read from central: no badge is known'
    return [{ code: MASTERDATA_TROUBLES.missing, what, hint, sinceMs: null }]
  }
  if (nowMs - usersReadAtMs < OLD_AFTER_MS) return []
  const what = 'badges and codes were last read from central more than a day ago'
  return [{ code: MASTERDATA_TROUBLES.old, what, hint, sinceMs: usersReadAtMs + OLD_AFTER_MS }]
}

function unreadTrouble({ kind, unread, hint, sinceMs }: StandingGap): Trouble {
  return {
    code: MASTERDATA_TROUBLES.unread,
    what: `${kind} cannot be read from central, and what was known of them before is used: ${unread}`,
    ...(hint === undefined ? {} : { hint }),
    sinceMs,
  }
}

function daysTroubles({ name, days }: ReferenceShift): readonly Trouble[] {
  const [word] = unknownDays(days)
  if (word === undefined) return []
  const what = `the shift "${name}" has a day in central that nobody knows, "${word}", and counts on every day`
  const hint =
    'correct shifts.active_days in the MES: English names of days (monday, mon), or numbers from 1 (Monday) to 7'
  return [{ code: MASTERDATA_TROUBLES.days, what, hint, sinceMs: null }]
}
