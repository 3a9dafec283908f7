/**
 * Which of the scans that a gateway still has to bring central lacks. Scans overlap nothing, but each of them counts: one that central
 * has already, under whatever number, must not come a second time.
 */
import type { Event } from '../domain/events/event.ts'
import type { StoredEvent } from '../domain/outbox.ts'
import type { Ledger } from '../routes/mes/ledger.ts'
import { qrCodeScans } from '../routes/mes/tables/qr-code-scans.ts'
import { type MesRow, takesKind } from '../routes/mes/tables/table.ts'
import { openingKey } from '../status/seam/machine-seam.ts'

/** What is known of the scans of one log: show it each page, then ask about its events. */
export class ScanSeam {
  readonly #ledger: Ledger
  readonly #waiting: ReadonlySet<string>
  /** Scans whose rows central has, or will get: what is taken back among them finds its row. */
  readonly #begun = new Set<string>()
  /** Of the present page, those that central has. */
  #held: ReadonlySet<string> = new Set()

  /** @param waiting openings that lie in quarantine, as {@link openingKey} names them: they land from there */
  constructor(ledger: Ledger, waiting: ReadonlySet<string>) {
    this.#ledger = ledger
    this.#waiting = waiting
  }

  /** Asks central about a page. @throws DestinationError */
  async meet(page: readonly StoredEvent[]): Promise<void> {
    const scans = page.filter(({ event }) => isScanEvent(event)).map(({ event }) => qrCodeScans.row(event))
    const rows = scans.length === 0 ? [] : await this.#ledger.rows(qrCodeScans, scans)
    this.#held = new Set(rows.map(nameOf))
    for (const name of this.#held) this.#begun.add(name)
  }

  /** Whether an event comes along. @param isSettled whether it lies in quarantine already, or was given up */
  take(event: Event, isSettled: boolean): boolean {
    const name = nameOf(qrCodeScans.row(event))
    if (!qrCodeScans.opens.includes(event.kind))
      return this.#begun.has(name) || this.#waiting.has(openingKey({ ...event, kind: 'scan' }))
    if (isSettled || this.#held.has(name)) return false
    this.#begun.add(name)
    return true
  }
}

/** Whether an event is a scan, or takes one back. */
export function isScanEvent({ kind }: Event): boolean {
  return takesKind(qrCodeScans, kind)
}

function nameOf({ station, at }: MesRow): string {
  return `${at} ${station}`
}
