/** A press as it publishes itself: it shows each change, and its connection can be impaired. */
import type { Panel } from '../panel.ts'
import type { Session } from './session.ts'

export interface Publisher extends Pick<Panel, 'show' | 'setCondition'> {
  readonly session: Session
}
