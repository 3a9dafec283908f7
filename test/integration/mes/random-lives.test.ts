/**
 * Random lives of machines and of a station go through uploaders of many small pages into a real central, while links are cut and rows are
 * held or refused. What must be there in the end is worked out by a model that knows nothing of pages, batches or transactions.
 */
import { Client } from 'pg'
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest'
import type { BufferOutbox } from '../../../src/buffer/outbox.ts'
import type { Route } from '../../../src/domain/destination.ts'
import { createMesRoute } from '../../../src/routes/mes/route.ts'
import type { Riders } from '../../../src/routes/route-kind.ts'
import { createStopBudget } from '../../../src/runtime/budget.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { createLog } from '../../../src/runtime/log.ts'
import { createUploader, type Uploader } from '../../../src/uploader/upload.ts'
import { createRandom, type Random } from '../../simulation/random.ts'
import { testOutbox } from '../../support/buffer.ts'
import { operatorOf, startTestCentral, type TestCentral } from '../../support/central.ts'
import { siteRoute } from '../../support/mapped-site.ts'
import { expectedOf, foundIn, REFUSED, randomLife, STRANGER } from '../../support/random-life.ts'
import { beginAgain } from '../../support/site-rules.ts'
import { startTcpProxy, type TcpProxy } from '../../support/tcp-proxy.ts'

const LIVES = 3
/** Other ones in each run; the name of a test says its seed. */
const SEED = Date.now() % 2 ** 31
const PATIENCE_MS = 180_000

/** The site's own table gets a row for each that is opened. */
const SITE = `to: {schema: site}
rows:
  - {on: status.opened, insert: starts, columns: {machine: machine, at: at}}`
/** What a statement, or the text that several begin with, is known by where a link is cut. */
const CUTS = ['BEGIN', 'INSERT INTO', 'UPDATE edge_gateway', 'SET CONSTRAINTS', 'SAVEPOINT', 'COMMIT']
const POINTS = ['before-forwarding', 'after-forwarding', 'before-answer'] as const

let central: TestCentral
let operator: number

beforeAll(async () => {
  central = await startTestCentral()
  operator = await operatorOf(central)
  await central.sql(`CREATE SCHEMA site; CREATE TABLE site.starts (machine text, at timestamptz);
    GRANT USAGE ON SCHEMA site TO "${central.role}"; GRANT INSERT ON site.starts TO "${central.role}"`)
})
afterAll(() => central[Symbol.asyncDispose]())
beforeEach(async () => {
  await beginAgain(central)
  await central.sql(`TRUNCATE qr_code_scans, edge_gateway.machine, site.starts, machine_status_history, downtime_events;
    DELETE FROM machines WHERE machine_code = '${STRANGER}'; UPDATE machines SET status = 'available';
    CREATE FUNCTION public.site_rule() RETURNS TRIGGER LANGUAGE plpgsql AS $$ BEGIN
      IF NEW.notes LIKE '%${REFUSED}%' THEN RAISE check_violation; END IF; RETURN NEW; END $$`)
  for (const table of ['machine_status_history', 'downtime_events'])
    await central.sql(
      `CREATE TRIGGER site_rule BEFORE INSERT OR UPDATE ON ${table} FOR EACH ROW EXECUTE FUNCTION site_rule()`,
    )
})

/** An uploader with pages of a quarter of its batches; it ends with the test. */
function upload(outbox: BufferOutbox, route: Route) {
  const stop = new AbortController()
  const uploader = createUploader({
    outbox,
    route,
    clock: systemClock,
    random: Math.random,
    log: createLog('silent'),
    budget: createStopBudget(stop.signal, systemClock),
    pageRows: Math.ceil(route.batch.rows / 4),
  })
  const running = uploader.run(stop.signal)
  onTestFinished(async () => {
    stop.abort()
    await running
  })
  return uploader
}

