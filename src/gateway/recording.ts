/** What is recorded of all machines, as the site wants it. */
import { join } from 'node:path'
import type { Config } from '../config/config.ts'
import type { Outbox } from '../domain/outbox.ts'
import { RECORDING_FILE } from '../recording/file/schema.ts'
import { createRecorder, type Recorder } from '../recording/recorder.ts'
import { RecordingLink } from '../recording/recording-link.ts'
import type { CalledThread } from '../runtime/thread-link.ts'
import type { World } from './world.ts'

/** Undefined where nothing is to be recorded. */
export function recorderFor(
  { dataFolder, recording }: Pick<Config, 'dataFolder' | 'recording'>,
  { clock, log }: Pick<World, 'clock' | 'log'>,
  outbox: Pick<Outbox, 'append'>,
  thread: CalledThread,
): Recorder | undefined {
  if (!recording) return undefined
  const file = join(dataFolder, RECORDING_FILE)
  const stored = () => outbox.append({ at: clock.now(), events: [], states: {} })
  const link = new RecordingLink({ file, ...recording }, thread)
  return createRecorder({ link, stored, clock, log })
}
