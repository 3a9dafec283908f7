/** What is recorded of all machines, as the site wants it. */
import { join } from 'node:path'
import type { Config } from '../config/config.ts'
import type { Outbox } from '../domain/outbox.ts'
import { RECORDING_FILE } from '../recording/file/schema.ts'
import { createRecorder, type Recorder } from '../recording/recorder.ts'
import type { World } from './world.ts'

/** Undefined where nothing is to be recorded. */
export function recorderFor(
  { dataFolder, recording }: Pick<Config, 'dataFolder' | 'recording'>,
  { clock, log }: Pick<World, 'clock' | 'log'>,
  outbox: Pick<Outbox, 'append'>,
): Recorder | undefined {
  if (!recording) return undefined
  const file = join(dataFolder, RECORDING_FILE)
  const stored = () => outbox.append({ at: clock.now(), events: [], states: {} })
  return createRecorder({ file, bounds: recording, stored, clock, log })
}