/** The MES's route through the proxy, and with it that of the site's table, which may ride along. */
function routesOf(random: Random, proxy: TcpProxy): readonly Route[] {
  const batch = { rows: random.pick([4, 8, 16, 64, 200]), lingerMs: random.pick([0, 20]) }
  const settings = { ...central.settingsVia(proxy), batch }
  const riders: Riders = new Set()
  const how = random.pick(['alone', 'beside', 'riding'])
  if (how === 'alone') return [createMesRoute(settings)]
  if (how === 'beside') return [createMesRoute(settings), siteRoute(central, SITE)]
  return [createMesRoute(settings, { riders }), siteRoute(central, SITE, riders)]
}

async function troubled(random: Random, proxy: TcpProxy, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    await systemClock.sleep(random.between(0, 80))
    const what = random.pick(['cut', 'cut', 'hold', 'reset', 'nothing', 'nothing'])
    if (what === 'reset') proxy.reset()
    if (what === 'hold') await heldMachine(random.between(50, 900))
    if (what !== 'cut') continue
    const [text, point] = [random.pick(CUTS), random.pick(POINTS)]
    let others = random.between(0, 6)
    const cut = proxy.cutAt((bytes) => bytes.includes(text) && others-- === 0, point)
    await Promise.race([cut, systemClock.sleep(1_500)])
  }
}

/** Somebody edits a machine for so long. */
async function heldMachine(ms: number): Promise<void> {
  const mes = new Client(central.server.superuser())
  await mes.connect()
  await mes.query(`BEGIN; SELECT FROM machines WHERE machine_code = 'CNC-01' FOR NO KEY UPDATE`)
  await systemClock.sleep(ms)
  await mes.query('ROLLBACK')
  await mes.end()
}

/** Waits until all of it is in central, and nothing else. */
async function expectDelivered(
  expected: ReturnType<typeof expectedOf>,
  outbox: BufferOutbox,
  uploaders: readonly Uploader[],
): Promise<void> {
  const untilMs = Date.now() + PATIENCE_MS
  const isAll = async () => {
    const { consumers } = await outbox.stats()
    return consumers.every(({ pending }) => pending === 0) && expected.isIn(await foundIn(central))
  }
  while (!(await isAll()) && Date.now() < untilMs) await systemClock.sleep(50)
  const found = await foundIn(central)
  expect(found, JSON.stringify(uploaders.map((one) => one.health()))).toMatchObject(expected.state)
  expect(expected.isIn(found), JSON.stringify(found.aside)).toBe(true)
}

test.each(Array.from({ length: LIVES }, (_, nth) => SEED + nth))(
  'everything of a life is in central once, or set aside until that is mended: seed %i',
  { timeout: 2 * PATIENCE_MS + 60_000 },
  async (seed) => {
    const random = createRandom(seed)
    const events = randomLife(random, { operator, count: random.between(50, 400) })
    await using proxy = await startTcpProxy(central.server)
    const routes = routesOf(random, proxy)
    const consumers = routes.map(({ name, must }) => ({ name, must }))
    const outbox = await testOutbox({ consumers })
    const uploaders = routes.map((route) => upload(outbox, route))
    let isOver = false
    const troubles = random.chance(0.8) ? troubled(random, proxy, () => isOver) : undefined
    for (let at = 0; at < events.length; ) {
      const count = random.pick([1, 3, 20, 100])
      await outbox.append({ at: systemClock.now(), events: events.slice(at, at + count), states: {} })
      at += count
      if (random.chance(0.3)) await systemClock.sleep(random.between(0, 60))
    }
    await systemClock.sleep(random.between(0, 1_500))
    isOver = true
    await troubles
    // What was still to be cut is not.
    void proxy.cutAt(() => false, 'before-answer')

    const hasSite = routes.length > 1
    await expectDelivered(expectedOf(events, { hasSite, isMended: false }), outbox, uploaders)
    await central.sql(`DROP FUNCTION public.site_rule CASCADE;
      INSERT INTO machines (organization_id, plant_id, machine_code, name, status)
      SELECT organization_id, id, '${STRANGER}', 'New', 'available' FROM plants WHERE code = 'SAV-1'`)
    for (const uploader of uploaders) uploader.retryQuarantine()
    await expectDelivered(expectedOf(events, { hasSite, isMended: true }), outbox, uploaders)
  },
)
