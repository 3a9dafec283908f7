/**
 * A site with tables of its own in a real PostgreSQL, which a mapped route fills: rows by lookup, rows once for the same content,
 * changes, and calls of a function that refuses. Nothing in its tables keeps a second row out, so whatever comes twice is seen.
 *
 * What must be there is made of the list of scans alone, with nothing of the gateway's.
 */
import { createHash } from 'node:crypto'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { Client, type ClientConfig, type QueryResultRow } from 'pg'
import type { BufferOutbox } from '../../src/buffer/outbox.ts'
import { parseYaml } from '../../src/documents/yaml-source.ts'
import type { Route } from '../../src/domain/destination.ts'
import { outward } from '../../src/domain/events/outward.ts'
import type { Scan } from '../../src/domain/events/scan.ts'
import type { Link } from '../../src/postgres/link.ts'
import { ROUTE_KINDS } from '../../src/routes/index.ts'
import type { MappedSettings } from '../../src/routes/mapped/mapped-route.ts'
import { rightsOf } from '../../src/routes/mapped/rights.ts'
import { routeRightsSql } from '../../src/routes/mapped/rights-sql.ts'
import { gatewaySql } from '../../src/routes/mes/gateway-sql.ts'
import { createMesRoute } from '../../src/routes/mes/route.ts'
import { findTenancy } from '../../src/routes/mes/tenancy.ts'
import { type DescribedRoute, judgeRouteFile } from '../../src/routes/route-file.ts'
import type { Rider, RouteContext } from '../../src/routes/route-kind.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { createLog } from '../../src/runtime/log.ts'
import { Secret } from '../../src/runtime/secret.ts'
import { CENTRAL, openTestOutbox, testFolder } from './buffer.ts'
import type { TestCentral } from './central.ts'

/** The route's name, and that of its cursor. */
export const LEDGER = 'ledger'
const START_MS = Date.UTC(2026, 0, 31, 9)
/** The first user of the first organization. */
const OPERATOR = 1
/** The last digit of a scan's number says what is scanned. */
const KINDS = ['move', 'request', 'order', 'book'] as const
const PARTS = 9
const REQUESTS = 7
const ORDERS = 3

export const LEDGER_SQL = `
CREATE SCHEMA line;
CREATE TABLE line.parts (id SERIAL PRIMARY KEY, code TEXT UNIQUE NOT NULL);
CREATE TABLE line.moves (
  n BIGSERIAL PRIMARY KEY, event UUID NOT NULL, part_id INTEGER NOT NULL REFERENCES line.parts(id),
  operator INTEGER, at TIMESTAMPTZ NOT NULL, station VARCHAR(20));
CREATE TABLE line.requests (n BIGSERIAL PRIMARY KEY, hash VARCHAR(64), data TEXT);
CREATE TABLE line.orders (number TEXT PRIMARY KEY, state TEXT, changes INTEGER NOT NULL DEFAULT 0);
CREATE FUNCTION line.count_change() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN NEW.changes := OLD.changes + 1; RETURN NEW; END $$;
CREATE TRIGGER counted BEFORE UPDATE ON line.orders FOR EACH ROW EXECUTE FUNCTION line.count_change();
CREATE TABLE line.bookings (n BIGSERIAL PRIMARY KEY, code TEXT, event UUID);
CREATE FUNCTION line.book(code TEXT, event UUID, OUT status INTEGER, OUT why TEXT)
  LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
    INSERT INTO line.bookings (code, event) VALUES (book.code, book.event);
    status := CASE WHEN code LIKE 'BAD%' THEN 1 ELSE 0 END;
    why := 'nobody knows ' || code;
  END $$;
INSERT INTO line.orders (number, state) SELECT 'WO-' || n, 'new' FROM generate_series(0, ${ORDERS - 1}) AS n;
INSERT INTO line.parts (code) SELECT 'P-' || n FROM generate_series(1, ${PARTS - 1}) AS n;
`

