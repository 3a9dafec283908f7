/** The log of a gateway whose central is away: its machines go on until the days are over, or until the log takes no more. */
import { mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { openTestOutbox } from '../../support/buffer.ts'
import { type Away, eventsBetween } from './plan.ts'

/** Seconds whose events are one commit. */
const GROUP_SECONDS = 50
/** Longer than it takes to try again, so that a log that could make room would have made it. */
const REFUSED_FOR_MS = 6_000
const LOOK_EVERY_MS = 50
const LOOKS_A_SIZE = 20

/** What there is of the time away. */
export interface Written {
  /** Events that are stored. */
  readonly events: number
  /** Why the log takes no more, in its own words; null where it took everything. */
  readonly refusal: string | null
  /** The number of the oldest event that is kept. */
  readonly oldest: number
  /** The most that the file and its write-ahead log took together. */
  readonly bytesMax: number
  readonly seconds: number
}

export async function writeAway(file: string, away: Away, maxBytes: number): Promise<Written> {
  mkdirSync(dirname(file), { recursive: true })
  await using outbox = await openTestOutbox({ file, maxBytes })
  const beganMs = performance.now()
  let bytesMax = 0
  const measure = () => {
    bytesMax = Math.max(bytesMax, sizeOf(file) + sizeOf(`${file}-wal`))
  }
  const refusal = async () => (await outbox.stats()).blocked
  let refused: string | null = null
  for (let from = 0; from < away.seconds && refused === null; from += GROUP_SECONDS) {
    const until = Math.min(from + GROUP_SECONDS, away.seconds)
    const at = { boot: 'boot', wallMs: away.firstMs + (until - 1) * 1_000, monoMs: until * 1_000 }
    const stored = outbox.append({ at, events: eventsBetween(away, from, until), states: {} })
    refused = await refusalOf(stored, refusal)
    if (from % (GROUP_SECONDS * LOOKS_A_SIZE) === 0 || refused !== null) measure()
  }
  measure()
  const seconds = (performance.now() - beganMs) / 1_000
  const { seq: events } = await outbox.tail()
  return { events, refusal: refused, oldest: await outbox.oldestKept(), bytesMax, seconds }
}

/** Null once the entry is stored; why it is not, where the log has refused it for long. */
async function refusalOf(
  stored: Promise<void>,
  refusal: () => Promise<string | null>,
): Promise<string | null> {
  // What waits when the log is closed is refused for good.
  const isStored = stored.then(
    () => true,
    () => false,
  )
  for (let refusedMs = 0; refusedMs < REFUSED_FOR_MS; ) {
    if (await Promise.race([isStored, wait(LOOK_EVERY_MS, false)])) return null
    refusedMs = (await refusal()) === null ? 0 : refusedMs + LOOK_EVERY_MS
  }
  return await refusal()
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0
}
