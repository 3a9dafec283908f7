/** For whom the events are captured that each consumer delivers. */
import type { Recipient } from '../../domain/recipient.ts'
import type { DatabaseHandle } from '../../sqlite/database.ts'
import { attempt } from './attempt.ts'

const VALUES = '@consumer, @organization, @organizationId, @gateway, @database, @systemId, @timeline, @host'
const FIELDS = `organization, organization_id AS organizationId, gateway, database, system_id AS systemId, timeline, host`

/** The recipient of one consumer. */
export const SELECT_RECIPIENT = `SELECT ${FIELDS} FROM recipient WHERE consumer = ?`

/** The recipients that the file knows of. */
export class Recipients {
  readonly #select
  readonly #save

  /** On a connection that knows `proof`. */
  constructor(db: DatabaseHandle) {
    this.#select = db.prepare<[string], Recipient>(SELECT_RECIPIENT)
    this.#save = db.prepare(
      `INSERT OR REPLACE INTO recipient
         (consumer, organization, organization_id, gateway, database, system_id, timeline, host, hash)
       VALUES (${VALUES}, proof(${VALUES}))`,
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

interface CarriedRecipient extends Recipient {
  readonly consumer: string
}

/** Takes what a damaged file can prove of its recipients over into a new one. Both connections know `proof`. */
export function carryRecipients(damaged: DatabaseHandle, into: DatabaseHandle): void {
  const proven = attempt(() =>
    damaged
      .prepare<[], CarriedRecipient>(
        `SELECT consumer, ${FIELDS} FROM recipient
         WHERE hash IS proof(consumer, organization, organization_id, gateway, database, system_id, timeline, host)`,
      )
      .all(),
  )
  const recipients = new Recipients(into)
  for (const { consumer, ...recipient } of proven ?? []) recipients.set(consumer, recipient)
}
