/** A maintenance that people set in `machines.status`, beside what the gateway writes there. */
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import type { DestinationSession } from '../../../src/domain/destination.ts'
import type { Event } from '../../../src/domain/events/event.ts'
import type { ReferenceMachine } from '../../../src/domain/reference-data.ts'
import { createReferenceSource } from '../../../src/routes/mes/reference-data.ts'
import { createMesDestination } from '../../../src/routes/mes/route.ts'
import { startTestCentral, type TestCentral } from '../../support/central.ts'
import { opened, stored } from '../../support/central-events.ts'

let central: TestCentral
let session: DestinationSession

beforeAll(async () => {
  central = await startTestCentral()
  session = await createMesDestination(central.settings()).connect(AbortSignal.timeout(30_000))
})
afterAll(async () => {
  await session[Symbol.asyncDispose]()
  await central[Symbol.asyncDispose]()
})
beforeEach(async () => {
  await central.sql('TRUNCATE machine_status_history, edge_gateway.stream, edge_gateway.machine')
  await set('available')
})

const set = (status: string) =>
  central.sql(`UPDATE machines SET status = '${status}' WHERE machine_code = 'PRESS-07'`)

/** The gateway writes rows in one transaction: `10:00 idle`, or with their reason. */
async function write(...rows: readonly string[]): Promise<void> {
  const events = rows.map((row): Event => {
    const [time, status, reason = null] = row.split(' ')
    const at = `2026-01-31T${time}:00.000Z`
    return opened({ subject: 'machine:PRESS-07', at, status: status as 'idle', reason })
  })
  await session.transaction((transaction) => transaction.apply(stored(events), { guarded: false }))
}

/** As the gateway reads it. */
async function read(): Promise<ReferenceMachine | undefined> {
  const source = createReferenceSource(central.settings())
  for await (const page of source.read(['machines'], AbortSignal.timeout(30_000)))
    if (page.kind === 'machines' && !('unread' in page))
      return page.rows.find(({ code }) => code === 'PRESS-07')
  return undefined
}

const at = (time: string) => Date.parse(`2026-01-31T${time}:00.000Z`)

