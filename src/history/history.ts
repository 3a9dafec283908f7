/**
 * The history of the machines on this gateway, made of the local log: kept up to date by a thread of files while the gateway runs,
 * and asked by whoever shows it. Nothing that is stored or delivered ever waits for it.
 */
import { dirname, join } from 'node:path'
import { storeErrorsOf } from '../domain/errors.ts'
import type { Outbox } from '../domain/outbox.ts'
import type { Clock } from '../runtime/clock.ts'
import { threadFile } from '../runtime/open-calls.ts'
import type { Service } from '../runtime/service.ts'
import type { CalledThread } from '../runtime/thread-link.ts'
import { FileLink, filesThread } from '../sqlite/files-thread/file-link.ts'
import type {
  HistoryCalls,
  HistoryFiles,
  HistoryQuestion,
  HistoryReach,
  MachineSums,
  MachineTimeline,
} from './messages.ts'
import type { HistoryRecord } from './records.ts'

/** The code of whatever keeps the history from being read. */
const HISTORY_FAULT = 'history-file'
/** Without a question, events are taken in together once they have come for so long: each writing wears a card. */
const FOLLOW_EVERY_MS = 10_000
/** A gateway that starts has its machines to read first. */
const START_AFTER_MS = 30_000
/**
 * Between two parts of a long log: whoever asks meanwhile is answered. For four times as long as a part took
 * the others have the processor: where what waits for central goes out meanwhile, that is worth more.
 */
const BETWEEN_PARTS_MIN_MS = 20
const TIMES_OF_A_PART = 4
/** Who asks waits for so many parts of the log at most; what is missing then stands in the answer. */
const PARTS_A_QUESTION = 4
const FROM_NOW_ON = Number.MAX_SAFE_INTEGER

interface HistoryParts {
  readonly files: HistoryFiles
  readonly outbox: Pick<Outbox, 'onStored'>
  readonly clock: Pick<Clock, 'now' | 'sleep'>
  /** Absent: one of its own. */
  readonly thread?: CalledThread | undefined
}

/** Running it keeps the history up to date; with the end of that its line to the thread ends. Its questions throw a StoreError where the log or the file cannot be read. */
export interface History extends Service, AsyncDisposable {
  timelines(question: HistoryQuestion): Promise<readonly MachineTimeline[]>
  sums(question: HistoryQuestion): Promise<readonly MachineSums[]>
  /** The last records of a machine, the newest first. @param beforeMs those that began before */
  lastRecords(machine: string, limit: number, beforeMs?: number): Promise<readonly HistoryRecord[]>
  /** How far it has come. */
  reach(): Promise<HistoryReach>
}

/** The file of the history stands beside the log that it is made of. */
export function historyBeside(log: string): HistoryFiles {
  return { file: join(dirname(log), 'history.db'), log }
}

/** Starts no thread before it is run or asked. */
export function createHistory({ files, outbox, clock, thread }: HistoryParts): History {
  const link = new HistoryLink(files, thread)
  let hasNews = true
  const stopListening = outbox.onStored(() => {
    hasNews = true
  })

  /** Takes in one part of what is new. @returns whether there is more of it that can be taken in now */
  async function followPart(): Promise<boolean> {
    hasNews = false
    try {
      const { missing, halted } = await link.call('follow')
      hasNews ||= missing > 0
      return missing > 0 && halted === null
    } catch (error) {
      // What is new is still to be taken in, though nothing else may come for days.
      hasNews = true
      throw error
    }
  }

  async function catchUp(): Promise<void> {
    for (let parts = 0; hasNews && parts < PARTS_A_QUESTION; parts += 1) if (!(await followPart())) return
  }

  async function follow(signal: AbortSignal): Promise<void> {
    await clock.sleep(START_AFTER_MS, signal)
    while (!signal.aborted) {
      const isMore = () => hasNews && !signal.aborted
      await whileMore({ isMore, takePart: followPart, clock }, signal)
      await clock.sleep(FOLLOW_EVERY_MS, signal)
    }
  }

  return {
    name: 'history',
    run: async (signal) => {
      const stopped = Promise.withResolvers<void>()
      // A stop does not wait for a disk that is stuck, nor for the end of the thread, which nothing depends on.
      const close = () => {
        void link[Symbol.asyncDispose]()
        stopped.resolve()
      }
      signal.addEventListener('abort', close, { once: true })
      const following = follow(signal).finally(() => signal.removeEventListener('abort', close))
      await Promise.race([following, stopped.promise])
      following.catch(() => undefined)
    },
    timelines: async (question) => {
      await catchUp()
      return await link.call('timelines', question)
    },
    sums: async (question) => {
      await catchUp()
      return await link.call('sums', question)
    },
    lastRecords: async (machine, limit, beforeMs = FROM_NOW_ON) => {
      await catchUp()
      return await link.call('lastRecords', machine, limit, beforeMs)
    },
    reach: () => link.call('follow'),
    [Symbol.asyncDispose]: async () => {
      stopListening()
      await link[Symbol.asyncDispose]()
    },
  }
}

interface TakingIn {
  readonly isMore: () => boolean
  /** @returns whether there is more that can be taken in now */
  readonly takePart: () => Promise<boolean>
  readonly clock: HistoryParts['clock']
}

/** Part by part, and some time for the others behind each. */
async function whileMore({ isMore, takePart, clock }: TakingIn, signal: AbortSignal): Promise<void> {
  while (isMore()) {
    const beganMs = clock.now().monoMs
    if (!(await takePart())) return
    const tookMs = clock.now().monoMs - beganMs
    await clock.sleep(Math.max(BETWEEN_PARTS_MIN_MS, TIMES_OF_A_PART * tookMs), signal)
  }
}

class HistoryLink extends FileLink<HistoryCalls, HistoryFiles> {
  constructor(setup: HistoryFiles, thread: CalledThread = filesThread('history')) {
    const module = threadFile(import.meta.url, './file/own')
    super({ thread, module, setup, owned: 'the history', errorOf: storeErrorsOf(HISTORY_FAULT) })
  }
}
