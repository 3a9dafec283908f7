/** What was seen for long enough without a break is claimed, and nothing else in its place. */
import type { DerivedStatus } from '../../src/domain/status.ts'
import type { Setting } from './day.ts'
import { type Lived, staleAfterMsOf } from './live.ts'
import type { Row } from './rows.ts'
import type { Sighting } from './sightings.ts'
import { isTorn } from './stretches.ts'

/** Longer than any debounce of the maps. */
const BELIEVED_MS = 10_000

interface Stretch {
  readonly status: DerivedStatus
  readonly from: number
  readonly to: number
  /** Whether nothing was seen before: then a row begins with the first beat of the heart, if the machine has one. */
  readonly isBack: boolean
}

export function omissions(
  lived: Lived,
  rows: readonly Row[],
  sightings: readonly Sighting[],
): readonly string[] {
  const { setting } = lived.day
  const slackMs = slackOf(setting)
  return firm(lived, sightings).flatMap(({ status, from, to, isBack }) => {
    const beatMs = isBack && setting.heart ? staleAfterMsOf(setting) : 0
    const [begin, end] = [from + slackMs + beatMs, to - slackMs]
    if (end - begin < (setting.debounced ? BELIEVED_MS : 0)) return []
    const wrong = rows.find(
      (row) => row.from < end && row.to > begin && row.row.status !== status && !isTorn(setting, row),
    )
    const seen = `${status} seen from ${seconds(from)} to ${seconds(to)}`
    if (wrong)
      return [`${seen}: the row says ${wrong.row.status} from ${seconds(wrong.from)} to ${seconds(wrong.to)}`]
    const first = rows[0]
    return !first || first.from > begin ? [`${seen}: no row`] : []
  })
}

/** Stretches in which one status was seen with every poll. */
function firm({ day, told }: Lived, sightings: readonly Sighting[]): readonly Stretch[] {
  const gapMs = day.setting.pollS * 2_100 + 100
  const result: Stretch[] = []
  for (const { at, status, proof } of sightings) {
    const before = result.at(-1)
    if (status === null || proof !== 'sure') {
      result.push({ status: 'available', from: at, to: at, isBack: false })
    } else if (before && before.status === status && at - before.to <= gapMs) {
      result[result.length - 1] = { ...before, to: at }
    } else result.push({ status, from: at, to: at, isBack: before?.status === 'available' })
  }
  const aways = told.filter((one) => one.kind === 'away')
  return result
    .filter(({ status }) => status !== 'available')
    .map((stretch) => {
      const away = aways.find(({ at, knownTo }) => at >= stretch.to && knownTo < stretch.to)
      return away ? { ...stretch, to: away.knownTo } : stretch
    })
}

function slackOf({ pollS, lateS }: Setting): number {
  return pollS * 2_500 + 100 + lateS * 1_000
}

function seconds(ms: number): string {
  return `+${ms / 1_000}`
}
