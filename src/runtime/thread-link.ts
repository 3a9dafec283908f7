/** The main thread's end of the lines to a thread of ours: calls go there in their order, and each gets its answer. */
import type { Worker } from 'node:worker_threads'
import { type CallOutcome, OpenCalls } from './open-calls.ts'

/** A call on its way. */
export interface ThreadCall {
  /** Of all calls to this thread, over whichever line. */
  readonly id: number
  /** What the line is about, where several things are called in one thread. */
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

/** Who has a line to a thread. */
interface Line {
  settle(answer: ThreadAnswer): void
  /** The thread has ended, and with it whatever this line has asked. */
  threadEnded(cause: string): void
}

/**
 * A thread that several lines may share. The first call starts it, and one that has ended is started again by the next call; it is ended
 * with the last of its lines.
 */
export class CalledThread {
  readonly #start: () => Worker
  readonly #lines = new Set<Line>()
  #worker: Worker | undefined
  #lastId = 0

  constructor(start: () => Worker) {
    this.#start = start
  }

  /** @returns the id of the call */
  post(line: Line, call: Omit<ThreadCall, 'id'>): number {
    this.#lines.add(line)
    this.#worker ??= this.#started()
    this.#lastId += 1
    const numbered: ThreadCall = { id: this.#lastId, ...call }
    this.#worker.postMessage(numbered)
    return this.#lastId
  }

  /** This line calls no more; what it has asked is not waited for. */
  async leave(line: Line): Promise<void> {
    const isLast = this.#lines.delete(line) && this.#lines.size === 0
    if (!isLast) return
    const worker = this.#worker
    this.#worker = undefined
    await worker?.terminate()
  }

  #started(): Worker {
    const worker = this.#start()
    worker.unref()
    worker.on('message', (answer: ThreadAnswer) => {
      for (const line of this.#lines) line.settle(answer)
    })
    worker.on('error', (error) => this.#ended(worker, error.message))
    worker.on('exit', (code) => this.#ended(worker, `exit code ${code}`))
    return worker
  }

  /** Of a thread that broke down this comes twice; by the second time the next one may be at work. */
  #ended(worker: Worker, cause: string): void {
    if (this.#worker !== worker) return
    this.#worker = undefined
    for (const line of this.#lines) line.threadEnded(cause)
  }
}

interface LinkedThread {
  readonly thread: CalledThread
  /** What is called, as messages name it: `the book of the feed`. */
  readonly owned: string
  /** Goes along with each call: which of the things in the thread is meant. */
  readonly about?: unknown
  /** What a caller is to throw for a fault. */
  readonly errorOf: (fault: ThreadFault) => Error
}

/** One line to a thread. Disposing it ends the line, and the thread with the last one. */
export class ThreadLink<Calls extends Record<keyof Calls, (...args: never[]) => unknown>>
  implements AsyncDisposable
{
  readonly #linked: LinkedThread
  readonly #calls: OpenCalls<ThreadFault>
  readonly #line: Line

  constructor(linked: LinkedThread) {
    this.#linked = linked
    this.#calls = new OpenCalls(linked.errorOf)
    this.#line = {
      settle: ({ id, outcome }) => this.#calls.settle(id, outcome),
      threadEnded: (cause) => this.#failAll(`the thread of ${linked.owned} has ended: ${cause}`),
    }
  }

  /** @throws what the other thread could not do, as the link makes an error of it */
  call<Name extends keyof Calls & string>(
    name: Name,
    ...args: Parameters<Calls[Name]>
  ): Promise<ReturnType<Calls[Name]>> {
    const { thread, about } = this.#linked
    const id = thread.post(this.#line, { ...(about !== undefined && { about }), name, args })
    return this.#calls.answerTo(id) as Promise<ReturnType<Calls[Name]>>
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#linked.thread.leave(this.#line)
    this.#failAll(`${this.#linked.owned} was closed`)
  }

  #failAll(message: string): void {
    this.#calls.failAll(this.#linked.errorOf({ message }))
  }
}
