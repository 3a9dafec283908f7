/** A recorder for plays: a real file, written at the moments at which the play lets it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Instant } from '../../src/domain/instant.ts'
import { RECORDING_FILE } from '../../src/recording/file/schema.ts'
import { openStore, type RecordingStore } from '../../src/recording/file/store.ts'
import { openRecording, type Recording } from '../../src/recording/read-recording.ts'
import { createRecorder, type Recorder } from '../../src/recording/recorder.ts'
import type { Clock } from '../../src/runtime/clock.ts'
import { createLog } from '../../src/runtime/log.ts'

const BOUNDS = { retentionMs: 365 * 86_400_000, maxBytes: 1_000_000_000 }

/** Over all lives of the gateway of a play. */
export class PlayRecording implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'millrace-recording-'))
  readonly file = join(this.#folder, RECORDING_FILE)
  #store: RecordingStore | undefined
  #recorder: Recorder | undefined

  get recorder(): Recorder | undefined {
    return this.#recorder
  }

  /** A life of the gateway begins. */
  start(now: () => Instant): void {
    const store = openStore({ file: this.file, ...BOUNDS })
    this.#store = store
    const clock: Clock = { now, sleep: async () => {}, after: () => () => {} }
    const link = {
      call: async (_: 'write', batch: Parameters<RecordingStore['write']>[0]) => store.write(batch),
      [Symbol.asyncDispose]: async () => {},
    }
    this.#recorder = createRecorder({
      clock,
      log: createLog('silent'),
      link,
    })
  }

  /** What has come so far is written. */
  flush(): void {
    void this.#recorder?.flush()
  }

  end(how: 'stop' | 'kill'): void {
    if (how === 'stop') void this.#recorder?.run(AbortSignal.abort())
    this.#recorder = undefined
    this.#store?.close()
    this.#store = undefined
  }

  /** To be closed again. */
  read(): Recording {
    return openRecording(this.file)
  }

  [Symbol.dispose](): void {
    this.#store?.close()
    rmSync(this.#folder, { recursive: true })
  }
}
