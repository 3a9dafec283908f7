/**
 * The lease of a pair of gateways, in central: who may write rows of machines, by the clock of the server alone.
 *
 * It has a connection of its own, so that a table that takes no rows, or a batch that is long under way, makes nobody lose it.
 */
import { escapeLiteral, type QueryResult } from 'pg'
import { DestinationError } from '../../domain/errors.ts'
import type { Lease, LeaseKeeper, LeaseSession, PairGateway, PairNews, PairWord } from '../../domain/lease.ts'
import { settingsText } from '../../postgres/begin.ts'
import { legible, type Repertoire, repertoireOf } from '../../postgres/encoding.ts'
import { readingAnswers } from '../../postgres/guard.ts'
import type { Link } from '../../postgres/link.ts'
import { onPrimary } from '../../postgres/primary.ts'
import { headOf, Stream } from '../../postgres/stream.ts'
import { committing } from '../../postgres/transaction.ts'
import { latestRows } from './latest-rows.ts'
import { openLedger } from './ledger.ts'
import { primarySettings } from './route.ts'
import type { CentralSettings } from './settings.ts'
import { beginText, findTenant } from './tenant.ts'

/** Whose lease, and how long it lasts. */
export interface PairNames {
  readonly name: string
  readonly leaseMs: number
}

/** An answer that is later than this is of no use: meanwhile the lease runs out. */
const LIMITS = { connectMs: 3_000, answerMs: 3_000 }
const SERVER_LIMITS = { statement_timeout: '2500ms', lock_timeout: '1500ms' }

/** Keeps it in central. */
export function createLeaseKeeper(settings: CentralSettings, pair: PairNames): LeaseKeeper {
  const hurried = { ...settings, connection: { ...settings.connection, limits: LIMITS } }
  const primary = primarySettings(hurried)
  return {
    connect: (signal) =>
      onPrimary(primary, signal, async ({ link, clock }) => {
        const tenant = await findTenant(link, hurried)
        await requireTable(link)
        const begin = `${beginText(tenant)} ${settingsText(SERVER_LIMITS)}`
        const { organizationId } = tenant
        const { gateway } = settings
        const repertoire = await repertoireOf(link)
        const stream = new Stream(link, organizationId, gateway, repertoire)
        const session = new CentralLease(link, { begin, stream, repertoire, pair, organizationId, gateway })
        return Object.assign(session, { clockOffsetMs: clock.offsetMs })
      }),
    latestRows: async (machines, signal) => {
      await using ledger = await openLedger(settings, signal)
      return await latestRows(ledger, machines)
    },
  }
}

/** @throws DestinationError `wait` where central has no such table yet */
async function requireTable(link: Link): Promise<void> {
  const { rows } = await link.query<{ there: boolean }>(
    `SELECT pg_catalog.to_regclass('edge_gateway.lease') IS NOT NULL AS there`,
  )
  if (rows[0]?.there) return
  throw new DestinationError('central-pair', 'central knows no pairs of gateways yet', {
    refusal: 'wait',
    hint: 'have the DBA run what `millrace central sql` of this version prints',
  })
}

interface LeaseParts {
  /** The text that begins a transaction; it gives three answers. */
  readonly begin: string
  readonly stream: Stream
  readonly repertoire: Repertoire
  readonly pair: PairNames
  readonly organizationId: number
  readonly gateway: string
}

const ANSWERS_OF_BEGIN = 3
/** A pair has two, and those that stood in a place of theirs before. */
const GATEWAYS_MAX = 10

interface LeaseRow extends Omit<Lease, 'epoch'> {
  /** A whole number of 64 bits, as a text. */
  readonly epoch: string
}

class CentralLease implements Omit<LeaseSession, 'clockOffsetMs'> {
  readonly #link: Link
  readonly #parts: LeaseParts
  /** The key of the row, as SQL. */
  readonly #ours: string
  readonly #values: string
  readonly #lasts: string

  constructor(link: Link, parts: LeaseParts) {
    this.#link = link
    this.#parts = parts
    const pair = escapeLiteral(parts.pair.name)
    this.#ours = `organization_id = ${parts.organizationId} AND pair = ${pair}`
    this.#values = `${parts.organizationId}, ${pair}, ${escapeLiteral(parts.gateway)}`
    this.#lasts = `clock_timestamp() + interval '${parts.pair.leaseMs} milliseconds'`
  }

  look(word: PairWord | undefined): Promise<PairNews> {
    return this.#exchange([], word)
  }

  renew(epoch: number, word: PairWord): Promise<PairNews> {
    const renewal = `INSERT INTO edge_gateway.lease AS known (organization_id, pair, holder, epoch, expires_at)
      VALUES (${this.#values}, ${epoch}, ${this.#lasts})
      ON CONFLICT (organization_id, pair) DO UPDATE SET holder = excluded.holder, epoch = excluded.epoch,
        renewed_at = clock_timestamp(), expires_at = ${this.#lasts}, is_released = false
      WHERE known.epoch < excluded.epoch OR (known.epoch = excluded.epoch AND known.holder = excluded.holder)`
    return this.#exchange(epoch === 0 ? [] : [renewal], word)
  }

