/** The thread that owns the copy's file, so that a slow disk delays no poll and no other scan: answers calls in order. */
import { parentPort, workerData } from 'node:worker_threads'
import type { CallOutcome } from '../../runtime/open-calls.ts'
import { storeFault } from '../../sqlite/store-fault.ts'
import type { CopyAnswer, CopyCall, CopyFault, CopySetup } from '../messages.ts'
import { type Copy, MASTERDATA, openCopy } from './copy.ts'

const setup = workerData as CopySetup
let copy: Copy | undefined

parentPort?.on('message', (call: CopyCall) => {
  const answer: CopyAnswer = { id: call.id, outcome: outcomeOf(call) }
  parentPort?.postMessage(answer)
})

/** A file that cannot be used now, such as on a full disk, is opened again with the next call. */
function outcomeOf({ name, args }: CopyCall): CallOutcome<CopyFault> {
  try {
    copy ??= openCopy(setup.file, setup.whose)
    const method = copy[name] as (...args: readonly unknown[]) => unknown
    return { ok: true, value: method.apply(copy, [...args]) }
  } catch (error) {
    giveUpFile()
    const { message, hint } = storeFault({ name: MASTERDATA, file: setup.file }, error)
    return { ok: false, fault: { message, ...(hint === undefined ? {} : { hint }) } }
  }
}

function giveUpFile(): void {
  try {
    copy?.close()
  } catch {
    // What made the call fail makes closing fail as well.
  }
  copy = undefined
}
