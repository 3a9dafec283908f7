/**
 * No status is claimed for longer than its release, debounce and loss rules allow after it was last seen, and none that was never
 * seen.
 */
import type { Setting } from './day.ts'
import { afterMsOf, type Lived, staleAfterMsOf } from './live.ts'
import type { Row } from './rows.ts'
import type { Sighting } from './sightings.ts'
import { type Claim, claimed, HELD, isTorn } from './stretches.ts'

const BRIDGE_MS = 300_000
const HOLD_MS = 12 * 3_600_000
/** Into running from a stop: the longest of what may be swallowed. */
const IGNORE_RUN_MS = 10_000
const RELEASE_MS = 2_000

export function claims(
  lived: Lived,
  rows: readonly Row[],
  sightings: readonly Sighting[],
): readonly string[] {
  const rules = new Rules(lived)
  const all = claimed(rows)
  return all.flatMap((claim, index) => {
    const isBehind = Math.abs((all[index - 1]?.to ?? Number.NaN) - claim.from) < 1.5
    return judged(claim, isBehind, sightings, rules)
  })
}

class Rules {
  readonly setting: Setting
  /** Between two polls nobody looks. */
  readonly pollMs: number
  /** How long a heart may stand still, if there is one. */
  readonly beatMs: number
  readonly #end: number
  readonly #aways: readonly { readonly from: number; readonly to: number; readonly ended: number }[]

  constructor({ day, told, end }: Lived) {
    this.#end = end
    this.setting = day.setting
    this.beatMs = day.setting.heart ? staleAfterMsOf(day.setting) : 0
    this.pollMs = day.setting.pollS * 1_200 + 100 + (day.setting.lateS > 0 ? 1_000 : 0)
    this.#aways = told.flatMap((one, index) => {
      if (one.kind !== 'away') return []
      const back = told.slice(index + 1).find(({ kind }) => kind === 'reading')
      return back?.kind === 'reading'
        ? [{ from: one.knownTo, ended: one.at, to: back.completeTo + 5_000 }]
        : []
    })
  }

  /** What a gateway saw just before it was killed, it may have forgotten. */
  isForgotten(at: number): boolean {
    return this.#aways.some((away) => at > away.from && at <= away.ended)
  }

  /** How long other statuses may be seen before this one is left. */
  leaveMs(status: string): number {
    const ms = !this.setting.debounced ? 0 : status === 'running' ? RELEASE_MS : IGNORE_RUN_MS
    return ms + 2 * this.pollMs
  }

  /** How long nothing may be seen while the status goes on. */
  unseenMs(status: string, from: number, to: number): number {
    const afterMs = afterMsOf(this.setting)
    // A heartbeat that stands still is noticed only when it is overdue.
    const overdueMs = this.beatMs
    // After a start devices are given their time to answer, and a row may be open as long.
    const isAway = this.#aways.some((away) => away.from - this.pollMs <= to && from <= away.to)
    const startMs = isAway && to >= this.#end ? afterMs : 0
    const slackMs = overdueMs + startMs + this.pollMs + 1_000
    // Readings that no heartbeat vouches for do not end it.
    if (HELD.includes(status as never)) return HOLD_MS + slackMs + overdueMs
    return (isAway ? Math.max(BRIDGE_MS, afterMs) : afterMs) + slackMs
  }
}

/** @param isBehind whether another status was claimed until then */
function judged(
  claim: Claim,
  isBehind: boolean,
  sightings: readonly Sighting[],
  rules: Rules,
): readonly string[] {
  const { pollMs } = rules
  if (isTorn(rules.setting, claim)) return []
  const what = `${claim.status} from ${seconds(claim.from)} to ${seconds(claim.to)}`
  const near = sightings.filter(({ at }) => at >= claim.from - pollMs && at <= claim.to + pollMs)
  const own = near
    .filter(({ status, proof }) => status === claim.status && proof !== 'stale')
    .map(({ at }) => at)
  const seen = near.filter(({ status, proof }) => status !== null && proof === 'sure')
  const known = seen.filter(({ at }) => !rules.isForgotten(at))
  const [first] = own
  if (first === undefined || !mayBegin(first, isBehind, seen, claim, rules))
    return [`${what}: not seen when it begins`]
  return [...own, claim.to].flatMap((at, index) => {
    const before = own[index - 1] ?? claim.from
    if (mayGoOn(before, at, seen, claim, rules) || mayGoOn(before, at, known, claim, rules)) return []
    return [`${what}: not seen from ${seconds(before)} to ${seconds(at)}`]
  })
}

/**
 * Whether a row may begin before its status was surely seen: a heartbeat may beat later; and what was too short to end the status
 * before, or was not seen for less than a loss, may belong to the next one.
 */
function mayBegin(
  first: number,
  isBehind: boolean,
  seen: readonly Sighting[],
  claim: Claim,
  rules: Rules,
): boolean {
  if (first <= claim.from + rules.beatMs + rules.pollMs) return true
  return isBehind && mayGoOn(claim.from, first, seen, { ...claim, status: 'idle' }, rules)
}

/**
 * Whether a status may be claimed from one sighting of it to the next one, or to the end of the claim: what is seen in between is
 * not enough to leave it, and nothing is unseen for longer than the rules for a loss allow. What was not believed yet before a
 * loss is dropped by it, and where a machine is back, what it shows counts from the first beat of its heart.
 */
function mayGoOn(
  from: number,
  to: number,
  seen: readonly Sighting[],
  { status }: Claim,
  rules: Rules,
): boolean {
  if (to - from <= rules.pollMs) return true
  let othersMs = 0
  let before = from
  for (const at of [...seen.map((one) => one.at).filter((at) => at > from && at < to), to]) {
    const ms = at - before
    if (ms <= rules.pollMs) othersMs += ms
    else if (ms > rules.unseenMs(status, before, at) || othersMs > rules.leaveMs(status)) return false
    else othersMs = (ms > afterMsOf(rules.setting) ? 0 : othersMs) - rules.beatMs
    before = at
  }
  return othersMs <= rules.leaveMs(status)
}

function seconds(ms: number): string {
  return `+${ms / 1_000}`
}
