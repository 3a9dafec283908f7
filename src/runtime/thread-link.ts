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

/** The other end of the links, as long as it lasts. */
export interface CalledEnd {
  post(call: ThreadCall): void
  /** Nobody calls any more. */
  end(): Promise<unknown>
}

/** The callers' end: what the other one tells. */
export interface CallersEnd {
  answer(answer: ThreadAnswer): void
  /** The other end has ended by itself, and answers nothing more. May be told more than once. */
  ended(cause: string): void
}

/** A thread that does nothing but answer these calls. */
export function ownThread(start: () => Worker): (callers: CallersEnd) => CalledEnd {
  return (callers) => {
    const worker = start()
    worker.unref()
    worker.on('message', (answer: ThreadAnswer) => callers.answer(answer))
    worker.on('error', (error) => callers.ended(error.message))
    worker.on('exit', (code) => callers.ended(`exit code ${code}`))
    return { post: (call) => worker.postMessage(call), end: () => worker.terminate() }
  }
}

/**
 * A thread that several links may share. The first call starts it, and one that has ended is started again by the next call; it is ended
 * with the last of its links.
 */
export class CalledThread {
  readonly #start: (callers: CallersEnd) => CalledEnd
  readonly #callers = new Set<Caller>()
  #end: CalledEnd | undefined
  #lastId = 0

  constructor(start: (callers: CallersEnd) => CalledEnd) {
    this.#start = start
  }

  /** @returns the id of the call */
  post(caller: Caller, call: Omit<ThreadCall, 'id'>): number {
    this.#callers.add(caller)
    this.#end ??= this.#started()
    this.#lastId += 1
    const numbered: ThreadCall = { id: this.#lastId, ...call }
    this.#end.post(numbered)
    return this.#lastId
  }

  /** This caller calls no more; what it has asked is not waited for. */
  async leave(caller: Caller): Promise<void> {
    const isLast = this.#callers.delete(caller) && this.#callers.size === 0
    if (!isLast) return
    const end = this.#end
    this.#end = undefined
    await end?.end()
  }

  #started(): CalledEnd {
    const end = this.#start({
      answer: (answer) => {
        for (const caller of this.#callers) caller.settle(answer)
      },
      ended: (cause) => this.#ended(end, cause),
    })
    return end
  }

  /** A thread that breaks down tells it twice; in between the next one may have been started. */
  #ended(end: CalledEnd, cause: string): void {
    if (this.#end !== end) return
    this.#end = undefined
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
