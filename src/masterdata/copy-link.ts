/** The main thread's end of the line to the thread that owns the copy's file. */
import { Worker } from 'node:worker_threads'
import { StoreError } from '../domain/errors.ts'
import { OpenCalls, threadFile } from '../runtime/open-calls.ts'
import type { CopyAnswer, CopyCall, CopyCalls, CopyFault, CopySetup } from './messages.ts'

/** The code of whatever is wrong with the file of the copy. */
export const COPY_FAULT = 'masterdata-file'

/** The first call starts the thread, and one that has ended is started again by the next call. */
export class CopyLink implements AsyncDisposable {
  readonly #setup: CopySetup
  readonly #calls = new OpenCalls(storeError)
  #worker: Worker | undefined
  #lastId = 0

  constructor(setup: CopySetup) {
    this.#setup = setup
  }

  /** @throws StoreError what the other thread could not do */
  call<Name extends keyof CopyCalls>(
    name: Name,
    ...args: Parameters<CopyCalls[Name]>
  ): Promise<ReturnType<CopyCalls[Name]>> {
    this.#worker ??= this.#start()
    this.#lastId += 1
    const call: CopyCall = { id: this.#lastId, name, args }
    this.#worker.postMessage(call)
    return this.#calls.answerTo(call.id) as Promise<ReturnType<CopyCalls[Name]>>
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker?.terminate()
  }

  #start(): Worker {
    const worker = new Worker(threadFile(import.meta.url, './file/worker'), {
      workerData: this.#setup,
      name: 'masterdata',
    })
    worker.unref()
    worker.on('message', ({ id, outcome }: CopyAnswer) => this.#calls.settle(id, outcome))
    worker.on('error', (error) => this.#ended(worker, error.message))
    worker.on('exit', (code) => this.#ended(worker, `exit code ${code}`))
    return worker
  }

  /** Of a thread that broke down this comes twice; by the second time the next one may be at work. */
  #ended(worker: Worker, cause: string): void {
    if (this.#worker !== worker) return
    this.#worker = undefined
    this.#calls.failAll(storeError({ message: `the thread of the master data has ended: ${cause}` }))
  }
}

function storeError({ message, hint }: CopyFault): StoreError {
  return new StoreError(COPY_FAULT, message, { retryable: true, ...(hint === undefined ? {} : { hint }) })
}
