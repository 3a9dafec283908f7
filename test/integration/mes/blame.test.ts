/** Whose fault a refusal is, on a real server: a row is set aside and the rest lands; for a table everything waits. */
import { Client } from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { createMesSchema, SAV, seedMasterData } from '../../../simulators/central/mes.ts'
import { utcText } from '../../../src/domain/instant.ts'
import { machineOwner } from '../../../src/domain/owner.ts'
import { gatewaySql } from '../../../src/routes/mes/gateway-sql.ts'
import { createMesDestination } from '../../../src/routes/mes/route.ts'
import { Secret } from '../../../src/runtime/secret.ts'
import { startTestCentral, type TestCentral } from '../../support/central.ts'
import { amended, downtime, opened } from '../../support/central-events.ts'
import { startDelivery } from '../../support/delivery.ts'
import {
  beginAgain,
  countRows,
  dropRule,
  IS_ROW_FIVE,
  MACHINES,
  openings,
  quarantinedIn,
  START_MS,
  setRule,
} from '../../support/site-rules.ts'

let central: TestCentral

beforeAll(async () => {
  central = await startTestCentral()
})
afterAll(() => central[Symbol.asyncDispose]())
beforeEach(() => beginAgain(central))

const landed = () => countRows(central, 'machine_status_history')
const quarantined = () => quarantinedIn(central)
/** The site does this with the fifth row, or with every row. */
const triggerThat = (does: string, when = IS_ROW_FIVE) => setRule(central, `IF ${when} THEN ${does}; END IF`)
const noTrigger = () => dropRule(central)

// Fault of the catalogue: [F9]
describe('one row that the site refuses is set aside and the others land, whatever the code', () => {
  test.each([
    ['MX001', `RAISE EXCEPTION 'no such order' USING ERRCODE = 'MX001'`],
    ['P0001', `RAISE EXCEPTION 'no such order'`],
    ['P0002', `RAISE no_data_found`],
    ['P0003', `RAISE too_many_rows`],
    ['P0004', `ASSERT false`],
    ['21000', `PERFORM (SELECT 1 UNION ALL SELECT 2)`],
    ['2F003', `RAISE EXCEPTION 'no' USING ERRCODE = '2F003'`],
    ['38000', `RAISE EXCEPTION 'no' USING ERRCODE = '38000'`],
    ['44000', `RAISE EXCEPTION 'no' USING ERRCODE = '44000'`],
    ['0A000', `RAISE EXCEPTION 'no' USING ERRCODE = '0A000'`],
    ['42883', `PERFORM no_such_function(1)`],
    ['42P01', `PERFORM 1 FROM no_such_table`],
    ['XX000', `RAISE EXCEPTION 'no' USING ERRCODE = 'XX000'`],
  ])('%s', async (code, does) => {
    await triggerThat(does)
    const delivery = await startDelivery(central.settings(), openings(10))
    await delivery.untilEmpty()
    expect(await landed()).toBe(9)
    expect(await quarantined()).toEqual([{ seq: 5, sqlstate: code }])
    await delivery.stop()
    await noTrigger()
  })

  test('and so does one that a deferred constraint refuses', async () => {
    await central.sql(`CREATE FUNCTION site_rule() RETURNS TRIGGER LANGUAGE plpgsql AS $$
      BEGIN IF NEW.notes LIKE '%row five%' THEN RAISE foreign_key_violation; END IF; RETURN NULL; END $$`)
    await central.sql(`CREATE CONSTRAINT TRIGGER site_rule AFTER INSERT ON machine_status_history
      DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION site_rule()`)
    const delivery = await startDelivery(central.settings(), openings(10))
    await delivery.untilEmpty()
    expect(await landed()).toBe(9)
    expect(await quarantined()).toEqual([{ seq: 5, sqlstate: '23503' }])
    await delivery.stop()
    await noTrigger()
  })

  test('an amendment of a row that was set aside follows it, and lands behind it once that is mended', async () => {
    await triggerThat(`RAISE EXCEPTION 'no such order'`)
    const delivery = await startDelivery(central.settings(), openings(10))
    await delivery.untilEmpty()
    await delivery.store([
      amended({ at: utcText(START_MS + 4_000), subject: machineOwner('WELD-03') }),
      ...openings(1, MACHINES, START_MS + 60_000),
    ])
    await delivery.untilEmpty()
    expect((await quarantined()).map(({ seq }) => seq)).toEqual([5, 11])
    await noTrigger()
    delivery.uploader.retryQuarantine()
    await delivery.until(async () => (await quarantined()).length === 0)
    expect(await countRows(central, 'machine_status_history WHERE duration_minutes = 5')).toBe(1)
    expect(await landed()).toBe(11)
  })
})

