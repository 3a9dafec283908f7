/**
 * The one owner of the stop: everything between the signal and the end of the process shares five seconds.
 *
 * The stages of a stop follow one another. Each is sure of a share and gets, besides, whatever those before it left over;
 * so a stage may be generous while the others are quick, and the sum can never exceed the whole. What does not end in its
 * time is left behind, and named.
 */
import type { Clock } from './clock.ts'
import { within as bounded } from './within.ts'

/** From the signal to the end of the process, as the README promises it. */
export const STOP_MAX_MS = 5_000

/** The stages in their order, with the time in ms that each is sure to get, whatever the ones before it did. */
const SHARES_MS = {
  /** Closing all links at once. OPC UA needs 2.5 s where the server is silent. */
  devices: 2_600,
  /** The last change of status, and when each machine was last seen. */
  derivation: 100,
  /** The last events on their way to central, if central is there. */
  'last push': 200,
  /** The health endpoint, and the file that announces it. */
  console: 100,
  /** The batch that is still under way then: its outcome is worth knowing. */
  'batch in flight': 300,
  /** Closing the session with central. */
  goodbye: 200,
  /** Ending the uploader, once it has given up whatever it waited for. */
  uploader: 100,
  /** Storing the events that still wait for the disk. */
  'last commits': 700,
  /** Moving the write-ahead log into the file, and ending the thread that owns it. */
  'log file': 500,
  /** Ending the process itself: sockets that libraries still hold open. */
  exit: 200,
} as const

/** A stage of the stop, by its name in logs. */
export type StopStage = keyof typeof SHARES_MS

/** The time of one stop. */
export interface StopBudget {
  /** Aborted when a stop is asked for. */
  readonly signal: AbortSignal
  /** What a stage may still take, in ms: the rest of the whole, without the shares of the stages behind it. */
  leftMs(stage: StopStage): number
  /**
   * Waits for the end of something, as long as its stage may take.
   * @returns whether it ended in time
   * @throws what `ending` ended with, if it was in time
   */
  within(stage: StopStage, ending: Promise<unknown>): Promise<boolean>
  /** For `await using`: ends something when its scope is left, and waits for it as long as the stage may take. */
  atEnd(stage: StopStage, end: () => PromiseLike<unknown>): AsyncDisposable
  /**
   * The outcome of something that is not worth waiting for once a stop is asked for, such as a part of the start.
   * @throws the signal's reason after the abort
   */
  unlessStopped<T>(operation: Promise<T>): Promise<T>
}

/**
 * Time runs from the abort of the signal on; without one, from the first call (a gateway that fails also stops).
 * @param unfinished where the stages that have begun and not ended are named, for the last words of the process
 */
export function createStopBudget(
  signal: AbortSignal,
  clock: Clock,
  unfinished: Set<string> = new Set(),
): StopBudget {
  let endMs: number | undefined
  const end = (): number => {
    endMs ??= clock.now().monoMs + STOP_MAX_MS
    return endMs
  }
  if (signal.aborted) end()
  else signal.addEventListener('abort', end, { once: true })
  const leftMs = (stage: StopStage) => Math.max(0, end() - clock.now().monoMs - sharesBehind(stage))

  // Several things may end in one stage, one after the other: that the next has ended says nothing of one that was left behind.
  const underWay: StopStage[] = []
  const isOver = (stage: StopStage) => {
    underWay.splice(underWay.indexOf(stage), 1)
    if (!underWay.includes(stage)) unfinished.delete(stage)
  }

  async function within(stage: StopStage, ending: Promise<unknown>): Promise<boolean> {
    underWay.push(stage)
    unfinished.add(stage)
    const ended = ending.then(() => true).finally(() => isOver(stage))
    return bounded(ended, { clock, maxMs: leftMs(stage) }, () => false)
  }

  const atEnd = (stage: StopStage, work: () => PromiseLike<unknown>) => ({
    [Symbol.asyncDispose]: async () => {
      await within(stage, Promise.resolve(work()))
    },
  })
  const unlessStopped = <T>(operation: Promise<T>) =>
    bounded(operation, { clock, signal }, () => {
      throw signal.reason
    })
  return { signal, leftMs, within, atEnd, unlessStopped }
}

function sharesBehind(stage: StopStage): number {
  const stages = Object.keys(SHARES_MS) as StopStage[]
  const behind = stages.slice(stages.indexOf(stage) + 1)
  return behind.reduce((sum, other) => sum + SHARES_MS[other], 0)
}
