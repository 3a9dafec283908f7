/**
 * A log as the campaigns open it, many thousand times: by the code that owns the file, without the thread around it, whose start takes
 * ten times as long as all the rest. Some of each campaign are opened with the thread, as the gateway does.
 */
import { FileCalls } from '../../src/buffer/file/file-calls.ts'
import { LogFile } from '../../src/buffer/file/log-file.ts'
import { GrowingGroup, packEntry } from '../../src/buffer/growing-group.ts'
import type { WorkerSetup } from '../../src/buffer/messages.ts'
import type { BufferOutbox } from '../../src/buffer/outbox.ts'
import { storedEvent } from '../../src/buffer/stored-event.ts'
import { rowsOf } from '../../src/buffer/stored-page.ts'
import { eventCodec } from '../../src/domain/events/index.ts'
import type { Consumer, OutboxEntry } from '../../src/domain/outbox.ts'
import type { Owner } from '../../src/domain/owner.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { reading } from '../../src/sqlite/store-fault.ts'
import { openTestOutbox, recordingLog } from '../support/buffer.ts'

/** What the campaigns ask of a log. */
export type LogUnderTest = Pick<
  BufferOutbox,
  | 'identity'
  | 'append'
  | 'states'
  | 'tail'
  | 'cursor'
  | 'oldestKept'
  | 'read'
  | 'losses'
  | typeof Symbol.asyncDispose
> & {
  /** What is wrong with the chain, or null. */
  chainFault(): Promise<string | null>
}

/** How a log is opened. */
export interface Opening {
  readonly file: string
  readonly consumers: readonly Consumer[]
  /** Gets every line that the gateway would log. */
  readonly said: (line: string) => void
  /** With the thread that owns it. */
  readonly inThread: boolean
}

/** Every so many logs of a campaign are opened with the thread. Each start takes as long as twenty logs without it. */
const THREAD_EVERY = 50

/** Whether a case of a campaign is opened with the thread. */
export function isInThread(index: number): boolean {
  return index % THREAD_EVERY === 0
}

/** @throws StoreError */
export async function openLogUnderTest(opening: Opening): Promise<LogUnderTest> {
  return opening.inThread ? await openInThread(opening) : new LogInProcess(opening)
}

async function openInThread({ file, consumers, said }: Opening): Promise<LogUnderTest> {
  const { log } = recordingLog(({ msg }) => said(msg))
  const outbox = await openTestOutbox({ file, consumers, log })
  const chainFault = async () => (await outbox.verifyChain())?.fault ?? null
  return Object.assign(outbox, { chainFault })
}

class LogInProcess implements LogUnderTest {
  readonly #file: LogFile
  readonly #calls: FileCalls
  #turn = 1

  constructor({ file, consumers, said }: Opening) {
    const setup: WorkerSetup = { file, consumers, maxBytes: 1024 ** 3, reserveBytes: 0 }
    this.#file = new LogFile(setup, {
      notify: ({ message }) => said(message),
      clock: systemClock,
    })
    this.#calls = new FileCalls(this.#file)
    this.#do(() => this.#file.use())
  }

  get identity() {
    return this.#do(() => this.#file.use().log.identity)
  }

  async append(entry: OutboxEntry): Promise<void> {
    const group = new GrowingGroup('boot')
    group.add(packEntry(entry, eventCodec.encode), { resolve: () => undefined, reject: () => undefined })
    this.#do(() => this.#calls.store(this.#turn, group))
    this.#turn += 1
  }

  async states(): Promise<Readonly<Record<Owner, unknown>>> {
    const states = this.#read(() => this.#calls.states())
    return Object.fromEntries(states.map(([owner, text]) => [owner, JSON.parse(text) as unknown]))
  }

  async tail() {
    return this.#read(() => this.#calls.tail())
  }

  async cursor(consumer: string) {
    return this.#read(() => this.#calls.cursor(consumer))
  }

  async oldestKept() {
    return this.#read(() => this.#calls.oldestKept())
  }

  async losses() {
    return this.#read(() => this.#calls.losses())
  }

  async read(afterSeq: number, limit: number, consumer?: string) {
    const page = this.#read(() => this.#calls.read(afterSeq, limit, consumer))
    return rowsOf(page).map((row) => storedEvent(row, eventCodec))
  }

  async chainFault(): Promise<string | null> {
    let page = this.#read(() => this.#calls.verify(undefined))
    while (!page.done) {
      const { upTo } = page
      page = this.#read(() => this.#calls.verify(upTo))
    }
    return page.fault
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#file.close()
  }

  #read<T>(question: () => T): T {
    return this.#do(() => reading(question))
  }

  #do<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      throw this.#file.fail(error)
    }
  }
}
