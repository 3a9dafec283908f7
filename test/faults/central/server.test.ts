/** Central itself in trouble: stopped in a commit, read-only, out of connections or disk, deadlocked, behind a pooler. */
import { execFileSync } from 'node:child_process'
import { chownSync, mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, beforeEach, describe, onTestFinished, test } from 'vitest'
import { serverAccount } from '../../../simulators/central/account.ts'
import { startTestCentral, type TestCentral } from '../../support/central.ts'
import { type Delivery, startDelivery } from '../../support/delivery.ts'
import { hasPgBouncer, startPgBouncer } from '../../support/pgbouncer.ts'
import { setRule } from '../../support/site-rules.ts'
import { canMount } from '../../support/small-disk.ts'
import { startTcpProxy } from '../../support/tcp-proxy.ts'
import { beginAnew, expectExactly, minutes } from './rows.ts'

const PATIENCE_MS = 120_000
const isCommit = (bytes: Buffer) => bytes.includes('COMMIT')

let central: TestCentral

beforeAll(async () => {
  central = await startTestCentral()
})
afterAll(() => central[Symbol.asyncDispose]())
beforeEach(() => beginAnew(central))

/** Until the uploader waits, and says why in such words. */
async function untilWaiting({ until, uploader }: Delivery, words: RegExp): Promise<void> {
  await until(() => words.test(uploader.health().summary.cause ?? ''), PATIENCE_MS)
}

async function endSessions(): Promise<void> {
  await central.sql('SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE usename = $1', [
    central.role,
  ])
}

async function settle(setting: string): Promise<void> {
  await central.sql(`ALTER SYSTEM ${setting}`)
  await central.sql('SELECT pg_reload_conf()')
}

test('[F1] stopped as hard as by a power cut, each time in the middle of a commit', {
  timeout: PATIENCE_MS,
}, async () => {
  const rounds = 3
  await using proxy = await startTcpProxy(central.server)
  const delivery = await startDelivery(central.settingsVia(proxy), minutes(0, 5))
  await delivery.untilEmpty()
  for (let round = 1; round <= rounds; round += 1) {
    const cut = proxy.cutAt(isCommit, round === 2 ? 'before-answer' : 'after-forwarding')
    await delivery.store(minutes(5 * round, 5 * (round + 1)))
    await cut
    await central.server.stop('immediate')
    await central.server.start()
  }
  await delivery.untilEmpty(PATIENCE_MS)
  await expectExactly(central, 5 * (rounds + 1))
})

describe('[F7] a central that takes nothing for a while gets everything once, and nothing is set aside', () => {
  test('read-only', { timeout: PATIENCE_MS }, async () => {
    const delivery = await startDelivery(central.settings(), minutes(0, 2))
    await delivery.untilEmpty()
    await settle('SET default_transaction_read_only = on')
    await delivery.store(minutes(2, 4))
    await untilWaiting(delivery, /read-only|takes no writes|replica/)
    await settle('RESET default_transaction_read_only')
    await delivery.untilEmpty(PATIENCE_MS)
    await expectExactly(central, 4)
  })

  test('no connection left (53300)', { timeout: PATIENCE_MS }, async () => {
    const delivery = await startDelivery(central.settings(), minutes(0, 2))
    await delivery.untilEmpty()
    await central.sql(`ALTER ROLE ${central.role} CONNECTION LIMIT 0`)
    await endSessions()
    await delivery.store(minutes(2, 4))
    await untilWaiting(delivery, /too many connections/)
    await central.sql(`ALTER ROLE ${central.role} CONNECTION LIMIT -1`)
    await delivery.untilEmpty(PATIENCE_MS)
    await expectExactly(central, 4)
  })

  test('shutting down, and then starting (57P03)', { timeout: PATIENCE_MS }, async () => {
    const delivery = await startDelivery(central.settings(), minutes(0, 2))
    await delivery.untilEmpty()
    const guest = new Client(central.server.superuser())
    await guest.connect()
    const stopped = central.server.stop('smart')
    const refused = () =>
      central.asGateway().then(
        async (client) => void (await client.end()),
        (error: { code?: string }) => error.code,
      )
    await delivery.until(async () => (await refused()) === '57P03', PATIENCE_MS)
    await guest.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1', [
      central.role,
    ])
    await delivery.store(minutes(2, 4))
    await untilWaiting(delivery, /shutting down/)
    await guest.end()
    await stopped
    await central.server.start()
    await delivery.untilEmpty(PATIENCE_MS)
    await expectExactly(central, 4)
  })

  test.skipIf(!canMount)('no space on its disk (53100)', { timeout: PATIENCE_MS }, async () => {
    const disk = join(central.server.logFile, '..', 'small-disk')
    mkdirSync(disk)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', disk])
    onTestFinished(() => void execFileSync('umount', ['--lazy', disk]))
    const { uid = 0, gid = 0 } = serverAccount()
    chownSync(disk, uid, gid)
    await central.sql(`CREATE TABLESPACE small LOCATION '${disk}'`)
    await central.sql('ALTER TABLE machine_status_history SET TABLESPACE small')
    const delivery = await startDelivery(central.settings(), minutes(0, 2))
    await delivery.untilEmpty()
    const { bavail, bsize } = statfsSync(disk)
    writeFileSync(join(disk, 'filling'), Buffer.alloc(bavail * bsize))
    await delivery.store(minutes(2, 400))
    await untilWaiting(delivery, /[Nn]o space left/)
    rmSync(join(disk, 'filling'))
    await delivery.untilEmpty(PATIENCE_MS)
    await expectExactly(central, 400)
    await delivery.stop()
    await central.sql('ALTER TABLE machine_status_history SET TABLESPACE pg_default')
    await central.sql('DROP TABLESPACE small')
  })
})