/** The rows of the file; mutants change them. */
export const LEDGER_ROWS = `rows:
  - on: scan
    when: {scan_type: move}
    insert: moves
    columns:
      event: id
      part_id: {lookup: parts.code, by: data, take: id}
      operator: operator
      at: at
      station: station
  - on: scan
    when: {scan_type: request}
    insert: requests
    once_per: hash
    columns: {hash: {sha256: [station, data]}, data: data}
  - on: scan
    when: {scan_type: order}
    update: orders
    key: {number: work_order}
    columns: {state: data}
  - on: scan
    when: {scan_type: book}
    call: book
    arguments: {code: data, event: id}
    refused_when: {status: {not: 0}}
    reason: why
`

/**
 * Where the tables of the site are: in the database of the MES, or in another one that is configured in the route's file.
 * `riding`: in that of the MES, with rows that come along in the transactions of the MES's own rows.
 */
export type LedgerPlace = 'same' | 'other' | 'riding'

/** Routes that may ride along, and how often one did. */
class CountedRiders extends Set<Rider> {
  rides = 0

  override add(rider: Rider): this {
    const ride = rider.ride.bind(rider)
    const counted: Rider['ride'] = async (...args) => {
      const at = await ride(...args)
      if (at) this.rides += 1
      return at
    }
    return super.add(Object.assign(rider, { ride: counted }))
  }
}

/** A log with scans, and a mapped route that brings them into the site's tables. */
export class LedgerSite {
  readonly folder: string
  readonly riders = new CountedRiders()
  readonly #database: TestCentral
  readonly #place: LedgerPlace

  constructor(database: TestCentral, place: LedgerPlace, folder = testFolder()) {
    this.#database = database
    this.#place = place
    this.folder = folder
  }

