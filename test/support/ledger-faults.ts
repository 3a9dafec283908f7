/**
 * Whatever may happen between a mapped route and its database, each as a function that lets it happen to a site and says what is
 * wrong in the tables afterwards. The suite expects nothing; its mutants, which are routes with a mistake, must be found by one.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { BufferOutbox } from '../../src/buffer/outbox.ts'
import type { DestinationSession, Route } from '../../src/domain/destination.ts'
import { uploadTo } from './buffer-site.ts'
import type { TestCentral } from './central.ts'
import {
  type Host,
  idsIn,
  LEDGER,
  LEDGER_ROWS,
  LEDGER_SQL,
  type LedgerPlace,
  LedgerSite,
  ledgerFindings,
  on,
  storeScans,
} from './ledger-site.ts'
import { type CutPoint, startTcpProxy } from './tcp-proxy.ts'
import { startTestPostgres } from './test-postgres.ts'
import { Killed, killedBehind, type Mortal } from './two-routes.ts'

/** A route with a mistake: as a file with other rows, or as what stands between the uploader and the true destination. */
export interface Mutation {
  readonly rows?: string
  readonly session?: (session: DestinationSession, outbox: BufferOutbox) => DestinationSession
}

export interface Setting {
  readonly database: TestCentral
  readonly place: LedgerPlace
  readonly mutation?: Mutation
}

export type Fault = (setting: Setting) => Promise<readonly string[]>

/** Scans that are stored before each life. */
const SCANS = 8
/** Calls of one life that change something: beyond these, it ends by itself. */
const KILLS = 8
const LANDED_MAX_MS = 30_000
const CONNECTED_MAX_MS = 30_000

/** The tables of the site as they are at first, with the rights that the route needs, and no stream. */
export async function resetLedger({ database, place }: Setting): Promise<void> {
  await database.sql('DROP SCHEMA IF EXISTS line CASCADE')
  await database.sql(LEDGER_SQL)
  await database.sql(await new LedgerSite(database, place).rights())
  await database.sql('TRUNCATE edge_gateway.stream, edge_gateway.quarantine, edge_gateway.incident')
  if (place === 'riding') await database.sql('TRUNCATE qr_code_scans')
}

interface LifeOptions {
  readonly mortal?: Mortal
  readonly hosts?: readonly Host[]
  readonly hasLanded?: Parameters<typeof uploadTo>[2]
}

/** One life on the log of a site. @returns how the route stood at its end */
async function live(
  { mutation = {} }: Setting,
  site: LedgerSite,
  numbers: readonly [from: number, to: number],
  { mortal, hosts, hasLanded }: LifeOptions = {},
): Promise<string> {
  await using outbox = await site.open()
  const mes = site.mesRoute(hosts)
  // Only what comes while both are connected rides along.
  let areStored = mes === undefined
  if (areStored) await storeScans(outbox, ...numbers)
  const store = async () => {
    const untilMs = Date.now() + CONNECTED_MAX_MS
    while (site.riders.size === 0 && Date.now() < untilMs) await wait(10)
    await storeScans(outbox, ...numbers)
    areStored = true
  }
  const isOver: LifeOptions['hasLanded'] = async (uploader) =>
    areStored && (hasLanded === undefined || (await hasLanded(uploader)))
  const dying = (session: DestinationSession) => mortal?.(session) ?? session
  const route = withSessions(site.route(mutation.rows ?? LEDGER_ROWS, hosts), (session) => {
    const mortalSession = dying(session)
    return mutation.session?.(mortalSession, outbox) ?? mortalSession
  })
  const uploads = await Promise.allSettled([
    uploadTo(outbox, route, isOver),
    ...(mes ? [uploadTo(outbox, withSessions(mes, dying), async () => areStored), store()] : []),
  ])
  const [own] = uploads
  for (const upload of uploads) if (upload.status === 'rejected') throw upload.reason
  return own.status === 'fulfilled' ? String(own.value) : 'fallen'
}

