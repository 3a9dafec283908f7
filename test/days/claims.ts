/**
 * No status is claimed for longer than its release, debounce and loss rules allow after it was last seen, and none that was never
 * seen.
 */
import type { Setting } from './day.ts'
import { afterMsOf, type Lived, staleAfterMsOf } from './live.ts'
import type { Row } from './rows.ts'
import type { Sighting } from './sightings.ts'
import { type Claim, claimed, HELD } from './stretches.ts'

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
  readonly #aways: readonly { readonly from: number; readonly to: number }[]

  constructor({ day, told }: Lived) {
    this.setting = day.setting
    this.pollMs = day.setting.pollS * 1_200 + 100 + (day.setting.lateS > 0 ? 1_000 : 0)
    this.#aways = told.flatMap((one, index) => {
      if (one.kind !== 'away') return []
      const back = told.slice(index + 1).find(({ kind }) => kind === 'reading')
      return back?.kind === 'reading' ? [{ from: one.knownTo, to: back.completeTo + 5_000 }] : []
    })
  }

  /** How long other statuses may be seen before this one is left. */
  leaveMs(status: string): number {
    const ms = !this.setting.debounced ? 0 : status === 'running' ? RELEASE_MS : IGNORE_RUN_MS
    return ms + 2 * this.pollMs
  }

  /** How long nothing may be seen while the status goes on. */
  unseenMs(status: string, from: number, to: number): number {
    if (HELD.includes(status as never)) return HOLD_MS + this.pollMs
    const isAway = this.#aways.some((away) => away.from - this.pollMs <= to && from <= away.to)
    // A heartbeat that stands still is noticed only when it is overdue.
    const overdueMs = this.setting.heart ? staleAfterMsOf(this.setting) : 0
    return (isAway ? BRIDGE_MS + 6_000 : afterMsOf(this.setting)) + overdueMs + this.pollMs
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
  const what = `${claim.status} from ${seconds(claim.from)} to ${seconds(claim.to)}`
  const seen = sightings.filter(
    ({ at, status }) => status !== null && at >= claim.from - pollMs && at <= claim.to + pollMs,
  )
  const own = seen.filter(({ status }) => status === claim.status).map(({ at }) => at)
  const [first] = own
  // What was too short to end the status before may belong to the next one.
  if (first === undefined || first > claim.from + (isBehind ? rules.leaveMs('down') : pollMs))
    return [`${what}: not seen when it begins`]
  return [...own, claim.to].flatMap((at, index) => {
    const before = own[index - 1] ?? claim.from
    if (mayGoOn(before, at, seen, claim, rules)) return []
    return [`${what}: not seen from ${seconds(before)} to ${seconds(at)}`]
  })
}

/**
 * Whether a status may be claimed from one sighting of it to the next one, or to the end of the claim: what is seen in between is
 * not enough to leave it, and nothing is unseen for longer than the rules for a loss allow.
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
    else if (ms > rules.unseenMs(status, before, at)) return false
    before = at
  }
  return othersMs <= rules.leaveMs(status)
}

function seconds(ms: number): string {
  return `+${ms / 1_000}`
}
