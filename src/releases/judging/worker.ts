/** The thread that judges a release, so that no poll waits for it. */
import { parentPort, workerData } from 'node:worker_threads'
import type { CallOutcome } from '../../runtime/open-calls.ts'
import type { ThreadAnswer, ThreadCall, ThreadFault } from '../../runtime/thread-link.ts'
import { judgeRelease, type ReleaseJudging } from './judge-release.ts'

parentPort?.on('message', ({ id, args: [release] }: ThreadCall) => {
  const answer: ThreadAnswer = { id, outcome: outcomeOf(String(release)) }
  parentPort?.postMessage(answer)
})

function outcomeOf(release: string): CallOutcome<ThreadFault> {
  try {
    return { ok: true, value: judgeRelease(release, workerData as ReleaseJudging) }
  } catch (error) {
    return { ok: false, fault: { message: error instanceof Error ? error.message : String(error) } }
  }
}
