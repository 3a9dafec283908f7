/** The gateway's own tables at a destination: how far its stream has come, what was set aside, and what happened to it. */
import { escapeLiteral } from 'pg'
import { DestinationError } from '../domain/errors.ts'
import type { Link } from './link.ts'

/** One life of one log, and how many there were. */
interface Incarnation {
  readonly incarnation: string
  readonly epoch: number
}

/** A position in the stream: a number, and the hash that proves which history it is of. */
interface StreamPosition {
  readonly seq: number
  readonly hash: Uint8Array
}

/** The row of `edge_gateway.stream`. */
export interface StreamRow extends Incarnation, StreamPosition {}

/** Names a row of `edge_gateway.quarantine`. */
interface RowKey {
  readonly incarnation: string
  readonly seq: number
}

/** A row of `edge_gateway.quarantine`. */
export interface SetAsideRow extends RowKey {
  /** The event as it was stored, whatever version wrote it. */
  readonly event: unknown
  readonly reason: string
}

interface HeadRow {
  readonly incarnation: string
  readonly epoch: string
  readonly last_seq: string
  readonly last_hash: Buffer
}

/** Before every key that there is. */
const FIRST_KEY: RowKey = { incarnation: '00000000-0000-0000-0000-000000000000', seq: -1 }

/** The stream of one gateway of one organization. Everything but {@link Stream.headText} runs in an open transaction. */
export class Stream {
  /** A whole statement without parameters, so that it can travel together with the beginning of the transaction. */
  readonly headText: string
  readonly #link: Link
  readonly #gateway: string
  readonly #key: readonly [organizationId: number, gateway: string]

  constructor(link: Link, organizationId: number, gateway: string) {
    this.#link = link
    this.#gateway = gateway
    this.#key = [organizationId, gateway]
    this.headText = `SELECT incarnation, epoch, last_seq, last_hash FROM edge_gateway.stream
      WHERE organization_id = ${organizationId} AND gateway_id = ${escapeLiteral(gateway)}`
  }

  /** Makes the row of the stream. */
  async begin({ incarnation, epoch }: Incarnation, { seq, hash }: StreamPosition): Promise<void> {
    await this.#link.query(
      `INSERT INTO edge_gateway.stream (organization_id, gateway_id, incarnation, epoch, last_seq, last_hash)
       VALUES ($1, $2, $3, $4, $5, $6)`,
      [...this.#key, incarnation, epoch, seq, hash],
    )
  }

  /** A new incarnation takes the stream over; the row is locked, so nobody else does so at the same time. */
  async adopt({ incarnation, epoch }: Incarnation, { seq, hash }: StreamPosition): Promise<void> {
    await this.#link.query(
      `UPDATE edge_gateway.stream
       SET incarnation = $3, epoch = $4, last_seq = $5, last_hash = $6, updated_at = now()
       WHERE organization_id = $1 AND gateway_id = $2`,
      [...this.#key, incarnation, epoch, seq, hash],
    )
  }

  /** @throws DestinationError `wait` where the row of the stream is gone */
  async advance({ seq, hash }: StreamPosition): Promise<void> {
    const { rowCount } = await this.#link.query(
      `UPDATE edge_gateway.stream SET last_seq = $3, last_hash = $4, updated_at = now()
       WHERE organization_id = $1 AND gateway_id = $2`,
      [...this.#key, seq, hash],
    )
    if (rowCount === 1) return
    const { name } = this.#link.peer
    throw new DestinationError(`${name}-stream`, `${name} has no stream of gateway "${this.#gateway}"`, {
      refusal: 'wait',
      hint: 'its row in edge_gateway.stream was deleted',
    })
  }

