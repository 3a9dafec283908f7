/** The main thread's end of the line to the thread that owns the copy's file. */
import { Worker } from 'node:worker_threads'
import { StoreError } from '../domain/errors.ts'
import type { CopyAnswer, CopyCall, CopyCalls, CopySetup } from './messages.ts'

interface Waiting {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

/** The code of whatever is wrong with the file of the copy. */
export const COPY_FAULT = 'masterdata-file'

/** Starts the thread at once; the file is opened with the first call. A thread that ends is started again by the next one. */
export class CopyLink implements AsyncDisposable {
  readonly #setup: CopySetup
  readonly #waiting = new Map<number, Waiting>()
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
    return new Promise<unknown>((resolve, reject) =>
      this.#waiting.set(call.id, { resolve, reject }),
    ) as Promise<ReturnType<CopyCalls[Name]>>
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker?.terminate()
  }

  #start(): Worker {
    const worker = new Worker(workerUrl(), { workerData: this.#setup, name: 'masterdata' })
    worker.unref()
    worker.on('message', (answer: CopyAnswer) => this.#receive(answer))
    worker.on('error', (error) => this.#ended(error.message))
    worker.on('exit', (code) => this.#ended(`exit code ${code}`))
    return worker
  }

  #receive(answer: CopyAnswer): void {
    const waiting = this.#waiting.get(answer.id)
    this.#waiting.delete(answer.id)
    if (answer.ok) waiting?.resolve(answer.value)
    else waiting?.reject(fault(answer.fault.message, answer.fault.hint))
  }

  #ended(cause: string): void {
    this.#worker = undefined
    const error = fault(`the thread of the master data has ended: ${cause}`)
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
  }
}

function fault(message: string, hint?: string): StoreError {
  return new StoreError(COPY_FAULT, message, { retryable: true, ...(hint === undefined ? {} : { hint }) })
}

/** In the folder below, under the same ending: TypeScript as run from source, JavaScript as packaged. */
function workerUrl(): URL {
  const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  return new URL(`./file/worker.${ending}`, import.meta.url)
}
