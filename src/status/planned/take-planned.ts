/** What becomes of shifts and breaks that are made known to a machine. */
import type { PlannedMessage } from '../../domain/planned-time.ts'
import { change, type Draft } from '../draft.ts'
import { intervalOf } from '../state.ts'
import { byRowClock, followWallClock } from '../wall-clock.ts'
import { withNews } from './planned-time.ts'

/** They count from now on. What they say of the open row is written with the next look at the machine. */
export function takePlanned(draft: Draft, { planned: news, at }: PlannedMessage): void {
  followWallClock(draft, at)
  const { planned: before, phase, lastSeen } = draft.state
  const nowMs = byRowClock(draft, at).wallMs
  const openSince = intervalOf(phase)?.since ?? lastSeen
  const planned = withNews(before, news, { nowMs, neededFromMs: openSince?.wallMs ?? nowMs })
  if (JSON.stringify(planned) !== JSON.stringify(before)) change(draft, { planned })
}