  /** Sets an event aside, again if it was released before. Characters that PostgreSQL cannot hold are replaced. */
  async quarantine(
    { incarnation, seq }: RowKey,
    event: unknown,
    refusal: { readonly reason: string; readonly sqlstate: string | null },
  ): Promise<void> {
    await this.#link.query(
      `INSERT INTO edge_gateway.quarantine (organization_id, gateway_id, incarnation, seq, event, reason, sqlstate)
       VALUES ($1, $2, $3, $4, $5, $6, $7)
       ON CONFLICT (organization_id, gateway_id, incarnation, seq)
       DO UPDATE SET reason = excluded.reason, sqlstate = excluded.sqlstate, released_at = NULL`,
      [...this.#key, incarnation, seq, storableJson(event), storable(refusal.reason), refusal.sqlstate],
    )
  }

  /** Rows set aside and not released, after a key, in key order. */
  async quarantined(after: RowKey = FIRST_KEY, limit: number): Promise<readonly SetAsideRow[]> {
    const { rows } = await this.#link.query<Omit<SetAsideRow, 'seq'> & { readonly seq: string }>(
      `SELECT incarnation, seq, event, reason FROM edge_gateway.quarantine
       WHERE organization_id = $1 AND gateway_id = $2 AND released_at IS NULL
         AND (incarnation, seq) > ($3::uuid, $4::bigint)
       ORDER BY incarnation, seq LIMIT $5`,
      [...this.#key, after.incarnation, after.seq, limit],
    )
    return rows.map((row) => ({ ...row, seq: Number(row.seq) }))
  }

  /**
   * Rows that were given up: released, though they never landed. Their incidents say so, because only those are written by people.
   */
  async discarded(): Promise<readonly SetAsideRow[]> {
    const { rows } = await this.#link.query<Omit<SetAsideRow, 'seq'> & { readonly seq: string }>(
      `SELECT q.incarnation, q.seq, q.event, q.reason FROM edge_gateway.quarantine q
       WHERE q.organization_id = $1 AND q.gateway_id = $2 AND q.released_at IS NOT NULL
         AND EXISTS (SELECT FROM edge_gateway.incident i
           WHERE i.organization_id = $1 AND i.gateway_id = $2 AND i.kind = 'discard'
             AND i.detail->>'incarnation' = q.incarnation::text AND i.detail->>'seq' = q.seq::text)
       ORDER BY q.incarnation, q.seq`,
      this.#key,
    )
    return rows.map((row) => ({ ...row, seq: Number(row.seq) }))
  }

  /** Marks an event as landed, or given up. */
  async release(incarnation: string, seq: number): Promise<void> {
    await this.#link.query(
      `UPDATE edge_gateway.quarantine SET released_at = now()
       WHERE organization_id = $1 AND gateway_id = $2 AND incarnation = $3 AND seq = $4`,
      [...this.#key, incarnation, seq],
    )
  }

  /** Writes an incident down. */
  async record({ kind, detail }: { readonly kind: string; readonly detail: object }): Promise<void> {
    await this.#link.query(
      `INSERT INTO edge_gateway.incident (organization_id, gateway_id, kind, detail) VALUES ($1, $2, $3, $4)`,
      [...this.#key, kind, storableJson(detail)],
    )
  }
}

/**
 * The row that {@link Stream.headText} gives; undefined where there is none.
 * @throws TypeError where it is another row
 */
export function headOf(row: unknown): StreamRow | undefined {
  if (row === undefined) return undefined
  const { incarnation, epoch, last_seq, last_hash } = row as HeadRow
  const head = { incarnation, epoch: Number(epoch), seq: Number(last_seq), hash: new Uint8Array(last_hash) }
  // A position that is none would be taken for another history.
  if (Number.isInteger(head.seq) && Number.isInteger(head.epoch) && typeof incarnation === 'string')
    return head
  throw new TypeError('the row of edge_gateway.stream is not whole')
}

/** PostgreSQL holds neither NUL nor half a surrogate pair; the quarantine must be able to hold anything. */
function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\ufffd')
}

function storableJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => (typeof part === 'string' ? storable(part) : part))
}
