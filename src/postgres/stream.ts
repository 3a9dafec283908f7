/** The gateway's own tables at a destination: how far its stream has come, what was set aside, and what happened to it. */
import { escapeLiteral } from 'pg'
import { DestinationError } from '../domain/errors.ts'
import { legible, type Repertoire, restored, storableJson, storedText } from './encoding.ts'
import type { Link } from './link.ts'

/** One life of one log, and how many there were. */
export interface Incarnation {
  readonly incarnation: string
  readonly epoch: number
}

/** A position in the stream: a number, and the hash that proves which history it is of. */
export interface StreamPosition {
  readonly seq: number
  readonly hash: Uint8Array
}

/** The row of `edge_gateway.stream`. */
export interface StreamRow extends Incarnation, StreamPosition {
  /** Whether anything is in quarantine for this gateway. */
  readonly hasSetAside: boolean
}

/** Names a row of `edge_gateway.quarantine`. */
export interface RowKey {
  readonly incarnation: string
  readonly seq: number
}

/** A row of `edge_gateway.quarantine`. */
interface SetAsideRow extends RowKey {
  /** The event as it was given, whatever version wrote it. */
  readonly event: unknown
  readonly reason: string
}

/** A row to be set aside. */
interface RowToSetAside extends SetAsideRow {
  readonly sqlstate: string | null
}

/** An event whose row is as it says. */
interface LandedEvent {
  readonly seq: number
  readonly kind: string
  readonly subject: string
  readonly at: string
}

/** Rows in quarantine that are about one machine and have one reason. */
export interface SetAsideKind {
  /** The subject of the events; of version 0, which knew machines only, made of the machine. */
  readonly subject: string
  readonly reason: string
  readonly count: number
}

/** A row of `edge_gateway.incident`. */
interface IncidentRow {
  readonly kind: string
  readonly detail: unknown
  readonly atMs: number
}

interface HeadRow {
  readonly incarnation: string
  readonly epoch: string
  readonly last_seq: string
  readonly last_hash: Buffer
  readonly has_set_aside: boolean
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
  readonly #repertoire: Repertoire
  #hasNothingSetAside = false

  constructor(link: Link, organizationId: number, gateway: string, repertoire: Repertoire) {
    this.#link = link
    this.#repertoire = repertoire
    this.#gateway = gateway
    this.#key = [organizationId, gateway]
    const ours = `organization_id = ${organizationId} AND gateway_id = ${escapeLiteral(gateway)}`
    this.headText = `SELECT incarnation, epoch, last_seq, last_hash,
        EXISTS (SELECT FROM edge_gateway.quarantine WHERE ${ours} AND released_at IS NULL) AS has_set_aside
      FROM edge_gateway.stream WHERE ${ours}`
  }

  /** Whether the quarantine of this gateway was empty when the row was last read, and nothing was set aside here since. */
  get hasNothingSetAside(): boolean {
    return this.#hasNothingSetAside
  }

