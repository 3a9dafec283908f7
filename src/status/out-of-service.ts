/** What becomes of a machine's row where nobody asks after the machine any more: its map is gone, or the MES has it out of service. */
import { laterOf } from '../domain/instant.ts'
import type { ServiceMessage } from '../domain/subject.ts'
import { change, changeUnsettled, type Draft, see } from './draft.ts'
import { dropUnsettled } from './on-loss.ts'
import { openMarker } from './rows/intervals.ts'
import { endRow } from './rows/row.ts'
import { isOpen } from './state.ts'
import { type Obstacle, OUT_OF_SERVICE } from './why-unseen.ts'

/** Whatever is open ends where the machine was last seen. */
export function endAll(draft: Draft, obstacle: Obstacle): void {
  dropUnsettled(draft)
  const { lastSeen, phase } = draft.state
  if (!isOpen(phase) || !lastSeen) return
  endRow(draft, lastSeen, { stop: ['reconfigured'], interval: ['reconfigured'] })
  openMarker(draft, laterOf(lastSeen, phase.interval.since), obstacle)
}

/** What is seen while the machine is out of service is taken in, so that it is known when it is back; nothing is made of it. */
export function takeService(draft: Draft, { isInService }: ServiceMessage): void {
  if (draft.state.isInService === isInService) return
  if (!isInService) endAll(draft, OUT_OF_SERVICE)
  change(draft, { isInService })
  changeUnsettled(draft, null)
  see(draft, { countedUnseen: 0, sightSince: null })
}
