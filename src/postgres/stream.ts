/** The gateway's own tables in central: where its stream stands, what was set aside, and what both sides should know. */
import { escapeLiteral } from 'pg'
import type { Incident, QuarantinedEvent, QuarantineKey, StreamHead } from '../domain/destination.ts'
import { DestinationError } from '../domain/errors.ts'
import type { Event } from '../domain/event.ts'
import type { LogIdentity, LogPosition, StoredEvent } from '../domain/outbox.ts'
import type { Link } from './link.ts'

interface HeadRow {
  readonly incarnation: string
  readonly epoch: string
  readonly last_seq: string
  readonly last_hash: Buffer
}

interface QuarantineRow {
  readonly incarnation: string
  readonly seq: string
  readonly event: Event
  readonly reason: string
}

/** Before all others. */
const FIRST_KEY: QuarantineKey = { incarnation: '00000000-0000-0000-0000-000000000000', seq: -1 }

/** The stream of one gateway of one organization. Everything but {@link Stream.headText} runs in an open transaction. */
export type Stream = ReturnType<typeof createStream>

export function createStream(link: Link, organizationId: number, gateway: string) {
  const key = [organizationId, gateway]
  return {
    /** A whole statement without parameters, so that it can travel together with the beginning of the transaction. */
    headText: `SELECT incarnation, epoch, last_seq, last_hash FROM edge_gateway.stream
      WHERE organization_id = ${organizationId} AND gateway_id = ${escapeLiteral(gateway)}`,

    begin: async ({ incarnation, epoch }: LogIdentity, { seq, hash }: LogPosition): Promise<void> => {
      await link.query(
        `INSERT INTO edge_gateway.stream (organization_id, gateway_id, incarnation, epoch, last_seq, last_hash)
         VALUES ($1, $2, $3, $4, $5, $6)`,
        [...key, incarnation, epoch, seq, hash],
      )
    },

    /** A new incarnation takes the stream over; the row is locked, so nobody else does so at the same time. */
    adopt: async ({ incarnation, epoch }: LogIdentity, { seq, hash }: LogPosition): Promise<void> => {
      await link.query(
        `UPDATE edge_gateway.stream
         SET incarnation = $3, epoch = $4, last_seq = $5, last_hash = $6, updated_at = now()
         WHERE organization_id = $1 AND gateway_id = $2`,
        [...key, incarnation, epoch, seq, hash],
      )
    },

    advance: async ({ seq, hash }: LogPosition): Promise<void> => {
      const { rowCount } = await link.query(
        `UPDATE edge_gateway.stream SET last_seq = $3, last_hash = $4, updated_at = now()
         WHERE organization_id = $1 AND gateway_id = $2`,
        [...key, seq, hash],
      )
      if (rowCount === 1) return
      throw new DestinationError('central-stream', `central has no stream of gateway "${gateway}"`, {
        refusal: 'wait',
        hint: 'its row in edge_gateway.stream was deleted',
      })
    },

    quarantine: async (
      incarnation: string,
      { seq, event }: StoredEvent,
      refusal: { readonly reason: string; readonly sqlstate: string | null },
    ): Promise<void> => {
      await link.query(
        `INSERT INTO edge_gateway.quarantine (organization_id, gateway_id, incarnation, seq, event, reason, sqlstate)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (organization_id, gateway_id, incarnation, seq)
         DO UPDATE SET reason = excluded.reason, sqlstate = excluded.sqlstate, released_at = NULL`,
        [...key, incarnation, seq, storableJson(event), storable(refusal.reason), refusal.sqlstate],
      )
    },

    quarantined: async (
      after: QuarantineKey = FIRST_KEY,
      limit: number,
    ): Promise<readonly QuarantinedEvent[]> => {
      const { rows } = await link.query<QuarantineRow>(
        `SELECT incarnation, seq, event, reason FROM edge_gateway.quarantine
         WHERE organization_id = $1 AND gateway_id = $2 AND released_at IS NULL
           AND (incarnation, seq) > ($3::uuid, $4::bigint)
         ORDER BY incarnation, seq LIMIT $5`,
        [...key, after.incarnation, after.seq, limit],
      )
      return rows.map((row) => ({ ...row, seq: Number(row.seq) }))
    },

    release: async (incarnation: string, seq: number): Promise<void> => {
      await link.query(
        `UPDATE edge_gateway.quarantine SET released_at = now()
         WHERE organization_id = $1 AND gateway_id = $2 AND incarnation = $3 AND seq = $4`,
        [...key, incarnation, seq],
      )
    },

    record: async ({ kind, detail }: Incident): Promise<void> => {
      await link.query(
        `INSERT INTO edge_gateway.incident (organization_id, gateway_id, kind, detail) VALUES ($1, $2, $3, $4)`,
        [...key, kind, storableJson(detail)],
      )
    },
  }
}

export function headOf(row: unknown): StreamHead | undefined {
  if (row === undefined) return undefined
  const { incarnation, epoch, last_seq, last_hash } = row as HeadRow
  return { incarnation, epoch: Number(epoch), seq: Number(last_seq), hash: new Uint8Array(last_hash) }
}

/** PostgreSQL holds neither NUL nor half a surrogate pair; the quarantine must be able to hold anything. */
function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\ufffd')
}

function storableJson(value: object): string {
  return JSON.stringify(value, (_key, part: unknown) => (typeof part === 'string' ? storable(part) : part))
}
