/** Each fault is planted in a real server, found, and where its remedy is SQL, mended by what the remedy says. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { centralCommand } from '../../../src/commands/central.ts'
import { startTestCentral, type TestCentral } from '../../support/central.ts'
import { commandCall, gatewayYaml } from '../../support/central-check.ts'
import { judgedProduction, saidOf } from '../../support/production-check.ts'
import { makeTlsCertificate } from '../../support/tls-certificate.ts'

let central: TestCentral
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-test-'))
  central = await startTestCentral({ server: { archive_mode: 'on', fsync: 'on' } })
  await reset()
  await writeFile(join(folder, 'gateway.yaml'), gatewayYaml(central))
})
afterAll(async () => {
  await central[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

/** Statements that cannot run within a transaction are sent one by one. */
async function run(...statements: readonly string[]): Promise<void> {
  for (const statement of statements) await central.sql(statement)
}

/** The settings of a server that is kept as it should be. */
async function reset(): Promise<void> {
  await run(
    'ALTER SYSTEM RESET ALL',
    `ALTER SYSTEM SET archive_command = 'true'`,
    `ALTER SYSTEM SET archive_timeout = '5min'`,
    'SELECT pg_reload_conf()',
  )
  await comesTrue(`SELECT FROM pg_settings WHERE name = 'archive_command' AND setting = 'true'`)
}

async function judged(what: string) {
  const verdicts = await judgedProduction(central.settings())
  return {
    said: saidOf(verdicts, what),
    remedies: verdicts.flatMap((one) => (one.what === what ? (one.remedy ?? []) : [])),
  }
}

/** Waits for what the server does by itself. */
async function comesTrue(question: string): Promise<void> {
  await vi.waitFor(async () => expect(await central.sql(question)).not.toEqual([]), { timeout: 60_000 })
}

async function call(...args: readonly string[]) {
  const { context, printed } = commandCall(
    ['check', '--production', '--config', 'gateway.yaml', ...args],
    folder,
    central,
  )
  return { code: await centralCommand.run(context), out: printed() }
}

