/** How the parts of a gateway behave. The faithful ones are the product's own; each mutant has one habit that is a mistake. */
import type { Driver } from '../../../src/domain/driver.ts'
import type { MachineMap } from '../../../src/domain/machine-map.ts'
import type { Outbox } from '../../../src/domain/outbox.ts'
import type { StationMap } from '../../../src/domain/station-map.ts'
import type { Subject } from '../../../src/domain/subject.ts'
import type { Clock } from '../../../src/runtime/clock.ts'
import type { Mutation } from '../gateway.ts'
import { type LogHabits, SOUND_LOG } from './log-thread.ts'

/** What the pipeline records into. */
export type Recorder = Pick<Outbox, 'append' | 'uncommitted' | 'states'>

export interface Habits {
  readonly log: LogHabits
  /** @param nth of the routes; 0 is central */
  readonly delivery: (world: Parameters<Mutation>[0], nth: number) => ReturnType<Mutation>
  /** The clock of everything before the log. */
  readonly clock: (clock: Clock) => Clock
  readonly recording: (recorder: Recorder) => Recorder
  readonly subject: <One extends Subject>(subject: One) => One
  readonly map: (map: MachineMap) => MachineMap
  readonly station: (map: StationMap) => StationMap
  readonly driver: (driver: Driver) => Driver
  readonly answerWaitsFor: (durable: Promise<void>) => Promise<void>
}

export const FAITHFUL: Habits = {
  log: SOUND_LOG,
  delivery: (world) => world,
  clock: (clock) => clock,
  recording: (recorder) => recorder,
  subject: (subject) => subject,
  map: (map) => map,
  station: (map) => map,
  driver: (driver) => driver,
  answerWaitsFor: (durable) => durable,
}