describe('a table that refuses every row makes the batch wait, and nothing is set aside', () => {
  test.each([
    [
      'an exhausted sequence',
      'ALTER SEQUENCE machine_status_history_id_seq MAXVALUE 100000 RESTART 100000; SELECT nextval($$machine_status_history_id_seq$$)',
      'ALTER SEQUENCE machine_status_history_id_seq NO MAXVALUE',
      'reached maximum value of sequence',
    ],
    [
      'a column that has become NOT NULL',
      'DELETE FROM machine_status_history; ALTER TABLE machine_status_history ALTER work_order_id SET NOT NULL',
      'ALTER TABLE machine_status_history ALTER work_order_id DROP NOT NULL',
      'work_order_id',
    ],
    [
      'a new column that must be filled',
      'DELETE FROM machine_status_history; ALTER TABLE machine_status_history ADD shift_id INTEGER NOT NULL',
      'ALTER TABLE machine_status_history DROP COLUMN shift_id',
      'give machine_status_history.shift_id a default',
    ],
    [
      'a rule that refuses everything',
      'ALTER TABLE machine_status_history ADD CONSTRAINT closed CHECK (false) NOT VALID',
      'ALTER TABLE machine_status_history DROP CONSTRAINT closed',
      'closed',
    ],
  ])('%s', async (_, broken, mended, named) => {
    const delivery = await startDelivery(central.settings(), openings(1))
    await delivery.untilEmpty()
    await central.sql(broken)
    await delivery.store(openings(60, MACHINES, START_MS + 60_000))
    const standing = () => delivery.uploader.health().summary
    await delivery.until(() => standing().state === 'waiting')
    expect(standing().cause).toContain(named)
    expect(standing().cause).toContain('every status.opened is refused from event 2 of CNC-01')
    expect(standing().cause).toContain('2026-01-31T09:01:00.000Z')
    expect(await quarantined()).toEqual([])
    await central.sql(mended)
    await delivery.untilEmpty()
    expect(await landed()).toBeGreaterThanOrEqual(60)
    expect(await quarantined()).toEqual([])
  })
})

test('a lone row that is refused waits, named, until another one lands', async () => {
  await triggerThat(`RAISE EXCEPTION 'no such order'`)
  const delivery = await startDelivery(central.settings(), openings(4))
  await delivery.untilEmpty()
  await delivery.store(openings(5).slice(4))
  await delivery.until(() => delivery.uploader.health().summary.state === 'waiting')
  expect(delivery.uploader.health().summary.cause).toMatch(
    /^event 5 of WELD-03 \(status\.opened, 2026-01-31T09:00:04\.000Z\) is refused, and nothing shows yet/,
  )
  expect(await quarantined()).toEqual([])
  await delivery.store(openings(1, ['CNC-01'], START_MS + 60_000))
  await delivery.untilEmpty(30_000)
  expect((await quarantined()).map(({ seq }) => seq)).toEqual([5])
  expect(delivery.uploader.health().summary.state).toBe('connected')
  await noTrigger()
})