function withSessions(route: Route, change: (session: DestinationSession) => DestinationSession): Route {
  const { destination } = route
  const connect: typeof destination.connect = async (...args) => change(await destination.connect(...args))
  return { ...route, destination: { ...destination, connect } }
}

async function findingsOf(
  site: LedgerSite,
  database: Pick<TestCentral, 'sql'>,
  numbers: readonly number[],
  options?: { readonly isInOrder: boolean },
): Promise<readonly string[]> {
  await using outbox = await site.open()
  const findings = await ledgerFindings(database, numbers, await idsIn(outbox), options)
  return site.mesRoute() ? [...findings, ...(await mesFindings(database, numbers.length))] : findings
}

/** The rows of the MES, which others may ride along with. */
async function mesFindings({ sql }: Pick<TestCentral, 'sql'>, scans: number): Promise<readonly string[]> {
  const [found] = await sql<{ rows: number; scans: number }>(
    'SELECT count(*)::int AS rows, count(DISTINCT scanned_at)::int AS scans FROM qr_code_scans',
  )
  const isRight = found?.rows === scans && found.scans === scans
  return isRight ? [] : [`the MES has ${found?.rows} rows of ${found?.scans} scans, and there were ${scans}`]
}

/** Where rows may ride along, some have to: else nothing is proven of rides. */
function rideFindings({ riders }: LedgerSite, { place }: Setting): readonly string[] {
  return place === 'riding' && riders.rides === 0 ? ['no row ever rode along'] : []
}

function upTo(last: number): readonly number[] {
  return Array.from({ length: last }, (_, index) => index + 1)
}

/** The gateway dies behind each call in turn that changes something at the destination, and is started again. */
export const kills: Fault = async (setting) => {
  const site = new LedgerSite(setting.database, setting.place)
  let last = 0
  for (let calls = 1; calls <= KILLS; calls += 1) {
    try {
      await live(setting, site, [last + 1, last + SCANS], { mortal: killedBehind(calls) })
    } catch (error) {
      if (!(error instanceof Killed)) throw error
    }
    last += SCANS
    await live(setting, site, [last + 1, last])
  }
  return [...(await findingsOf(site, setting.database, upTo(last))), ...rideFindings(site, setting)]
}

const CUTS: readonly CutPoint[] = ['before-answer', 'after-forwarding', 'before-forwarding']

/** The link breaks at a commit: nobody on this side can know whether it was done. */
export const lostCommits: Fault = async (setting) => {
  await using proxy = await startTcpProxy(setting.database.server)
  const site = new LedgerSite(setting.database, setting.place)
  let last = 0
  for (const point of CUTS) {
    const cut = proxy.cutAt((bytes) => /COMMIT/i.test(bytes.toString('latin1')), point)
    await live(setting, site, [last + 1, last + SCANS], { hosts: [proxy] })
    await cut
    last += SCANS
  }
  return await findingsOf(site, setting.database, upTo(last))
}

