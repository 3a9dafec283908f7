/** For whom the events are captured that each consumer delivers. */
import type { Recipient } from '../../domain/recipient.ts'
import type { DatabaseHandle } from '../../sqlite/database.ts'
import { attempt } from './attempt.ts'

/** Of one consumer. */
export const SELECT_RECIPIENT = `SELECT organization, organization_id AS organizationId, gateway, database,
  system_id AS systemId, timeline, host FROM recipient WHERE consumer = ?`

/** The recipients that the file knows of. */
export class Recipients {
  readonly #select
  readonly #save

  constructor(db: DatabaseHandle) {
    this.#select = db.prepare<[string], Recipient>(SELECT_RECIPIENT)
    this.#save = db.prepare(
      `INSERT OR REPLACE INTO recipient
         (consumer, organization, organization_id, gateway, database, system_id, timeline, host)
       VALUES (:consumer, :organization, :organizationId, :gateway, :database, :systemId, :timeline, :host)`,
    )
  }

  /** Undefined where nothing was ever delivered. */
  of(consumer: string): Recipient | undefined {
    return this.#select.get(consumer)
  }

  set(consumer: string, recipient: Recipient): void {
    this.#save.run({ ...recipient, consumer })
  }
}

/** Takes what a damaged file says of recipients over into a new one, as far as it can be read. */
export function carryRecipients(damaged: DatabaseHandle, into: DatabaseHandle): void {
  const consumers = attempt(() => damaged.prepare<[], string>('SELECT consumer FROM recipient').pluck().all())
  const recipients = new Recipients(into)
  for (const consumer of consumers ?? []) {
    const recipient = attempt(() => damaged.prepare<[string], Recipient>(SELECT_RECIPIENT).get(consumer))
    if (recipient) recipients.set(consumer, recipient)
  }
}