describe('machines.status', () => {
  test('says what the newest row says, and beside it for which row the gateway said so', async () => {
    await write('10:00 idle', '10:05 running')
    expect(await read()).toMatchObject({ status: 'running', said: { status: 'running', rowMs: at('10:05') } })
  })

  test('keeps a maintenance that people set, whatever the gateway writes', async () => {
    await write('10:00 idle')
    await set('maintenance')
    await write('10:05 running')
    await write('10:06 down')
    expect(await read()).toMatchObject({
      status: 'maintenance',
      said: { status: 'down', rowMs: at('10:06') },
    })
  })

  test('keeps one that stood there before the gateway wrote anything', async () => {
    await set('maintenance')
    await write('10:00 idle')
    expect(await read()).toMatchObject({ status: 'maintenance', said: { status: 'idle' } })
  })

  test('is the gateway’s again once it has taken the maintenance up, also where that ended at once', async () => {
    await write('10:00 idle')
    await set('maintenance')
    await write('10:05 maintenance')
    expect(await read()).toMatchObject({ status: 'maintenance', said: { status: 'maintenance' } })
    await write('10:10 running')
    expect(await read()).toMatchObject({ status: 'running', said: { status: 'running' } })
    await set('maintenance')
    await write('10:15 maintenance', '10:20 running')
    expect(await read()).toMatchObject({ status: 'running', said: { status: 'running' } })
  })

  test('never calls its own maintenance somebody’s', async () => {
    await write('10:00 maintenance')
    await write('10:05 idle')
    await write('10:10 maintenance', '10:15 running')
    expect(await read()).toMatchObject({ status: 'running', said: { status: 'running' } })
  })

  test('never calls its own maintenance somebody’s where the MES refused what came after it', async () => {
    await write('10:00 maintenance')
    await central.sql(
      `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not now'; END $$;
       CREATE TRIGGER refuse BEFORE UPDATE OF status ON machines FOR EACH ROW EXECUTE FUNCTION refuse()`,
    )
    onTestFinished(async () => {
      await central.sql('DROP FUNCTION IF EXISTS refuse CASCADE')
    })
    await write('10:05 idle')
    // Its row is newer than what was said, so nobody knows what stands there.
    expect(await read()).toMatchObject({ status: 'maintenance', said: null })
    await central.sql('DROP FUNCTION refuse CASCADE')
    await write('10:10 running')
    expect(await read()).toMatchObject({ status: 'running', said: { status: 'running' } })
  })

  test('keeps the end that people gave to it, while the gateway goes on with the maintenance', async () => {
    await write('10:00 maintenance')
    await set('idle')
    await write('10:05 maintenance')
    expect(await read()).toMatchObject({
      status: 'idle',
      said: { status: 'maintenance', rowMs: at('10:05') },
    })
    await write('10:10 running')
    expect(await read()).toMatchObject({ status: 'running' })
  })

  test('is overwritten by the next row where people set anything else, as it always was', async () => {
    await write('10:00 idle')
    await set('running')
    await write('10:05 down')
    expect(await read()).toMatchObject({ status: 'down', said: { status: 'down' } })
  })

  test('is not touched where people have decommissioned the machine', async () => {
    await write('10:00 idle')
    await set('decommissioned')
    await write('10:05 down')
    expect(await read()).toMatchObject({ status: 'decommissioned' })
  })

  test('is nobody’s word where a trigger of the MES makes it of what the gateway says', async () => {
    await central.sql(
      `CREATE FUNCTION reword() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
         IF NEW.status = 'down' THEN NEW.status := 'maintenance'; END IF; RETURN NEW; END $$;
       CREATE TRIGGER reword BEFORE UPDATE OF status ON machines FOR EACH ROW EXECUTE FUNCTION reword()`,
    )
    onTestFinished(async () => {
      await central.sql('DROP FUNCTION reword CASCADE')
    })
    await write('10:00 idle', '10:05 down')
    expect(await read()).toMatchObject({ status: 'maintenance', said: { status: 'maintenance' } })
    await write('10:10 running')
    expect(await read()).toMatchObject({ status: 'running', said: { status: 'running' } })
  })

  test('is not taken for somebody’s where another gateway has written rows of the machine meanwhile', async () => {
    await write('10:00 idle')
    await central.sql(
      `INSERT INTO machine_status_history (organization_id, machine_id, changed_at, new_status)
       SELECT organization_id, id, '2026-01-31T10:30:00Z', 'maintenance' FROM machines WHERE machine_code = 'PRESS-07'`,
    )
    await set('maintenance')
    await write('11:00 running')
    expect(await read()).toMatchObject({ status: 'running', said: { status: 'running' } })
  })

  test('stays what people set where nothing is seen of the machine any more', async () => {
    await write('10:00 idle')
    await set('maintenance')
    await write('10:05 maintenance SET_IN_MES')
    await write('22:05 available NO_DATA')
    expect(await read()).toMatchObject({ status: 'maintenance', said: { status: 'available' } })
    await write('22:06 maintenance SET_IN_MES')
    await set('idle')
    await write('22:10 available NO_DATA')
    expect(await read()).toMatchObject({ status: 'available', said: { status: 'available' } })
  })

  test('is not set again where people have ended theirs before the gateway wrote its row', async () => {
    await write('10:00 idle')
    await set('maintenance')
    await set('idle')
    await write('10:05 maintenance SET_IN_MES')
    expect(await read()).toMatchObject({ status: 'idle', said: { status: 'maintenance' } })
    await write('10:06 down')
    expect(await read()).toMatchObject({ status: 'down', said: { status: 'down' } })
  })

  test('ends with what the PLC showed where nothing is seen of the machine any more', async () => {
    await write('10:00 maintenance')
    await write('22:00 available NO_DATA')
    expect(await read()).toMatchObject({ status: 'available', said: { status: 'available' } })
  })

  test('says nothing of who said it where another gateway writes rows of the machine too', async () => {
    await write('10:00 idle')
    await central.sql(
      `INSERT INTO machine_status_history (organization_id, machine_id, changed_at, new_status)
       SELECT organization_id, id, '2026-01-31T10:30:00Z', 'maintenance' FROM machines WHERE machine_code = 'PRESS-07'`,
    )
    await set('maintenance')
    expect(await read()).toMatchObject({ status: 'maintenance', said: null })
  })
})