describe('machines.status', () => {
  const statusOf = async (code: string) =>
    (await central.sql<{ status: string }>('SELECT status FROM machines WHERE machine_code = $1', [code]))[0]
      ?.status

  test('that the MES refuses keeps no row out, and is said', async () => {
    await central.sql(`UPDATE machines SET status = 'available'`)
    await central.sql(`ALTER TABLE machines ADD CONSTRAINT known CHECK (status IN ('available', 'running'))`)
    const delivery = await startDelivery(central.settings(), [
      opened({ subject: machineOwner('CNC-01'), status: 'idle' }),
      opened({ subject: machineOwner('WELD-03'), status: 'running' }),
    ])
    await delivery.untilEmpty()
    expect(await landed()).toBe(2)
    expect(await quarantined()).toEqual([])
    expect(await statusOf('CNC-01')).toBe('available')
    expect(await statusOf('WELD-03')).toBe('running')
    await delivery.until(() => delivery.uploader.health().troubles.length > 0, 30_000)
    expect(delivery.uploader.health().troubles).toMatchObject([
      {
        code: 'central-machines',
        machine: 'CNC-01',
        what: expect.stringContaining('machines.status of CNC-01 is not kept current'),
        hint: expect.stringContaining('machine_status: false'),
      },
    ])
    await central.sql('ALTER TABLE machines DROP CONSTRAINT known')
  })

  test('that a deferred constraint refuses keeps no row out either', async () => {
    await central.sql(`UPDATE machines SET status = 'available'`)
    await central.sql(`CREATE FUNCTION site_rule() RETURNS TRIGGER LANGUAGE plpgsql AS $$
      BEGIN IF NEW.status = 'idle' THEN RAISE check_violation; END IF; RETURN NULL; END $$`)
    await central.sql(`CREATE CONSTRAINT TRIGGER site_rule AFTER UPDATE ON machines
      DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION site_rule()`)
    const delivery = await startDelivery(central.settings(), [
      opened({ subject: machineOwner('CNC-01'), status: 'idle' }),
      opened({ subject: machineOwner('WELD-03'), status: 'down' }),
    ])
    await delivery.untilEmpty()
    expect(await landed()).toBe(2)
    expect(await quarantined()).toEqual([])
    expect([await statusOf('CNC-01'), await statusOf('WELD-03')]).toEqual(['available', 'down'])
  })

  test('of a machine that somebody edits follows with a later batch', async () => {
    await central.sql(`UPDATE machines SET status = 'available'`)
    const delivery = await startDelivery(central.settings(), openings(1, ['WELD-03']))
    await delivery.untilEmpty()
    const mes = new Client(central.server.superuser())
    await mes.connect()
    await mes.query(`BEGIN; UPDATE machines SET name = name WHERE machine_code = 'CNC-01'`)
    await delivery.store([opened({ subject: machineOwner('CNC-01'), status: 'down' })])
    await delivery.untilEmpty()
    expect(await landed()).toBe(2)
    expect(await statusOf('CNC-01')).toBe('available')
    await mes.query('ROLLBACK')
    await mes.end()
    await delivery.store(openings(1, ['WELD-03'], START_MS + 60_000))
    await delivery.until(async () => (await statusOf('CNC-01')) === 'down')
  })

  test('of a machine that somebody edits follows by itself, also where nothing more happens', async () => {
    await central.sql(`UPDATE machines SET status = 'available'`)
    const mes = new Client(central.server.superuser())
    await mes.connect()
    await mes.query(`BEGIN; UPDATE machines SET name = name WHERE machine_code = 'CNC-01'`)
    const delivery = await startDelivery(central.settings(), [
      opened({ subject: machineOwner('CNC-01'), status: 'down' }),
    ])
    await delivery.untilEmpty()
    expect(await statusOf('CNC-01')).toBe('available')
    await mes.query('ROLLBACK')
    await mes.end()
    // The next of its looks, which it takes every 20 s.
    delivery.uploader.retryQuarantine()
    await delivery.until(async () => (await statusOf('CNC-01')) === 'down')
    await delivery.until(() => delivery.uploader.health().troubles.length === 0)
  })

  test('keeps nobody who edits a machine waiting, however many others somebody holds', async () => {
    const held = Array.from({ length: 12 }, (_, index) => `HELD-${index}`)
    await central.sql(
      `INSERT INTO machines (organization_id, plant_id, machine_code, name, machine_type)
       SELECT organization_id, plant_id, held, 'H', machine_type
       FROM unnest($1::text[]) AS held, (SELECT * FROM machines WHERE machine_code = 'CNC-01' LIMIT 1) AS like_this`,
      [held],
    )
    await central.sql(`UPDATE machines SET status = 'available'`)
    const holder = new Client(central.server.superuser())
    await holder.connect()
    await holder.query(`BEGIN; UPDATE machines SET name = name WHERE machine_code LIKE 'HELD-%'`)
    const editor = new Client(central.server.superuser())
    await editor.connect()
    await editor.query(`SET lock_timeout = '3s'`)
    const delivery = await startDelivery(
      central.settings(),
      ['CNC-01', ...held, 'WELD-03'].map((code) => opened({ subject: machineOwner(code), status: 'down' })),
    )
    // The test fails by the editor's own patience.
    while ((await delivery.pending()) > 0)
      await editor.query(`UPDATE machines SET name = name WHERE machine_code = 'CNC-01'`)
    expect(await landed()).toBe(14)
    expect(await statusOf('WELD-03')).toBe('down')
    await holder.query('ROLLBACK')
    await delivery.store(openings(1, ['CNC-01'], START_MS + 120_000))
    for (const code of held) await delivery.until(async () => (await statusOf(code)) === 'down')
    await holder.end()
    await editor.end()
    await delivery.stop()
    await central.sql('TRUNCATE machine_status_history')
    await central.sql(`DELETE FROM machines WHERE machine_code LIKE 'HELD-%'`)
  })

  test('is right for a machine whose rows came out of quarantine', async () => {
    const delivery = await startDelivery(central.settings(), [
      ...openings(3),
      opened({ subject: machineOwner('LASER-09'), status: 'down' }),
    ])
    await delivery.untilEmpty()
    await central.sql(
      `INSERT INTO machines (organization_id, plant_id, machine_code, name, machine_type)
       SELECT organization_id, plant_id, 'LASER-09', 'L', machine_type FROM machines WHERE machine_code = 'CNC-01' LIMIT 1`,
    )
    delivery.uploader.retryQuarantine()
    await delivery.until(async () => (await statusOf('LASER-09')) === 'down')
    await central.sql('TRUNCATE machine_status_history')
    await central.sql(`DELETE FROM machines WHERE machine_code = 'LASER-09'`)
  })
})

