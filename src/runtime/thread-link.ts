/** The main thread's end of the line to a thread that owns a file: calls go there in their order, and each gets its answer. */
import type { Worker } from 'node:worker_threads'
import { type CallOutcome, OpenCalls } from './open-calls.ts'

/** A call on its way. */
export interface ThreadCall {
  readonly id: number
  readonly name: string
  readonly args: readonly unknown[]
}

/** What the other thread could not do, in words. */
export interface ThreadFault {
  readonly message: string
  readonly hint?: string
}

/** What became of a call. */
export interface ThreadAnswer {
  /** The call's id. */
  readonly id: number
  readonly outcome: CallOutcome<ThreadFault>
}

interface LinkedThread {
  /** As messages name what it owns: `the book of the feed`. */
  readonly owned: string
  readonly start: () => Worker
  /** What a caller is to throw for a fault. */
  readonly errorOf: (fault: ThreadFault) => Error
}

/** The first call starts the thread, and one that has ended is started again by the next call. Disposing it ends the thread. */
export class ThreadLink<Calls extends Record<keyof Calls, (...args: never[]) => unknown>>
  implements AsyncDisposable
{
  readonly #thread: LinkedThread
  readonly #calls: OpenCalls<ThreadFault>
  #worker: Worker | undefined
  #lastId = 0

  constructor(thread: LinkedThread) {
    this.#thread = thread
    this.#calls = new OpenCalls(thread.errorOf)
  }

  /** @throws what the other thread could not do, as the link makes an error of it */
  call<Name extends keyof Calls & string>(
    name: Name,
    ...args: Parameters<Calls[Name]>
  ): Promise<ReturnType<Calls[Name]>> {
    this.#worker ??= this.#start()
    this.#lastId += 1
    const call: ThreadCall = { id: this.#lastId, name, args }
    this.#worker.postMessage(call)
    return this.#calls.answerTo(call.id) as Promise<ReturnType<Calls[Name]>>
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const worker = this.#worker
    this.#worker = undefined
    await worker?.terminate()
    this.#failAll(`${this.#thread.owned} was closed`)
  }

  #start(): Worker {
    const worker = this.#thread.start()
    worker.unref()
    worker.on('message', ({ id, outcome }: ThreadAnswer) => this.#calls.settle(id, outcome))
    worker.on('error', (error) => this.#ended(worker, error.message))
    worker.on('exit', (code) => this.#ended(worker, `exit code ${code}`))
    return worker
  }

  /** Of a thread that broke down this comes twice; by the second time the next one may be at work. */
  #ended(worker: Worker, cause: string): void {
    if (this.#worker !== worker) return
    this.#worker = undefined
    this.#failAll(`the thread of ${this.#thread.owned} has ended: ${cause}`)
  }

  #failAll(message: string): void {
    this.#calls.failAll(this.#thread.errorOf({ message }))
  }
}
