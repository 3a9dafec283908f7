/** The thread that judges texts within the whole set and completes words, so that no poll waits for it. */
import { parentPort, workerData } from 'node:worker_threads'
import type { CallOutcome } from '../../../runtime/open-calls.ts'
import type { ThreadAnswer, ThreadCall, ThreadFault } from '../../../runtime/thread-link.ts'
import { type JudgingCalls, type JudgingSetup, judgingCalls } from './judging-calls.ts'

const calls = judgingCalls(workerData as JudgingSetup)

parentPort?.on('message', (call: ThreadCall) => {
  const answer: ThreadAnswer = { id: call.id, outcome: outcomeOf(call) }
  parentPort?.postMessage(answer)
})

function outcomeOf({ name, args }: ThreadCall): CallOutcome<ThreadFault> {
  try {
    const method = calls[name as keyof JudgingCalls] as (...args: readonly unknown[]) => unknown
    return { ok: true, value: method(...args) }
  } catch (error) {
    return { ok: false, fault: { message: error instanceof Error ? error.message : String(error) } }
  }
}
