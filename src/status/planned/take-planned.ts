/** What becomes of shifts and breaks that are made known to a machine. */
import type { PlannedMessage } from '../../domain/planned-time.ts'
import { change, type Draft } from '../draft.ts'
import { intervalOf } from '../state.ts'
import { byRowClock, followWallClock } from '../wall-clock.ts'
import { withNews } from './planned-time.ts'

const DAY_MS = 86_400_000

/** They count from now on. What they say of the open row is written with the next look at the machine. */
export function takePlanned(draft: Draft, { planned: news, at }: PlannedMessage): void {
  followWallClock(draft, at)
  const { planned: before, phase, lastSeen } = draft.state
  const nowMs = byRowClock(draft, at).wallMs
  const openSinceMs = intervalOf(phase)?.since.wallMs
  // Nothing is open: what the machine shows next began a day ago at most, however long it has been off.
  const neededFromMs = openSinceMs ?? Math.max(lastSeen?.wallMs ?? nowMs, nowMs - DAY_MS)
  const planned = withNews(before, news, { nowMs, neededFromMs })
  if (JSON.stringify(planned) !== JSON.stringify(before)) change(draft, { planned })
}
