/** A log in which many events wait, as after weeks without central. */
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Event } from '../../../src/domain/events/event.ts'
import { utcText } from '../../../src/domain/instant.ts'
import { openTestOutbox } from '../../support/buffer.ts'
import { opened } from '../../support/central-events.ts'

const FIRST_MS = Date.UTC(2026, 0, 1)
/** Events of one commit. */
const GROUP = 1_000

/** Statuses of one machine that central knows, a second apart. @param remark stands in each of them */
export async function writeBacklog(file: string, count: number, remark = ''): Promise<void> {
  mkdirSync(dirname(file), { recursive: true })
  await using outbox = await openTestOutbox({ file, maxBytes: 1024 ** 4 })
  for (let from = 0; from < count; from += GROUP) {
    const events = Array.from({ length: Math.min(GROUP, count - from) }, (_, place) =>
      statusAt(from + place, remark),
    )
    await outbox.append({ at: { boot: 'boot', wallMs: FIRST_MS, monoMs: from }, events, states: {} })
  }
}

function statusAt(number: number, remark: string): Event {
  const status = number % 2 === 0 ? 'running' : 'idle'
  return opened({ at: utcText(FIRST_MS + number * 1_000), status, ...(remark === '' ? {} : { remark }) })
}
