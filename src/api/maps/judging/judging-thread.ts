/** The main thread's end of the line to the thread that judges texts. The thread is there only while somebody edits. */
import { Worker } from 'node:worker_threads'
import { GatewayError } from '../../../domain/errors.ts'
import type { CompletedWords } from '../../../maps/edit/completion/complete.ts'
import type { DraftJudgement, SubjectEffect } from '../../../maps/edit/judge-draft.ts'
import type { DraftJudge } from '../../../maps/edit/map-editor.ts'
import type { Clock } from '../../../runtime/clock.ts'
import { threadFile } from '../../../runtime/open-calls.ts'
import { CalledThread, ownThread, ThreadLink } from '../../../runtime/thread-link.ts'
import { within } from '../../../runtime/within.ts'
import type { JudgingCalls, JudgingSetup } from './judging-calls.ts'

/** The patterns of a scanner's rules are compared with each other, which can take seconds. */
const ANSWER_MAX_MS = 30_000
/** The thread takes tens of MB; so long after the last call it is ended. */
const IDLE_MS = 5 * 60_000

/** What could not be judged. */
export class JudgingFault extends GatewayError {
  override readonly name = 'JudgingFault'
  readonly retryable = true
  constructor(message: string) {
    super('map-judging', message, { hint: 'try again; the log says more' })
  }
}

/** One for each gateway. Disposing it ends the thread. */
export class JudgingThread implements DraftJudge, AsyncDisposable {
  readonly #clock: Pick<Clock, 'after'>
  readonly #link: ThreadLink<JudgingCalls>
  #endIdle: () => void = () => undefined

  constructor(setup: JudgingSetup, clock: Pick<Clock, 'after'>) {
    const file = threadFile(import.meta.url, './worker')
    this.#clock = clock
    this.#link = new ThreadLink<JudgingCalls>({
      thread: new CalledThread(ownThread(() => new Worker(file, { workerData: setup, name: 'map texts' }))),
      owned: 'texts of device maps',
      errorOf: ({ message }) => new JudgingFault(message),
    })
  }

  draft(name: string, text: string): Promise<DraftJudgement> {
    return this.#answer(this.#link.call('draft', name, text))
  }

  removal(name: string): Promise<readonly SubjectEffect[]> {
    return this.#answer(this.#link.call('removal', name))
  }

  complete(name: string, text: string, offset: number): Promise<CompletedWords> {
    return this.#answer(this.#link.call('complete', name, text, offset))
  }

  /** Somebody has opened a text: the thread starts before it is needed. */
  warmUp(): void {
    this.#answer(this.#link.call('warmUp')).catch(() => undefined)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#endIdle()
    await this.#link[Symbol.asyncDispose]()
  }

  async #answer<T>(call: Promise<T>): Promise<T> {
    this.#endIdle()
    try {
      return await within(call, { clock: this.#clock, maxMs: ANSWER_MAX_MS }, () => this.#giveUp())
    } finally {
      this.#endIdle()
      this.#endIdle = this.#clock.after(IDLE_MS, () => void this.#link[Symbol.asyncDispose]())
    }
  }

  /** A thread that never answers is of no use to the next call either. */
  #giveUp(): never {
    void this.#link[Symbol.asyncDispose]()
    throw new JudgingFault(`the text could not be judged within ${ANSWER_MAX_MS / 1_000} s`)
  }
}