/** The database is put back to an older copy of itself. */
export const restore: Fault = async (setting) => {
  const { server } = setting.database
  const folder = mkdtempSync(join(tmpdir(), 'millrace-test-'))
  try {
    const site = new LedgerSite(setting.database, setting.place)
    await live(setting, site, [1, SCANS])
    await server.stop('fast')
    await server.snapshot(join(folder, 'older'))
    await server.start()
    await live(setting, site, [SCANS + 1, 5 * SCANS])
    await server.stop('immediate')
    await server.restore(join(folder, 'older'))
    await server.start()
    await live(setting, site, [5 * SCANS + 1, 6 * SCANS])
    return await findingsOf(site, setting.database, upTo(6 * SCANS))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A standby that lags behind becomes the primary; the old one comes back and would take writes. */
export const failover: Fault = async (setting) => {
  const { database } = setting
  const folder = mkdtempSync(join(tmpdir(), 'millrace-test-'))
  const promoted = await startTestPostgres()
  try {
    const site = new LedgerSite(database, setting.place)
    const hosts = [database.server, promoted]
    await live(setting, site, [1, SCANS], { hosts: [database.server] })
    // The copy does not have what comes now.
    await database.server.stop('fast')
    await database.server.snapshot(join(folder, 'data'))
    await database.server.start()
    await live(setting, site, [SCANS + 1, 3 * SCANS], { hosts: [database.server] })
    writeFileSync(join(folder, 'data', 'standby.signal'), '')
    await promoted.stop()
    await promoted.restore(join(folder, 'data'))
    await promoted.start()
    // The copy has the roles and passwords of the original.
    const { database: name } = database.settings().connection
    const login = { ...database.server.superuser(name), port: promoted.port }
    await on(login, 'SELECT pg_promote()')
    await database.server.stop('immediate')
    await live(setting, site, [3 * SCANS + 1, 4 * SCANS], { hosts })
    await database.server.start()
    await live(setting, site, [4 * SCANS + 1, 5 * SCANS], { hosts })
    const old = await findingsOf(site, database, upTo(3 * SCANS))
    const now = await findingsOf(site, { sql: (text) => on(login, text) }, upTo(5 * SCANS))
    return [...old.map((finding) => `the old primary: ${finding}`), ...now]
  } finally {
    await promoted.remove()
    await database.server.start().catch(() => undefined) // It runs already, unless something failed on the way.
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The card is cloned, and both gateways live on: only the one that came first may go on writing. */
export const fork: Fault = async (setting) => {
  const site = new LedgerSite(setting.database, setting.place)
  await live(setting, site, [1, SCANS])
  const clone = site.clone()
  await live(setting, site, [SCANS + 1, 2 * SCANS])
  const state = await live(setting, clone, [2 * SCANS + 1, 3 * SCANS])
  await live(setting, site, [3 * SCANS + 1, 4 * SCANS])
  const numbers = [...upTo(2 * SCANS), ...upTo(4 * SCANS).slice(3 * SCANS)]
  const findings = await findingsOf(site, setting.database, numbers)
  return [...(state === 'fenced' ? [] : [`the clone is ${state}`]), ...findings]
}

/** What was refused lands once its cause is gone, in a gateway that is killed now and then. */
export const mended: Fault = async (setting) => {
  const { database } = setting
  const site = new LedgerSite(database, setting.place)
  const last = 6 * SCANS
  await live(setting, site, [1, last])
  const before = await findingsOf(site, database, upTo(last))
  if (before.length > 0) return before
  await database.sql(`INSERT INTO line.parts (code) VALUES ('P-9')`)
  const untilMs = Date.now() + LANDED_MAX_MS
  const hasLanded: LifeOptions['hasLanded'] = async (uploader) => {
    uploader.retryQuarantine()
    const left = await database.sql(
      `SELECT FROM edge_gateway.quarantine WHERE released_at IS NULL AND event->>'data' = 'P-9'`,
    )
    return left.length === 0 || Date.now() > untilMs
  }
  for (let calls = 1; calls <= 4; calls += 1) {
    try {
      await live(setting, site, [last + 1, last], { mortal: killedBehind(calls), hasLanded })
    } catch (error) {
      if (!(error instanceof Killed)) throw error
    }
  }
  await live(setting, site, [last + 1, last], { hasLanded })
  return await findingsOf(site, database, upTo(last), { isInOrder: false })
}

/** Every fault by its name. */
export const FAULTS: Readonly<Record<string, Fault>> = {
  kills,
  'lost commits': lostCommits,
  'a restore from an older copy': restore,
  'a failover to a lagging standby': failover,
  'a fork': fork,
  'causes of refusals that are mended': mended,
}

/** Changes single calls of a session; the others are the true ones. */
export function changed<T extends object>(true_: T, changes: Partial<T>): T {
  return Object.assign(Object.create(true_) as T, changes)
}

/** The cursor of the route in the log. */
export async function cursorOf(outbox: BufferOutbox) {
  return { ...outbox.identity, ...(await outbox.cursor(LEDGER)) }
}