  /**
   * @param rows of the file, where they are other ones
   * @param hosts by which the database is reached, where that is not its own port
   */
  route(rows = LEDGER_ROWS, hosts: readonly Host[] = [this.#database.server]): Route {
    const { kind, settings, ...consumer } = this.#described(rows, hosts)
    return kind.create(settings, consumer, this.#context(hosts))
  }

  /** The route into the MES that takes those of {@link route} along; undefined where none does. */
  mesRoute(hosts: readonly Host[] = [this.#database.server]): Route | undefined {
    if (this.#place !== 'riding') return undefined
    const batch = { rows: 16, lingerMs: 0 }
    return createMesRoute(
      { ...this.#database.settings({ batch }), ...this.#via(hosts) },
      { riders: this.riders },
    )
  }

  #via(hosts: readonly Host[]) {
    const { connection } = this.#database.settings()
    return { connection: { ...connection, hosts: hosts.map(({ host, port }) => ({ host, port })) } }
  }

  /** What `millrace central sql --route` prints for its file. */
  async rights(): Promise<string> {
    const { role } = this.#database
    const { settings } = this.#described(LEDGER_ROWS, [this.#database.server])
    const isSame = this.#place !== 'other'
    const rights = rightsOf(settings as MappedSettings, 'public')
    const letIn = isSame ? '' : await gatewaySql({ organization: 'SAV', role, schema: null })
    const mesSchema = isSame ? 'public' : ''
    return `${letIn}\n${await routeRightsSql(rights, { route: LEDGER, role, mesSchema })}`
  }

  #described(rows: string, hosts: readonly Host[]): DescribedRoute {
    const { role, password } = this.#database
    const { database } = this.#database.settings().connection
    const [first, ...others] = hosts.map(({ host, port }) => `${host}:${port}`)
    const several = others.length > 0 ? `, hosts: ["${[first, ...others].join('", "')}"]` : ''
    const url = `url: "postgres://${role}@${first}/${database}"${several}`
    const to = this.#place !== 'other' ? '{schema: line}' : `{${url}, tls: off, schema: line}`
    const text = `route: ${LEDGER}\nmust: deliver\nto: ${to}\nbatch: {rows: 16, linger: 0s}\n${rows}`
    const secrets = { MILLRACE_ROUTE_LEDGER_PASSWORD: new Secret(password) }
    const judge = { kinds: ROUTE_KINDS, secrets, cwd: this.folder }
    const path = join(this.folder, 'routes', 'ledger.yaml')
    const { route, faults } = judgeRouteFile(parseYaml(text, 'ledger.yaml'), path, judge)
    if (!route) throw new Error(JSON.stringify(faults))
    return route
  }

  open(): Promise<BufferOutbox> {
    return openTestOutbox({
      file: join(this.folder, 'outbox.db'),
      consumers: [{ name: LEDGER, must: 'deliver' }, ...(this.#place === 'riding' ? [CENTRAL] : [])],
    })
  }

  /** A copy of the whole folder, as of a cloned card. The log must be closed. */
  clone(): LedgerSite {
    const copy = testFolder()
    cpSync(this.folder, copy, { recursive: true })
    return new LedgerSite(this.#database, this.#place, copy)
  }

  #context(hosts: readonly Host[]): RouteContext {
    const config = { ...this.#database.settings(), ...this.#via(hosts) }
    const { organization, plant, gateway, connection, schema } = config
    const central = { connection, schema, findTenancy: (link: Link) => findTenancy(link, config) }
    return {
      gateway,
      organization,
      plant,
      central: this.#place === 'riding' ? { ...central, riders: this.riders } : central,
      dataFolder: this.folder,
      log: createLog('silent'),
      now: systemClock.now,
      mapsInForce: Promise.resolve(),
      placeOf: () => ({}),
      standings: () => [],
      stations: () => [],
    }
  }
}

/** Another database on the server of the MES, which knows no table of the MES. */
export async function otherDatabase(central: TestCentral): Promise<TestCentral> {
  await central.sql('CREATE DATABASE site')
  const settings: TestCentral['settings'] = (changes) => {
    const found = central.settings(changes)
    return { ...found, connection: { ...found.connection, database: 'site' } }
  }
  const role = 'line_gateway'
  const sql: TestCentral['sql'] = (text, values) => on(central.server.superuser('site'), text, values)
  await sql(await gatewaySql({ organization: 'SAV', role, schema: null }))
  await sql(`ALTER ROLE ${role} PASSWORD '${central.password}'`)
  return { ...central, role, settings, sql }
}

/** Runs SQL on a connection of its own. */
export async function on<Row extends QueryResultRow>(
  login: ClientConfig,
  text: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  const client = new Client(login)
  await client.connect()
  try {
    return (await client.query<Row>(text, [...values])).rows
  } finally {
    await client.end()
  }
}

/** An address of a server, or of what stands before it. */
export interface Host {
  readonly host: string
  readonly port: number
}

/** The scan of a number. */
export function ledgerScan(number: number): Scan {
  const kind = KINDS[number % KINDS.length] ?? 'move'
  const data = {
    // The last part is not known at first.
    move: `P-${1 + (number % PARTS)}`,
    request: `R-${number % REQUESTS}`,
    order: `state ${number}`,
    book: `${number % 5 === 0 ? 'BAD' : 'GOOD'}-${number}`,
  }[kind]
  return {
    v: 1,
    kind: 'scan',
    at: new Date(START_MS + number * 1_000).toISOString(),
    subject: 'station:LINE',
    data,
    scanType: kind,
    aimId: null,
    operator: OPERATOR,
    location: null,
    plant: null,
    machine: null,
    workOrder: kind === 'order' ? `WO-${number % ORDERS}` : null,
    reference: null,
    fields: {},
    marks: [],
    rule: null,
  }
}

/** Stores the scans of these numbers, each as an entry of its own. */
export async function storeScans(outbox: BufferOutbox, from: number, to: number): Promise<void> {
  for (let number = from; number <= to; number += 1) {
    await outbox.append({ at: systemClock.now(), events: [ledgerScan(number)], states: {} })
  }
}

/** The ids of all events of a log, by the moments of the scans. */
export async function idsIn(outbox: BufferOutbox): Promise<ReadonlyMap<string, string>> {
  const stored = await outbox.read(0, 10_000)
  const told = stored.flatMap((event) => outward(event, { gateway: 'edge-1' }) ?? [])
  return new Map(told.map(({ at, id }) => [at, id]))
}

/** What the tables hold otherwise than the scans of these numbers say; one line each. */
export async function ledgerFindings(
  { sql }: Pick<TestCentral, 'sql'>,
  numbers: readonly number[],
  ids: ReadonlyMap<string, string>,
  { isInOrder } = { isInOrder: true },
): Promise<readonly string[]> {
  const known = new Set((await sql<{ code: string }>('SELECT code FROM line.parts')).map(({ code }) => code))
  const scans = numbers.map((number) => ({ number, ...ledgerScan(number) }))
  const of = (kind: string) => scans.filter(({ scanType }) => scanType === kind)
  const isWritable = ({ data }: Scan) => known.has(data)
  const isGood = ({ data }: Scan) => data.startsWith('GOOD')
  const moves = await sql<{ at: Date; code: string; event: string; operator: number }>(
    `SELECT m.at, p.code, m.event, m.operator FROM line.moves m JOIN line.parts p ON p.id = m.part_id ORDER BY m.n`,
  )
  const requests = await sql<{ hash: string; data: string }>(
    'SELECT hash, data FROM line.requests ORDER BY n',
  )
  const orders = await sql<{ number: string; state: string; changes: number }>(
    'SELECT * FROM line.orders ORDER BY number',
  )
  const bookings = await sql<{ code: string; event: string }>(
    'SELECT code, event FROM line.bookings ORDER BY n',
  )
  const set = await sql<{ at: string }>(
    `SELECT event->>'at' AS at FROM edge_gateway.quarantine
     WHERE gateway_id = 'edge-1/ledger' AND released_at IS NULL ORDER BY event->>'at'`,
  )
  const idOf = (at: string) => ids.get(at) ?? 'no event'
  const changed = Array.from({ length: ORDERS }, (_, order) => {
    const own = of('order').filter(({ workOrder }) => workOrder === `WO-${order}`)
    return `WO-${order} ${own.at(-1)?.data ?? 'new'} ${own.length}`
  })
  const refused = [
    ...of('move').filter((scan) => !isWritable(scan)),
    ...of('book').filter((scan) => !isGood(scan)),
  ]
  return [
    ...differences(
      'moves',
      of('move')
        .filter(isWritable)
        .map(({ at, data }) => `${at} ${data} ${idOf(at)} ${OPERATOR}`),
      moves.map(({ at, code, event, operator }) => `${at.toISOString()} ${code} ${event} ${operator}`),
      isInOrder,
    ),
    ...differences(
      'requests',
      [...new Set(of('request').map(({ data }) => data))].map((data) => `${data} ${hashOf(data)}`),
      requests.map(({ data, hash }) => `${data} ${hash}`),
    ),
    ...differences(
      'orders',
      changed,
      orders.map(({ number, state, changes }) => `${number} ${state} ${changes}`),
    ),
    ...differences(
      'bookings',
      of('book')
        .filter(isGood)
        .map(({ at, data }) => `${data} ${idOf(at)}`),
      bookings.map(({ code, event }) => `${code} ${event}`),
    ),
    ...differences(
      'quarantine',
      refused.map(({ at }) => at).toSorted(),
      set.map(({ at }) => at),
    ),
  ]
}

function hashOf(data: string): string {
  return createHash('sha256')
    .update(JSON.stringify(['LINE', data]))
    .digest('hex')
}

/** @param isInOrder whether the order counts: what was set aside lands behind what came later */
function differences(
  table: string,
  wanted: readonly string[],
  found: readonly string[],
  isInOrder = true,
): readonly string[] {
  if (JSON.stringify(wanted) === JSON.stringify(found)) return []
  const missing = wanted.filter((row) => !found.includes(row)).map((row) => `${table}: ${row} is missing`)
  const extra = found.filter((row, index) => !wanted.includes(row) || found.indexOf(row) !== index)
  const surplus = extra.map((row) => `${table}: ${row} is there, and should not, or twice`)
  const order = isInOrder ? [`${table}: the order is another one`] : []
  return missing.length + surplus.length > 0 ? [...missing, ...surplus] : order
}
