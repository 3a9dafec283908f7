/** Answers calls to files in SQLite, in a thread of files or in one that has other work as well. */
import type { MessagePort } from 'node:worker_threads'
import { releaseGarbageOfStart } from '../../runtime/memory.ts'
import type { CallOutcome } from '../../runtime/open-calls.ts'
import type { ThreadAnswer, ThreadCall, ThreadFault } from '../../runtime/thread-link.ts'
import { storeFault } from '../store-fault.ts'
import type { CalledStore, FileAddress, OwnedFile, OwnFile } from './owned-file.ts'

/** One of the files. It is opened by the first call, and again by the next one where it could not be used. */
class CalledFile {
  readonly #owned: OwnedFile
  #store: CalledStore | undefined

  constructor(owned: OwnedFile) {
    this.#owned = owned
  }

  outcomeOf({ name, args }: ThreadCall): CallOutcome<ThreadFault> {
    try {
      this.#store ??= this.#owned.open()
      const method = this.#store[name as keyof CalledStore] as (...args: readonly unknown[]) => unknown
      return { ok: true, value: method.apply(this.#store, [...args]) }
    } catch (error) {
      this.#giveUp()
      const { message, hint } = storeFault(this.#owned, error)
      return { ok: false, fault: { message, ...(hint === undefined ? {} : { hint }) } }
    }
  }

  #giveUp(): void {
    try {
      this.#store?.close()
    } catch {
      // What made the call fail makes closing fail as well.
    }
    this.#store = undefined
  }
}

/** Answers whatever comes through this port, in the order in which it comes. */
export function serveFiles(port: MessagePort): void {
  const files = new Map<string, CalledFile>()
  /** Settles once every call so far has its answer. */
  let answered = Promise.resolve()

  port.on('message', (call: ThreadCall) => {
    answered = answered.then(() => answer(call))
  })

  async function answer(call: ThreadCall): Promise<void> {
    const message: ThreadAnswer = { id: call.id, outcome: await outcomeOf(call) }
    port.postMessage(message)
  }

  async function outcomeOf(call: ThreadCall): Promise<CallOutcome<ThreadFault>> {
    const address = call.about as FileAddress
    try {
      const file = files.get(address.setup.file) ?? (await calledFile(address))
      files.set(address.setup.file, file)
      return file.outcomeOf(call)
    } catch (error) {
      // Part of the program cannot be loaded, which the other files of this thread have nothing to do with.
      return { ok: false, fault: { message: error instanceof Error ? error.message : String(error) } }
    }
  }
}

async function calledFile({ module, setup }: FileAddress): Promise<CalledFile> {
  const { own } = (await import(module)) as { readonly own: OwnFile<FileAddress['setup']> }
  releaseGarbageOfStart()
  return new CalledFile(own(setup))
}