  /** Takes note of the row as it was read. */
  seen(head: StreamRow | undefined): StreamRow | undefined {
    this.#hasNothingSetAside = head?.hasSetAside === false
    return head
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

  /** Sets events aside with one statement, again if they were released before. */
  async quarantine(rows: readonly RowToSetAside[]): Promise<void> {
    if (rows.length === 0) return
    this.#hasNothingSetAside = false
    await this.#link.query(
      `INSERT INTO edge_gateway.quarantine (organization_id, gateway_id, incarnation, seq, event, reason, sqlstate)
       SELECT $1, $2, * FROM unnest($3::uuid[], $4::bigint[], $5::jsonb[], $6::text[], $7::text[])
       ON CONFLICT (organization_id, gateway_id, incarnation, seq)
       DO UPDATE SET reason = excluded.reason, sqlstate = excluded.sqlstate, released_at = NULL`,
      [
        ...this.#key,
        rows.map(({ incarnation }) => incarnation),
        rows.map(({ seq }) => seq),
        rows.map(({ event }) => storableJson(event, this.#repertoire)),
        rows.map(({ reason }) => legible(reason, this.#repertoire)),
        rows.map(({ sqlstate }) => sqlstate),
      ],
    )
  }

  /** What is set aside and not released: how many rows, and the first few kinds of them. */
  async quarantineKinds(limit: number): Promise<{ count: number; kinds: readonly SetAsideKind[] }> {
    const { rows } = await this.#link.query<SetAsideKind & { readonly total: number }>(
      `SELECT subject, reason, count(*)::int AS count, (sum(count(*)) OVER ())::int AS total
       FROM (
         SELECT coalesce(event->>'subject', 'machine:' || (event->>'machine'), '') AS subject, reason, incarnation, seq
         FROM edge_gateway.quarantine
         WHERE organization_id = $1 AND gateway_id = $2 AND released_at IS NULL) AS open
       GROUP BY subject, reason ORDER BY min(incarnation::text), min(seq) LIMIT $3`,
      // Each row has the total: without any row nobody would know it.
      [...this.#key, Math.max(1, limit)],
    )
    return { count: rows[0]?.total ?? 0, kinds: rows.slice(0, limit) }
  }

  /** Rows set aside and not released, after a key, in key order. */
  quarantined(after: RowKey | undefined, limit: number): Promise<readonly SetAsideRow[]> {
    return this.#setAside(after, limit, '')
  }

  /** The same, locked: where the stream has no row to lock, this keeps two sessions from landing the same one twice. */
  quarantinedLocked(after: RowKey | undefined, limit: number): Promise<readonly SetAsideRow[]> {
    return this.#setAside(after, limit, 'FOR UPDATE')
  }

  async #setAside(after: RowKey = FIRST_KEY, limit: number, lock: string): Promise<readonly SetAsideRow[]> {
    const { rows } = await this.#link.query<StoredRow>(
      `SELECT incarnation, seq, event, reason FROM edge_gateway.quarantine
       WHERE organization_id = $1 AND gateway_id = $2 AND released_at IS NULL
         AND (incarnation, seq) > ($3::uuid, $4::bigint)
       ORDER BY incarnation, seq LIMIT $5 ${lock}`,
      [...this.#key, after.incarnation, after.seq, limit],
    )
    return rows.map(setAsideRow)
  }

  /**
   * Rows that were given up: released, though they never landed. Their incidents say so, because only those are written by people.
   */
  async discarded(): Promise<readonly SetAsideRow[]> {
    const { rows } = await this.#link.query<StoredRow>(
      `SELECT q.incarnation, q.seq, q.event, q.reason FROM edge_gateway.quarantine q
       WHERE q.organization_id = $1 AND q.gateway_id = $2 AND q.released_at IS NOT NULL
         AND EXISTS (SELECT FROM edge_gateway.incident i
           WHERE i.organization_id = $1 AND i.gateway_id = $2 AND i.kind = 'discard'
             AND i.detail->>'incarnation' = q.incarnation::text AND i.detail->>'seq' = q.seq::text)
       ORDER BY q.incarnation, q.seq`,
      this.#key,
    )
    return rows.map(setAsideRow)
  }

  /** Marks events as landed, or given up. */
  async release(rows: readonly RowKey[]): Promise<void> {
    if (rows.length === 0) return
    await this.#link.query(
      `UPDATE edge_gateway.quarantine AS q SET released_at = now()
       FROM unnest($3::uuid[], $4::bigint[]) AS row (incarnation, seq)
       WHERE q.organization_id = $1 AND q.gateway_id = $2 AND q.incarnation = row.incarnation AND q.seq = row.seq`,
      [...this.#key, rows.map(({ incarnation }) => incarnation), rows.map(({ seq }) => seq)],
    )
  }

  /**
   * Releases what is set aside and says less than events of the same rows that have landed since: they say all that it said. Other
   * incarnations were before the present one.
   */
  async releaseOlder(incarnation: string, landed: readonly LandedEvent[]): Promise<void> {
    if (landed.length === 0) return
    await this.#link.query(
      `UPDATE edge_gateway.quarantine AS q SET released_at = now()
       FROM unnest($4::bigint[], $5::text[], $6::text[], $7::text[]) AS e (seq, kind, subject, at)
       WHERE q.organization_id = $1 AND q.gateway_id = $2 AND (q.incarnation <> $3::uuid OR q.seq < e.seq)
         AND q.released_at IS NULL AND q.event->>'kind' = e.kind AND q.event->>'subject' = e.subject AND q.event->>'at' = e.at`,
      [
        ...this.#key,
        incarnation,
        landed.map(({ seq }) => seq),
        landed.map(({ kind }) => kind),
        landed.map(({ subject }) => storedText(subject, this.#repertoire)),
        landed.map(({ at }) => at),
      ],
    )
  }

  /** What was written down, the newest first; moments in ms since 1970. */
  async incidents(limit: number): Promise<readonly IncidentRow[]> {
    const { rows } = await this.#link.query<IncidentRow>(
      `SELECT kind, detail, (extract(epoch FROM at) * 1000)::float8 AS "atMs" FROM edge_gateway.incident
       WHERE organization_id = $1 AND gateway_id = $2 ORDER BY at DESC LIMIT $3`,
      [...this.#key, limit],
    )
    return rows
  }

  /** Writes an incident down; with `once`, only where the same is not there already. */
  async record(
    { kind, detail }: { readonly kind: string; readonly detail: object },
    { once }: { readonly once: boolean },
  ): Promise<void> {
    await this.#link.query(
      `INSERT INTO edge_gateway.incident (organization_id, gateway_id, kind, detail)
       SELECT $1::int, $2::text, $3::text, $4::jsonb
       WHERE NOT ($5::boolean AND EXISTS (SELECT FROM edge_gateway.incident
         WHERE organization_id = $1 AND gateway_id = $2 AND kind = $3 AND detail = $4::jsonb))`,
      [...this.#key, kind, legibleJson(detail, this.#repertoire), once],
    )
  }
}

/**
 * The row that {@link Stream.headText} gives; undefined where there is none.
 * @throws TypeError where it is another row
 */
export function headOf(row: unknown): StreamRow | undefined {
  if (row === undefined) return undefined
  const { incarnation, epoch, last_seq, last_hash, has_set_aside: hasSetAside } = row as HeadRow
  const position = { epoch: Number(epoch), seq: Number(last_seq), hash: new Uint8Array(last_hash) }
  const head = { incarnation, ...position, hasSetAside }
  // A position that is none would be taken for another history.
  if (Number.isInteger(head.seq) && Number.isInteger(head.epoch) && typeof incarnation === 'string')
    return head
  throw new TypeError('the row of edge_gateway.stream is not whole')
}

/** A row as the driver gives it: a bigint is a text. */
type StoredRow = Omit<SetAsideRow, 'seq'> & { readonly seq: string }

function setAsideRow(row: StoredRow): SetAsideRow {
  return { ...row, seq: Number(row.seq), event: restored(row.event) }
}

/** An incident is written for people: it is not read back. */
function legibleJson(value: unknown, repertoire: Repertoire): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'string' ? legible(part.toWellFormed().replaceAll('\0', '\ufffd'), repertoire) : part,
  )
}
