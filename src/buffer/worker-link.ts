/** The main thread's end of the line to the thread that owns the file. */
import { MessageChannel, Worker } from 'node:worker_threads'
import { StoreError } from '../domain/errors.ts'
import type { StopBudget } from '../runtime/budget.ts'
import type { Log } from '../runtime/log.ts'
import { OpenCalls, threadFile } from '../runtime/open-calls.ts'
import type { CalledEnd, CallersEnd, ThreadAnswer } from '../runtime/thread-link.ts'
import type {
  Call,
  CallAnswer,
  CallFault,
  FilesLine,
  LogCalls,
  LogSnapshot,
  Notice,
  WorkerSetup,
} from './messages.ts'

/** The id of the first answer, for which there is no call: the file is open, or cannot be opened. */
const OPENING = 0

/** Calls the other thread, and keeps what it said of the log with its last answer. */
export class WorkerLink implements Disposable {
  readonly #worker: Worker
  readonly #log: Log
  readonly #calls = new OpenCalls(storeError)
  #lastId = OPENING
  #snapshot: LogSnapshot | undefined
  #gone: StoreError | undefined
  readonly #ended = Promise.withResolvers<StoreError>()
  #isEnding = false
  /** Who is served by the thread besides the log. */
  readonly #others = new Set<CallersEnd>()
  /** The log needs the thread no longer; the others may. */
  #isLeft = false

  /** Starts the thread, which loads its program and touches no file before it is told which. */
  constructor(log: Log) {
    this.#log = log
    this.#worker = new Worker(threadFile(import.meta.url, './file/worker'), { name: 'buffer' })
    this.#worker.on('message', (message: CallAnswer | Notice) => this.#receive(message))
    this.#worker.on('error', (error) => this.#end(error.message))
    this.#worker.on('exit', (code) => this.#end(`exit code ${code}`))
  }

  /**
   * Lets the thread open the file, and waits until it has. To be called once.
   * @throws StoreError when the file cannot be used
   * @throws the reason of the stop, when one was asked for meanwhile
   */
  async open(setup: WorkerSetup, budget: StopBudget): Promise<void> {
    try {
      if (this.#gone) throw this.#gone
      const opened = this.#calls.answerTo(OPENING)
      this.#worker.postMessage(setup)
      await budget.unlessStopped(opened)
    } catch (error) {
      await budget.within('log file', this.end())
      throw error
    }
  }

  /** The log as of the last answer. */
  get snapshot(): LogSnapshot {
    if (!this.#snapshot) throw new Error('the buffer thread answered without a snapshot')
    return this.#snapshot
  }

  /** Resolves if the thread ends though nobody ended it. */
  get endedByItself(): Promise<StoreError> {
    return this.#ended.promise
  }

  /** @throws StoreError what the other thread could not do */
  call<Name extends keyof LogCalls>(
    name: Name,
    ...args: Parameters<LogCalls[Name]>
  ): Promise<ReturnType<LogCalls[Name]>> {
    if (this.#gone) return Promise.reject(this.#gone)
    this.#lastId += 1
    const call: Call = { id: this.#lastId, name, args }
    this.#worker.postMessage(call)
    return this.#calls.answerTo(call.id) as Promise<ReturnType<LogCalls[Name]>>
  }

  /**
   * A line over which the thread answers calls to other files, in turns with those to the log: for files of which no call takes longer
   * than a commit. The thread lasts until the line is ended, unless {@link WorkerLink.end} ends both.
   * @returns undefined where the thread has ended
   */
  lineToFiles(callers: CallersEnd): CalledEnd | undefined {
    if (this.#gone || this.#isEnding) return undefined
    const { port1: near, port2: far } = new MessageChannel()
    const line: FilesLine = { files: far }
    this.#worker.postMessage(line, [far])
    near.on('message', (answer: ThreadAnswer) => callers.answer(answer))
    near.unref()
    this.#others.add(callers)
    return {
      post: (call) => near.postMessage(call),
      end: async () => {
        near.close()
        this.#others.delete(callers)
        if (this.#isLeft) await this.leave()
      },
    }
  }

  /** The log is closed: the thread ends, once nobody else is served by it. */
  async leave(): Promise<void> {
    this.#isLeft = true
    if (this.#others.size === 0) await this.end()
    else this.#worker.unref()
  }

  /** Ends the thread. A write that the disk has not finished cannot be interrupted; then the thread ends after it. */
  async end(): Promise<void> {
    this.#isEnding = true
    this.#endOthers('it was ended')
    this.#worker.unref()
    await this.#worker.terminate()
  }

  /** The same, for whoever does not wait for it. */
  [Symbol.dispose](): void {
    void this.end()
  }

  #receive(message: CallAnswer | Notice): void {
    if (message.kind === 'notice') {
      this.#log[message.level](message.fields, message.message)
      return
    }
    this.#snapshot = message.snapshot ?? this.#snapshot
    this.#calls.settle(message.id, message.outcome)
  }

  #end(cause: string): void {
    this.#gone ??= new StoreError('buffer-thread', `the buffer's thread has ended: ${cause}`, {
      retryable: false,
      hint: 'the gateway has to be started again; it goes on with what is on disk',
    })
    this.#calls.failAll(this.#gone)
    this.#endOthers(cause)
    if (!this.#isEnding) this.#ended.resolve(this.#gone)
  }

  #endOthers(cause: string): void {
    for (const other of this.#others) other.ended(cause)
    this.#others.clear()
  }
}

function storeError({ code, message, hint, retryable }: CallFault): StoreError {
  return new StoreError(code, message, { retryable, ...(hint === undefined ? {} : { hint }) })
}
