/** Opens a damaged log as the gateway does, reads all of it, goes on with it, and opens it once more. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { StoreError } from '../../../src/domain/errors.ts'
import { eventCodec } from '../../../src/domain/events/index.ts'
import type { LogIdentity, Loss, StoredEvent } from '../../../src/domain/outbox.ts'
import { entry } from '../../support/entries.ts'
import { type LogUnderTest, type Opening, openLogUnderTest } from '../log-under-test.ts'
import { CONSUMERS, LOG_FILE, type LogContent, readLog } from './written-logs.ts'

/** A log after it was opened and gone on with. */
export interface OpenedLog {
  readonly identity: LogIdentity
  readonly content: LogContent
  /** The event that was appended to it. */
  readonly appendedSeq: number
  readonly losses: readonly Loss[]
  readonly setAside: readonly string[]
  /** Whether the gateway's log says that there may be more lost than it can name. */
  readonly saysMoreMayBeLost: boolean
  /** What is wrong with how it answers, whatever is in it. */
  readonly faults: readonly string[]
}

/** Reading may find damage too; then the log is replaced, and everything is read again. */
const READINGS_MAX = 3
const PAGE_ROWS = 100

/** @throws StoreError where it cannot be opened, read or gone on with */
export async function openAndGoOn(folder: string, inThread: boolean): Promise<OpenedLog> {
  const lines: string[] = []
  const opening = {
    file: join(folder, LOG_FILE),
    consumers: CONSUMERS,
    said: (line: string) => lines.push(line),
    inThread,
  }
  const first = await useOnce(opening, async (outbox) => {
    const events = await readAll(outbox)
    const losses = await outbox.losses()
    await outbox.append({ ...entry(9_999), states: {} })
    const chainFault = await outbox.chainFault()
    return {
      identity: outbox.identity,
      events,
      losses,
      tail: await outbox.tail(),
      chainFault,
      ...(await rest(outbox)),
    }
  })
  const content = readLog(join(folder, LOG_FILE))
  const setAside = damagedFolders(folder)
  const second = await useOnce(opening, async (outbox) => ({
    identity: outbox.identity,
    events: await readAll(outbox),
    losses: await outbox.losses(),
    ...(await rest(outbox)),
  }))
  const faults = [
    ...(first.chainFault ? [`the chain is broken: ${first.chainFault}`] : []),
    ...readingFaults([...first.events, ...second.events.slice(first.events.length)], content),
    ...(isDeepStrictEqual(second.identity, first.identity) ? [] : ['the second opening finds another log']),
    ...(isDeepStrictEqual(second.events.slice(0, -1), first.events)
      ? []
      : ['the second opening reads other events']),
    ...(isDeepStrictEqual(second.states, first.states) ? [] : ['the second opening finds other states']),
    ...(isDeepStrictEqual(second.cursors, first.cursors) ? [] : ['the second opening finds other cursors']),
    ...(isDeepStrictEqual(second.losses, first.losses) ? [] : ['the second opening knows other losses']),
    ...(isDeepStrictEqual(damagedFolders(folder), setAside) ? [] : ['the second opening set the log aside']),
  ]
  return {
    identity: first.identity,
    content,
    appendedSeq: first.tail.seq,
    losses: first.losses,
    setAside,
    saysMoreMayBeLost: lines.some((line) => line.includes('more may be lost')),
    faults,
  }
}

async function useOnce<T>(opening: Opening, use: (outbox: LogUnderTest) => Promise<T>): Promise<T> {
  const outbox = await openLogUnderTest(opening)
  try {
    return await use(outbox)
  } finally {
    await outbox[Symbol.asyncDispose]()
  }
}

async function rest(outbox: LogUnderTest) {
  const cursors = await Promise.all(CONSUMERS.map(({ name }) => outbox.cursor(name)))
  return { states: await outbox.states(), cursors }
}

async function readAll(outbox: LogUnderTest): Promise<readonly StoredEvent[]> {
  for (let reading = 1; ; reading += 1) {
    try {
      return await readOnce(outbox)
    } catch (error) {
      if (!(error instanceof StoreError && error.retryable) || reading === READINGS_MAX) throw error
    }
  }
}

async function readOnce(outbox: LogUnderTest): Promise<readonly StoredEvent[]> {
  const events: StoredEvent[] = []
  let after = Math.max((await outbox.oldestKept()) - 1, 0)
  for (;;) {
    const page = await outbox.read(after, PAGE_ROWS)
    events.push(...page)
    const last = page.at(-1)
    if (!last) return events
    after = last.seq
  }
}

/** What the outbox gives must be what stands in the file. */
function readingFaults(events: readonly StoredEvent[], { events: stored }: LogContent): readonly string[] {
  if (events.length !== stored.size) return [`${events.length} events are read of ${stored.size}`]
  const wrong = events.find(({ seq, event, capturedAtMs }) => {
    const text = stored.get(seq)
    return (
      !text ||
      capturedAtMs !== text.capturedAtMs ||
      !isDeepStrictEqual(event, eventCodec.decode(text.payload))
    )
  })
  return wrong ? [`event ${wrong.seq} is read as another one than stands in the file`] : []
}

function damagedFolders(folder: string): readonly string[] {
  return readdirSync(folder).filter((name) => name.startsWith('damaged-'))
}
