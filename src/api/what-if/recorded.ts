/** Which machines are recorded, and since when: asked of the recording by a thread of its own, so that no poll waits for the disk. */
import { Worker } from 'node:worker_threads'
import { ApiRefusal } from '../../console/refusal.ts'
import { oneAnswer } from '../../runtime/one-answer.ts'
import { threadFile } from '../../runtime/open-calls.ts'

const ANSWER_MAX_MS = 30_000
const MEMORY_MAX_MB = 64

/** The machine, and when its oldest segment began, ms since 1970. */
export type RecordedMachine = readonly [machine: string, fromMs: number]

/**
 * None, as long as nothing has been recorded. However many ask, one thread is there at a time.
 * @param file of the recording
 */
export function recordedBeside(file: string): () => Promise<readonly RecordedMachine[]> {
  let asked: Promise<readonly RecordedMachine[]> | undefined
  return () => {
    asked ??= recordedSince(file).finally(() => {
      asked = undefined
    })
    return asked
  }
}

/** @throws ApiRefusal where the disk does not answer */
async function recordedSince(file: string): Promise<readonly RecordedMachine[]> {
  const worker = new Worker(threadFile(import.meta.url, './recorded-worker'), {
    workerData: file,
    name: 'recorded',
    resourceLimits: { maxOldGenerationSizeMb: MEMORY_MAX_MB },
  })
  const tooLong = AbortSignal.timeout(ANSWER_MAX_MS)
  try {
    return await oneAnswer<readonly RecordedMachine[]>(worker, tooLong)
  } catch (error) {
    if (!tooLong.aborted) throw error
    const what = `the recording could not be read within ${ANSWER_MAX_MS / 1_000} s`
    throw new ApiRefusal(503, 'recording-silent', what, { hint: 'the disk does not answer; try again later' })
  }
}
