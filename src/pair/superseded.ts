/** Takes the tail of a gateway that was replaced out of what its routes get: the log keeps it, and nobody else gets it. */
import { isMachineEvent } from '../domain/events/machine.ts'
import type { StoredEvent } from '../domain/outbox.ts'

/** The log, as far as this needs it. */
export interface SupersededLog {
  tail(): Promise<{ readonly seq: number }>
  read(afterSeq: number, limit: number): Promise<readonly StoredEvent[]>
  leaveOut(seqs: readonly number[]): Promise<void>
}

/** What was left out. */
interface Superseded {
  readonly count: number
  readonly firstAt: string | null
  readonly lastAt: string | null
}

const PAGE_ROWS = 500

/** Leaves out every event of a machine behind a number. Scans and links are nobody else's, and stay. */
export async function leaveOutSuperseded(log: SupersededLog, afterSeq: number): Promise<Superseded> {
  const { seq: tailSeq } = await log.tail()
  let found: Superseded = { count: 0, firstAt: null, lastAt: null }
  for (let after = afterSeq; after < tailSeq; ) {
    const page = await log.read(after, PAGE_ROWS)
    const machines = page.filter(({ event }) => isMachineEvent(event))
    if (machines.length > 0) await log.leaveOut(machines.map(({ seq }) => seq))
    const firstAt = found.firstAt ?? machines[0]?.event.at ?? null
    found = {
      count: found.count + machines.length,
      firstAt,
      lastAt: machines.at(-1)?.event.at ?? found.lastAt,
    }
    after = page.at(-1)?.seq ?? tailSeq
  }
  return found
}