test('rows of a machine that somebody holds for long are set aside, and the other machines go on', {
  timeout: 120_000,
}, async () => {
  const delivery = await startDelivery(central.settings(), openings(3))
  await delivery.untilEmpty()
  const mes = new Client(central.server.superuser())
  await mes.connect()
  await mes.query(`BEGIN; SELECT FROM machines WHERE machine_code = 'PRESS-07' FOR UPDATE`)
  await delivery.store(openings(9, MACHINES, START_MS + 60_000))
  await delivery.until(() => delivery.uploader.health().summary.state === 'waiting')
  expect(delivery.uploader.health().summary.cause).toMatch(
    /^event 6 of PRESS-07 .* waits for somebody's lock/,
  )
  expect(await quarantined()).toEqual([])
  await delivery.untilEmpty(40_000)
  expect(await landed()).toBe(9)
  expect((await quarantined()).map(({ seq }) => seq)).toEqual([6, 9, 12])
  await mes.query('ROLLBACK')
  await mes.end()
  delivery.uploader.retryQuarantine()
  await delivery.until(async () => (await landed()) === 12)
  expect(await quarantined()).toEqual([])
})

describe('an unknown machine', () => {
  /** Statements that the gateway sends for this load, all of it one batch after the other. */
  async function statementsFor(machines: readonly string[]): Promise<number> {
    const sent = vi.spyOn(Client.prototype, 'query')
    const delivery = await startDelivery(
      central.settings({ batch: { rows: 500, lingerMs: 200 } }),
      openings(5_000, machines),
    )
    await delivery.untilEmpty()
    await delivery.stop()
    const { length } = sent.mock.calls
    sent.mockRestore()
    await central.sql('TRUNCATE machine_status_history, edge_gateway.stream')
    return length
  }

  test('of several costs the others one statement a batch', async () => {
    const known = await statementsFor(MACHINES)
    const oneUnknown = await statementsFor(['CNC-01', 'WELD-03', 'GHOST'])
    expect(await countRows(central, 'edge_gateway.quarantine')).toBe(1_666)
    expect(oneUnknown).toBeLessThan(known * 1.35)
  })

  test('is counted whole, and its rows land together once it is known', async () => {
    const delivery = await startDelivery(central.settings(), openings(6_000, ['LASER-09']))
    await delivery.untilEmpty()
    await delivery.until(() => delivery.uploader.health().summary.quarantineCount === 6_000)
    expect(delivery.uploader.health().troubles[0]?.what).toContain('6000 rows that central refused')
    await central.sql(
      `INSERT INTO machines (organization_id, plant_id, machine_code, name, machine_type)
       SELECT organization_id, plant_id, 'LASER-09', 'L', machine_type FROM machines WHERE machine_code = 'CNC-01' LIMIT 1`,
    )
    const sent = vi.spyOn(Client.prototype, 'query')
    delivery.uploader.retryQuarantine()
    await delivery.until(async () => (await landed()) === 6_000)
    expect(sent.mock.calls.length).toBeLessThan(200)
    sent.mockRestore()
    await delivery.until(() => delivery.uploader.health().summary.quarantineCount === 0)
    await central.sql('TRUNCATE machine_status_history')
    await central.sql(`DELETE FROM machines WHERE machine_code = 'LASER-09'`)
  })
})