describe('[F8] transactions that are in each other’s way', () => {
  test('a serialization failure that passes', { timeout: PATIENCE_MS }, async () => {
    await central.sql('CREATE SEQUENCE failures')
    await central.sql('GRANT USAGE ON SEQUENCE failures TO public')
    await setRule(
      central,
      `IF nextval('failures') <= 3 THEN RAISE EXCEPTION 'try again' USING ERRCODE = '40001'; END IF`,
    )
    const delivery = await startDelivery(central.settings(), minutes(0, 5))
    await delivery.untilEmpty(PATIENCE_MS)
    await central.sql('DROP FUNCTION site_rule CASCADE')
    await central.sql('DROP SEQUENCE failures')
    await expectExactly(central, 5)
  })

  test('a deadlock with a person in the MES: the gateway gives way, and the person is served', {
    timeout: PATIENCE_MS,
  }, async () => {
    const delivery = await startDelivery(central.settings(), minutes(0, 2))
    await delivery.untilEmpty()
    const person = new Client(central.server.superuser())
    person.on('error', () => undefined) // A test that failed before its end stops the server below it.
    await person.connect()
    await person.query('BEGIN')
    await person.query(`SELECT FROM machines WHERE machine_code = 'CNC-01' FOR UPDATE`)
    await delivery.store(minutes(2, 4))
    // The gateway's transaction has the stream and waits for the machine; the person has the machine and wants the stream.
    const isWaiting = async () => (await central.sql('SELECT FROM pg_locks WHERE NOT granted')).length > 0
    await delivery.until(isWaiting, PATIENCE_MS)
    await person.query('UPDATE edge_gateway.stream SET last_seq = last_seq')
    await person.query('COMMIT')
    await person.end()
    await delivery.untilEmpty(PATIENCE_MS)
    await expectExactly(central, 4)
  })
})

test.skipIf(!hasPgBouncer())(
  'behind PgBouncer in transaction mode, through ended backends and cut links (where it is installed)',
  { timeout: PATIENCE_MS },
  async () => {
    const rounds = 4
    await using pooler = await startPgBouncer(central)
    await using proxy = await startTcpProxy(pooler)
    const delivery = await startDelivery(central.settingsVia(proxy), minutes(0, 5))
    await delivery.untilEmpty(PATIENCE_MS)
    for (let round = 1; round <= rounds; round += 1) {
      const cut = proxy.cutAt(isCommit, round % 2 === 0 ? 'before-answer' : 'after-forwarding')
      await delivery.store(minutes(5 * round, 5 * (round + 1)))
      await cut
      await endSessions()
    }
    await delivery.untilEmpty(PATIENCE_MS)
    await expectExactly(central, 5 * (rounds + 1))
  },
)