describe('a server that is kept as it should be', () => {
  test('gets a line for each matter, tips included, and the exit code of what is bad', async () => {
    await run('CREATE TABLE nobody AS SELECT 1', 'SELECT pg_switch_wal()')
    await comesTrue('SELECT FROM pg_stat_archiver WHERE archived_count > 0')
    const { code, out } = await call()
    expect(out).not.toContain('NOT ')
    expect(out).toMatch(/^ok {2}connection: 127\.0\.0\.1:\d+, a primary that takes writes$/m)
    expect(out).toMatch(
      /^tip TLS: off, as configured; the server has ssl = off; the server is on this computer/m,
    )
    expect(out).toMatch(/^ {4}central\.tls: \{mode: verify-full, ca_file/m)
    expect(out).toMatch(
      /^\? {3}last backup: this role may not look for it\n {4}a member of pg_monitor: SELECT/m,
    )
    expect(out).toMatch(/^ok {2}WAL archiving: on, the last file 0 min ago$/m)
    expect(out).toMatch(/\n\d+ good, \d+ could be better, \d+ cannot be seen by this role\n$/)
    expect(code).toBe(0)
  })

  test('says the same as JSON', async () => {
    const { code, out } = await call('--json')
    const verdicts = JSON.parse(out) as { what: string; verdict: string; remedy?: string }[]
    expect(verdicts.find(({ what }) => what === 'version')).toEqual({
      what: 'version',
      verdict: 'good',
      said: expect.stringContaining('PostgreSQL 18'),
    })
    expect(verdicts.filter(({ verdict, remedy }) => verdict !== 'good' && !remedy)).toEqual([])
    expect(code).toBe(0)
  })

  test('is only read: the server keeps every question from writing', async () => {
    const written = () =>
      central.sql(
        'SELECT pg_current_xact_id_if_assigned() AS none, pg_snapshot_xmax(pg_current_snapshot()) AS next',
      )
    const before = await written()
    await judgedProduction(central.settings())
    expect(await written()).toEqual(before)
  })

  test('a role that is bound to nobody is said to be that, and the rest is judged all the same', async () => {
    const verdicts = await judgedProduction({ ...central.settings(), organization: 'OTHER' })
    expect(saidOf(verdicts, 'organization')).toEqual([
      expect.stringMatching(/^bad: role "millrace_sav" is bound to/),
    ])
    expect(saidOf(verdicts, 'version')).toHaveLength(1)
  })

  test('a server that cannot be reached is one line and exit code 1', async () => {
    const [verdict, ...others] = await judgedProduction(central.settingsVia({ host: '127.0.0.1', port: 1 }))
    expect(verdict).toMatchObject({ what: 'connection', verdict: 'bad', remedy: expect.any(String) })
    expect(others).toEqual([])
  })
})

/** A fault of settings that ALTER SYSTEM plants and a reload brings into force. */
interface PlantedSetting {
  readonly what: string
  readonly set: string
  readonly said: string
}

describe('settings of the server', () => {
  afterEach(async () => {
    await reset()
  })

  const planted: readonly PlantedSetting[] = [
    { what: 'durability', set: 'full_page_writes = off', said: 'bad: full_page_writes is off' },
    {
      what: 'statement logging',
      set: `log_statement = 'mod'`,
      said: 'bad: log_statement: every statement is logged',
    },
    {
      what: 'statement logging',
      set: 'log_min_duration_statement = 500',
      said: 'advice: log_parameter_max_length: slow',
    },
    {
      what: 'statement logging',
      set: 'log_parameter_max_length_on_error = 100',
      said: 'advice: log_parameter_max_length_on_error',
    },
    { what: 'autovacuum', set: 'autovacuum = off', said: 'bad: off: dead rows stay' },
    { what: 'passwords', set: `password_encryption = 'md5'`, said: 'bad: new ones are stored as md5' },
    {
      what: 'synchronous standbys',
      set: `synchronous_standby_names = 'ghost'`,
      said: 'bad: "ghost", and no standby is connected',
    },
    { what: 'WAL archiving', set: 'archive_timeout = 0', said: 'advice: on, the last file' },
  ]
  test.each(planted)('$set', async ({ what, set, said }) => {
    await run(`ALTER SYSTEM SET ${set}`, 'SELECT pg_reload_conf()')
    const [name, value] = set.replaceAll("'", '').split(' = ')
    await comesTrue(`SELECT FROM pg_settings WHERE name = '${name}' AND setting = '${value}'`)
    expect((await judged(what)).said).toEqual([expect.stringContaining(said)])
  })

  test('the remedy for what is logged ends it for this role, whatever the server says', async () => {
    await run(`ALTER SYSTEM SET log_statement = 'all'`, 'SELECT pg_reload_conf()')
    await comesTrue(`SELECT FROM pg_settings WHERE name = 'log_statement' AND setting = 'all'`)
    const { remedies } = await judged('statement logging')
    await run(...remedies)
    expect((await judged('statement logging')).said).toEqual([expect.stringMatching(/^good/)])
    await run('ALTER ROLE millrace_sav IN DATABASE postgres RESET log_statement')
  })
})

describe('the role', () => {
  test.each([
    [
      'ALTER ROLE millrace_sav CREATEDB',
      'role',
      'bad: "millrace_sav" may create databases',
      'ALTER ROLE millrace_sav NOCREATEDB',
    ],
    [
      'GRANT DELETE ON downtime_events TO millrace_sav',
      'rights',
      'bad: it has more than it needs',
      'REVOKE DELETE ON downtime_events FROM millrace_sav',
    ],
    [
      'GRANT SELECT ON materials TO PUBLIC',
      'rights',
      'bad: it has more than it needs',
      'REVOKE SELECT ON materials FROM PUBLIC',
    ],
    [
      'ALTER ROLE millrace_sav CONNECTION LIMIT 2',
      'connection limit',
      'bad: 2, and the gateways',
      'ALTER ROLE millrace_sav CONNECTION LIMIT -1',
    ],
    [
      `ALTER ROLE millrace_sav VALID UNTIL 'tomorrow'`,
      'password',
      'advice: valid until',
      `ALTER ROLE millrace_sav VALID UNTIL 'infinity'`,
    ],
  ])('%s', async (fault, what, said, undo) => {
    await run(fault)
    expect((await judged(what)).said).toEqual([expect.stringContaining(said)])
    await run(undo)
  })

  test('what the remedy revokes is enough', async () => {
    await run('GRANT DELETE ON downtime_events TO millrace_sav', 'GRANT SELECT ON materials TO PUBLIC')
    const { remedies } = await judged('rights')
    await run(
      ...remedies
        .join('\n')
        .split('\n')
        .filter((line) => line.startsWith('REVOKE')),
    )
    expect((await judged('rights')).said).toEqual([expect.stringMatching(/^good/)])
  })

  test('another login that may write the streams is named, one that may read them is a tip', async () => {
    await run(
      'CREATE ROLE reporting LOGIN',
      'GRANT USAGE ON SCHEMA edge_gateway TO reporting',
      'GRANT SELECT ON edge_gateway.stream TO reporting',
    )
    expect((await judged('other logins')).said).toEqual(['advice: reporting may read in edge_gateway'])
    await run('GRANT UPDATE (last_seq) ON edge_gateway.stream TO reporting')
    const { said, remedies } = await judged('other logins')
    expect(said).toEqual([expect.stringContaining('bad: reporting may write in edge_gateway')])
    await run(
      ...remedies
        .join('\n')
        .split('\n')
        .filter((line) => line.startsWith('REVOKE')),
    )
    expect((await judged('other logins')).said).toEqual([expect.stringMatching(/^good/)])
    await run('DROP OWNED BY reporting', 'DROP ROLE reporting')
  })
})

describe('tables and indexes', () => {
  test.each([
    [
      'DROP INDEX idx_machine_status_history_machine',
      'machine_status_history has none on (machine_id, changed_at)',
    ],
    ['DROP INDEX idx_downtime_events_machine', 'downtime_events has none on (machine_id, started_at)'],
    ['DROP INDEX idx_qr_code_scans_scanned_at', 'qr_code_scans has none on (scanned_at)'],
  ])('%s', async (fault, said) => {
    await run(fault)
    const found = await judged('indexes')
    expect(found.said).toEqual([expect.stringContaining(`bad: ${said}`)])
    await run(...found.remedies)
    expect((await judged('indexes')).said).toEqual([expect.stringMatching(/^good/)])
  })

  test('an index that a scanner could need is a tip', async () => {
    await run('DROP INDEX idx_materials_barcode')
    const { said, remedies } = await judged('indexes')
    expect(said).toEqual(['advice: materials has none on (barcode_data): scanned codes are looked up by it'])
    await run(...remedies)
  })

  test('an index that could not be built is named, and its remedy tried', async () => {
    await run(`UPDATE materials SET barcode_data = 'twice'`)
    await central
      .sql('CREATE UNIQUE INDEX CONCURRENTLY twice ON materials (barcode_data)')
      .catch(() => undefined)
    const { said, remedies } = await judged('broken indexes')
    expect(said).toEqual(['bad: public.twice: not used, and kept up all the same'])
    await run('UPDATE materials SET barcode_data = material_code', ...remedies)
    expect((await judged('broken indexes')).said).toEqual(['good: none'])
  })

  test('a table that nothing vacuums, and one with dead rows', async () => {
    await run('ALTER TABLE downtime_events SET (autovacuum_enabled = off)')
    const { said, remedies } = await judged('autovacuum')
    expect(said).toEqual(['bad: off for downtime_events'])
    await run(
      `INSERT INTO downtime_events (organization_id, machine_id, downtime_reason_code, started_at)
       SELECT organization_id, id, 'x', now() - n * interval '1 s' FROM (SELECT * FROM machines LIMIT 1) m, generate_series(1, 20000) n`,
      'DELETE FROM downtime_events',
    )
    await comesTrue("SELECT FROM pg_stat_all_tables WHERE relname = 'downtime_events' AND n_dead_tup > 10000")
    await run(`ALTER SYSTEM SET autovacuum_naptime = '1h'`, 'SELECT pg_reload_conf()', ...remedies)
    expect((await judged('autovacuum')).said).toEqual([
      expect.stringMatching(/^advice: downtime_events has \d\d,000 dead rows$/),
    ])
    await reset()
    await run('VACUUM (ANALYZE) downtime_events')
  })

  test('how much a table grows is estimated without reading it', async () => {
    await run(
      `INSERT INTO machine_status_history (organization_id, machine_id, new_status, changed_at)
       SELECT organization_id, id, 'running', now() - n * interval '1 minute'
       FROM (SELECT * FROM machines WHERE organization_id = 1 LIMIT 1) m, generate_series(1, 30000) n`,
      'ANALYZE machine_status_history',
    )
    const { said } = await judged('retention of machine_status_history')
    expect(said).toEqual([
      expect.stringMatching(/^good: \d MB, about (9\d\d|1,0\d\d) rows a day of this organization/),
    ])
    await run('TRUNCATE machine_status_history')
  })

  test('times without a zone', async () => {
    await run('ALTER TABLE qr_code_scans ALTER scanned_at TYPE timestamp')
    const { said, remedies } = await judged('time zone')
    expect(said).toEqual([
      expect.stringMatching(/^bad: public\.qr_code_scans\.scanned_at hold times without a zone/),
    ])
    await run(
      ...remedies
        .join('\n')
        .split('\n')
        .filter((line) => line.startsWith('ALTER')),
    )
    expect((await judged('time zone')).said).toEqual([expect.stringMatching(/^good/)])
  })
})

describe('backups and replication', () => {
  test('an archive command that fails', async () => {
    await run(
      `ALTER SYSTEM SET archive_command = 'false'`,
      'SELECT pg_reload_conf()',
      'CREATE TABLE t ()',
      'SELECT pg_switch_wal()',
    )
    await comesTrue('SELECT FROM pg_stat_archiver WHERE failed_count > 0')
    expect((await judged('WAL archiving')).said).toEqual([
      expect.stringMatching(/^bad: failing: 0{7}1[0-9A-F]{16} since 0 min ago/),
    ])
    await reset()
    await comesTrue('SELECT FROM pg_stat_archiver WHERE last_archived_time > last_failed_time')
    expect((await judged('WAL archiving')).said).toEqual([expect.stringMatching(/^good/)])
  })

  test('no archive at all, and a disk that is not waited for', async () => {
    await using bare = await startTestCentral({ server: { wal_level: 'minimal', max_wal_senders: '0' } })
    const verdicts = await judgedProduction(bare.settings())
    expect(saidOf(verdicts, 'WAL archiving')).toEqual([
      'bad: wal_level is minimal: no backup can be brought up to date',
    ])
    expect(saidOf(verdicts, 'durability')).toEqual([expect.stringContaining('bad: fsync is off')])
  })

  test('a backup whose note was archived is seen by a role that may look', async () => {
    await run('GRANT pg_monitor TO millrace_sav')
    await run(`SELECT pg_backup_start('test', true), pg_backup_stop(false)`)
    await comesTrue(`SELECT FROM pg_ls_archive_statusdir() WHERE name LIKE '%.backup.%'`)
    expect((await judged('last backup')).said).toEqual(['good: ended 0 min ago'])
    expect((await judged('role')).said).toEqual([expect.stringContaining('is a member of other roles')])
    await run('REVOKE pg_monitor FROM millrace_sav')
  })

  test('a slot that nobody reads, until its log is gone', async () => {
    await run(`SELECT pg_create_physical_replication_slot('gone', true)`)
    expect((await judged('replication slots')).said).toEqual([
      expect.stringContaining('advice: gone; one whose reader'),
    ])
    await run(`ALTER SYSTEM SET max_slot_wal_keep_size = '1MB'`, 'SELECT pg_reload_conf()')
    for (let files = 0; files < 4; files++)
      await run('DROP TABLE IF EXISTS u', 'CREATE TABLE u ()', 'SELECT pg_switch_wal()')
    await run('CHECKPOINT')
    const { said, remedies } = await judged('replication slots')
    expect(said).toEqual(['bad: gone has lost the log that it needs'])
    await run(
      ...remedies
        .join('\n')
        .split('\n')
        .filter((line) => line.startsWith('SELECT')),
    )
    expect((await judged('replication slots')).said).toEqual(['good: none'])
    await reset()
  })
})

test('a session that somebody holds up, and who holds it', { timeout: 120_000 }, async () => {
  const holder = await central.asGateway()
  await holder.query('BEGIN; SELECT FROM edge_gateway.stream')
  const waiting = central
    .sql('BEGIN; LOCK TABLE edge_gateway.stream IN ACCESS EXCLUSIVE MODE; COMMIT')
    .catch(() => undefined)
  await comesTrue(
    `SELECT FROM pg_locks WHERE NOT granted AND waitstart < clock_timestamp() - interval '10.5 s'`,
  )
  const { said, remedies } = await judged('locks')
  expect(said).toEqual([
    expect.stringMatching(/^bad: session \d+ has waited for 1\d s on (edge_gateway\.)?stream$/),
  ])
  const { rows } = await holder.query('SELECT pg_backend_pid() AS pid')
  expect(remedies.join()).toContain(`pg_terminate_backend(${rows[0].pid})`)
  await holder.end()
  await waiting
})

describe('TLS', () => {
  test('is judged from both ends', { timeout: 120_000 }, async () => {
    const certificate = await makeTlsCertificate(folder, ['localhost'])
    const { server } = central
    await run(
      `ALTER SYSTEM SET ssl_cert_file = '${await server.addFile('server.crt', certificate.cert)}'`,
      `ALTER SYSTEM SET ssl_key_file = '${await server.addFile('server.key', certificate.key)}'`,
      'ALTER SYSTEM SET ssl = on',
    )
    await server.stop()
    await server.start()
    const settings = central.settingsVia({ host: 'localhost', port: server.port })
    const judgedWith = (tls: typeof settings.connection.tls) =>
      judgedProduction({ ...settings, connection: { ...settings.connection, tls } })
    expect(saidOf(await judgedWith({ mode: 'require' }), 'TLS')).toEqual([
      'bad: TLSv1.3, and any server is trusted (mode require)',
    ])
    const verified = await judgedWith({ mode: 'verify-full', caFile: certificate.caFile })
    expect(saidOf(verified, 'TLS')).toEqual(['good: TLSv1.3, server verified (verify-full)'])
    expect(saidOf(verified, 'server certificate')).toEqual([expect.stringMatching(/^advice: valid until/)])
    expect(saidOf(verified, 'logins without TLS')).toEqual([
      expect.stringContaining('advice: the server would take one'),
    ])
    const [found] = await central.sql<{ hba_file: string }>('SHOW hba_file')
    const lines = `VALUES ('host all postgres all scram-sha-256'), ('hostssl all all all scram-sha-256')`
    await run(`COPY (${lines}) TO '${found?.hba_file}'`, 'SELECT pg_reload_conf()')
    const only = await judgedWith({ mode: 'verify-full', caFile: certificate.caFile })
    expect(saidOf(only, 'logins without TLS')).toEqual(['good: refused by the server'])
  })
})
