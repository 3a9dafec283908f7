/** The main thread's end of the links to a thread of ours: calls go there in their order, and each gets its answer. */
import type { Worker } from 'node:worker_threads'
import { type CallOutcome, OpenCalls } from './open-calls.ts'

/** A call on its way. */
export interface ThreadCall {
  /** Unique among all calls to this thread, over whichever link. */
  readonly id: number
  /** Which of the things in the thread is called, where there are several. */
  readonly about?: unknown
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

/** A link, as its thread sees it. Answers go to all: each knows which calls were its own. */
interface Caller {
  settle(answer: ThreadAnswer): void
  /** The thread has ended, and with it whatever this caller has asked. */
  threadEnded(cause: string): void
}

/**
 * A thread that several links may share. The first call starts it, and one that has ended is started again by the next call; it is ended
 * with the last of its links.
 */
export class CalledThread {
  readonly #start: () => Worker
  readonly #callers = new Set<Caller>()
  #worker: Worker | undefined
  #lastId = 0

  constructor(start: () => Worker) {
    this.#start = start
  }

  /** @returns the id of the call */
  post(caller: Caller, call: Omit<ThreadCall, 'id'>): number {
    this.#callers.add(caller)
    this.#worker ??= this.#started()
    this.#lastId += 1
    const numbered: ThreadCall = { id: this.#lastId, ...call }
    this.#worker.postMessage(numbered)
    return this.#lastId
  }

  /** This caller calls no more; what it has asked is not waited for. */
  async leave(caller: Caller): Promise<void> {
    const isLast = this.#callers.delete(caller) && this.#callers.size === 0
    if (!isLast) return
    const worker = this.#worker
    this.#worker = undefined
    await worker?.terminate()
  }

  #started(): Worker {
    const worker = this.#start()
    worker.unref()
    worker.on('message', (answer: ThreadAnswer) => {
      for (const caller of this.#callers) caller.settle(answer)
    })
    worker.on('error', (error) => this.#ended(worker, error.message))
    worker.on('exit', (code) => this.#ended(worker, `exit code ${code}`))
    return worker
  }

  /** A thread that breaks down tells it twice, by `error` and by `exit`; in between the next one may have been started. */
  #ended(worker: Worker, cause: string): void {
    if (this.#worker !== worker) return
    this.#worker = undefined
    for (const caller of this.#callers) caller.threadEnded(cause)
  }
}

interface LinkParts {
  readonly thread: CalledThread
  /** What is called, as messages name it: `the book of the feed`. */
  readonly owned: string
  /** Goes along with each call: which of the things in the thread is meant. */
  readonly about?: unknown
  /** What a caller is to throw for a fault. */
  readonly errorOf: (fault: ThreadFault) => Error
}

/** One link to a thread. Disposing it ends the link, and the thread with the last one. */
export class ThreadLink<Calls extends Record<keyof Calls, (...args: never[]) => unknown>>
  implements AsyncDisposable
{
  readonly #parts: LinkParts
  readonly #calls: OpenCalls<ThreadFault>
  readonly #caller: Caller

  constructor(parts: LinkParts) {
    this.#parts = parts
    this.#calls = new OpenCalls(parts.errorOf)
    this.#caller = {
      settle: ({ id, outcome }) => this.#calls.settle(id, outcome),
      threadEnded: (cause) => this.#failAll(`the thread of ${parts.owned} has ended: ${cause}`),
    }
  }

  /** @throws what the other thread could not do, as the link makes an error of it */
  call<Name extends keyof Calls & string>(
    name: Name,
    ...args: Parameters<Calls[Name]>
  ): Promise<ReturnType<Calls[Name]>> {
    const { thread, about } = this.#parts
    const id = thread.post(this.#caller, { ...(about !== undefined && { about }), name, args })
    return this.#calls.answerTo(id) as Promise<ReturnType<Calls[Name]>>
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.thread.leave(this.#caller)
    this.#failAll(`${this.#parts.owned} was closed`)
  }

  #failAll(message: string): void {
    this.#calls.failAll(this.#parts.errorOf({ message }))
  }
}