  async take(seen: Lease | undefined): Promise<number | undefined> {
    const next = `greatest(floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint`
    const lock = `SELECT epoch FROM edge_gateway.lease WHERE ${this.#ours} FOR UPDATE`
    const taking = seen
      ? `UPDATE edge_gateway.lease SET holder = ${escapeLiteral(this.#parts.gateway)}, epoch = ${next}, epoch + 1),
           renewed_at = clock_timestamp(), expires_at = ${this.#lasts}, is_released = false, wanted = NULL
         WHERE ${this.#ours} AND epoch = ${seen.epoch} AND (is_released OR expires_at < clock_timestamp()
           OR holder = ${escapeLiteral(this.#parts.gateway)})
         RETURNING epoch`
      : `INSERT INTO edge_gateway.lease (organization_id, pair, holder, epoch, expires_at)
         VALUES (${this.#values}, ${next}), ${this.#lasts}) ON CONFLICT DO NOTHING RETURNING epoch`
    const [, taken] = await this.#transaction([lock, taking])
    const epoch: unknown = taken?.rows[0]?.epoch
    return epoch === undefined ? undefined : Number(epoch)
  }

  async release(epoch: number, heir: string | undefined): Promise<void> {
    const wanted = heir === undefined ? '' : `, wanted = ${escapeLiteral(heir)}`
    const holder = escapeLiteral(this.#parts.gateway)
    await this.#transaction([
      `UPDATE edge_gateway.lease SET is_released = true${wanted}
       WHERE ${this.#ours} AND holder = ${holder} AND epoch = ${epoch}`,
    ])
  }

  async want(gateway: string): Promise<boolean> {
    const [said] = await this.#transaction([
      `UPDATE edge_gateway.lease SET wanted = ${escapeLiteral(gateway)} WHERE ${this.#ours}`,
    ])
    return said?.rowCount === 1
  }

  async tellSuperseded(detail: Readonly<Record<string, unknown>>): Promise<void> {
    const { begin, stream } = this.#parts
    await this.#readable(async () => {
      await this.#link.script(begin)
      await committing(this.#link, stream.record({ kind: 'superseded', detail }, { once: true }))
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#link[Symbol.asyncDispose]()
  }

  /** Says how this gateway is, and reads all that there is to know, after whatever is to be done first. */
  async #exchange(first: readonly string[], word: PairWord | undefined): Promise<PairNews> {
    const answers = await this.#transaction([
      ...first,
      ...(word ? [this.#wordText(word)] : []),
      `SELECT holder, epoch::text, expires_at < clock_timestamp() AS "isExpired", is_released AS "isReleased", wanted,
         (extract(epoch FROM clock_timestamp() - renewed_at) * 1000)::float8 AS "renewedAgoMs"
       FROM edge_gateway.lease WHERE ${this.#ours}`,
      `SELECT gateway_id AS gateway, role, unready, maps_hash AS "mapsHash",
         (extract(epoch FROM clock_timestamp() - seen_at) * 1000)::float8 AS "seenAgoMs"
       FROM edge_gateway.pair_gateway WHERE ${this.#ours} ORDER BY seen_at DESC LIMIT ${GATEWAYS_MAX}`,
      this.#parts.stream.headText,
    ])
    const [lease, gateways, head] = answers.slice(-3)
    const row = lease?.rows[0] as LeaseRow | undefined
    return {
      lease: row && { ...row, epoch: Number(row.epoch) },
      gateways: (gateways?.rows ?? []) as readonly PairGateway[],
      landed: headOf(head?.rows[0]),
    }
  }

  #wordText({ role, unready, mapsHash }: PairWord): string {
    const { repertoire } = this.#parts
    const said = [role, unready, mapsHash].map((word) =>
      word === null ? 'NULL' : escapeLiteral(legible(word, repertoire)),
    )
    return `INSERT INTO edge_gateway.pair_gateway (organization_id, pair, gateway_id, role, unready, maps_hash)
      VALUES (${this.#values}, ${said.join(', ')})
      ON CONFLICT (organization_id, pair, gateway_id) DO UPDATE SET role = excluded.role, unready = excluded.unready,
        maps_hash = excluded.maps_hash, seen_at = clock_timestamp()`
  }

  /** Statements in one round trip, and the commit in another. */
  #transaction(statements: readonly string[]): Promise<readonly QueryResult[]> {
    return this.#readable(async () => {
      const sent = this.#link.script(`${this.#parts.begin}; ${statements.join('; ')}`)
      const answers = await committing(this.#link, sent)
      return answers.slice(ANSWERS_OF_BEGIN)
    })
  }

  #readable<T>(work: () => Promise<T>): Promise<T> {
    return readingAnswers(this.#link.peer, work)
  }
}