describe('a central whose encoding is LATIN1', () => {
  const ROLE = 'millrace_latin'
  const password = 'of-the-test'

  async function latinCentral() {
    await central.sql(
      `CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0 LOCALE_PROVIDER libc LOCALE 'C'`,
    )
    const client = new Client({ ...central.server.superuser(), database: 'latin' })
    await client.connect()
    await createMesSchema(client)
    await seedMasterData(client, { organizations: [{ ...SAV, machines: ['CNC-01', 'WELD-03', 'FRÄSE-1'] }] })
    await client.query(await gatewaySql({ organization: 'SAV', role: ROLE }))
    await client.query(`ALTER ROLE ${ROLE} PASSWORD '${password}'`)
    const settings = central.settings()
    const { connection } = settings
    return {
      client,
      settings: {
        ...settings,
        connection: { ...connection, database: 'latin', user: ROLE, password: new Secret(password) },
      },
    }
  }

  test('takes what it can hold; what it cannot is set aside as it is, and named', async () => {
    const { client, settings } = await latinCentral()
    const cyrillic = opened({ subject: machineOwner('ПРЕСС-1'), remark: '😀 \0 \\' })
    const reason = opened({ subject: machineOwner('WELD-03'), reason: 'Стоп' })
    const delivery = await startDelivery(settings, [
      opened({ subject: machineOwner('FRÄSE-1'), reason: 'Störung' }),
      cyrillic,
      reason,
      ...openings(2, ['CNC-01'], START_MS + 60_000),
      downtime(),
    ])
    await delivery.untilEmpty()
    const { rows } = await client.query(
      'SELECT machine_code, reason_code FROM machine_status_history JOIN machines m ON m.id = machine_id ORDER BY changed_at, 1',
    )
    expect(rows.map((row) => row.machine_code)).toEqual(['FRÄSE-1', 'CNC-01', 'CNC-01'])
    expect(rows[0]?.reason_code).toBe('Störung')
    await using session = await createMesDestination(settings).connect(AbortSignal.timeout(30_000))
    const kept = await session.transaction((transaction) => transaction.quarantined(undefined, 10))
    expect(kept.map(({ seq, event }) => [seq, event])).toEqual([
      [2, cyrillic],
      [3, reason],
    ])
    expect(kept[0]?.reason).toContain('knows no machine')
    expect(await session.holdsAny([cyrillic])).toBe(true)
    expect(await session.holdsAny([opened({ subject: machineOwner('FRÄSE-1') })])).toBe(true)
    expect(await session.holdsAny([opened({ subject: machineOwner('ПРЕСС-2') })])).toBe(false)
    expect((await session.quarantineSummary(5)).count).toBe(2)
    await client.end()
  })
})
