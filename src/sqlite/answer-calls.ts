/**
 * The other end of a thread link (`runtime/thread-link.ts`): a thread that owns a file in SQLite answers calls in their order, so that a
 * slow disk delays no poll.
 */
import { parentPort } from 'node:worker_threads'
import type { CallOutcome } from '../runtime/open-calls.ts'
import type { ThreadAnswer, ThreadCall, ThreadFault } from '../runtime/thread-link.ts'
import { storeFault } from './store-fault.ts'

/** What the thread owns. */
interface OwnedFile<Store> {
  /** What the file is to the gateway, as errors name it. */
  readonly name: string
  readonly file: string
  readonly open: () => Store
}

/** Called once in a thread, at its start. The file is opened with the first call. */
export function answerCalls<Store extends { close(): void }>(owned: OwnedFile<Store>): void {
  let store: Store | undefined

  /** A file that cannot be used now, such as on a full disk, is opened again with the next call. */
  function outcomeOf({ name, args }: ThreadCall): CallOutcome<ThreadFault> {
    try {
      store ??= owned.open()
      const method = store[name as keyof Store] as (...args: readonly unknown[]) => unknown
      return { ok: true, value: method.apply(store, [...args]) }
    } catch (error) {
      giveUpFile()
      const { message, hint } = storeFault(owned, error)
      return { ok: false, fault: { message, ...(hint === undefined ? {} : { hint }) } }
    }
  }

  function giveUpFile(): void {
    try {
      store?.close()
    } catch {
      // What made the call fail makes closing fail as well.
    }
    store = undefined
  }

  parentPort?.on('message', (call: ThreadCall) => {
    const answer: ThreadAnswer = { id: call.id, outcome: outcomeOf(call) }
    parentPort?.postMessage(answer)
  })
}
