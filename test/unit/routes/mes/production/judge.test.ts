import { describe, expect, test } from 'vitest'
import type { Grade, Judgement } from '../../../../../src/domain/judgement.ts'
import type { ArchiveFacts } from '../../../../../src/routes/mes/production/facts/archive.ts'
import type { ConnectionFacts } from '../../../../../src/routes/mes/production/facts/connections.ts'
import type { IndexFacts } from '../../../../../src/routes/mes/production/facts/indexes.ts'
import type { ReplicationFacts } from '../../../../../src/routes/mes/production/facts/replication.ts'
import type { ServerFacts } from '../../../../../src/routes/mes/production/facts/server.ts'
import type { TableFacts } from '../../../../../src/routes/mes/production/facts/tables.ts'
import type { TransportFacts } from '../../../../../src/routes/mes/production/facts/transport.ts'
import { judgeArchiving, judgeBackup } from '../../../../../src/routes/mes/production/judge/backup.ts'
import { judgeConnections } from '../../../../../src/routes/mes/production/judge/connections.ts'
import { judgeIndexes } from '../../../../../src/routes/mes/production/judge/indexes.ts'
import { judgeLogging } from '../../../../../src/routes/mes/production/judge/logging.ts'
import { judgeReplication } from '../../../../../src/routes/mes/production/judge/replication.ts'
import { judgePassword } from '../../../../../src/routes/mes/production/judge/role.ts'
import { judgeServer } from '../../../../../src/routes/mes/production/judge/server.ts'
import { judgeSessions } from '../../../../../src/routes/mes/production/judge/sessions.ts'
import {
  judgeBloat,
  judgeRetention,
  judgeVacuum,
} from '../../../../../src/routes/mes/production/judge/tables.ts'
import { judgeHba, judgeTransport } from '../../../../../src/routes/mes/production/judge/transport.ts'
import { neededIndexes } from '../../../../../src/routes/mes/production/needed-indexes.ts'

const NOW = Date.parse('2026-06-01T12:00:00Z')
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

type Case = readonly [
  name: string,
  found: Judgement | readonly Judgement[],
  mark: Grade,
  said: RegExp,
  remedy?: RegExp,
]

/** Of several verdicts, the one that speaks of it is meant. */
function judged(cases: readonly Case[]): void {
  test.each(cases.map((one) => [...one] as const))('%s', (_name, found, mark, said, remedy) => {
    const verdicts = Array.isArray(found) ? (found as readonly Judgement[]) : [found as Judgement]
    const meant = verdicts.filter((verdict) => said.test(verdict.said))
    expect(meant.map(({ verdict }) => verdict)).toEqual([mark])
    if (remedy) expect(meant[0]?.remedy).toMatch(remedy)
    expect(mark === 'good' || Boolean(meant[0]?.remedy)).toBe(true)
  })
}

const settings = (changes: Readonly<Record<string, string>> = {}) =>
  new Map(
    Object.entries({
      ssl: 'on',
      fsync: 'on',
      full_page_writes: 'on',
      data_checksums: 'on',
      synchronous_commit: 'on',
      TimeZone: 'UTC',
      wal_level: 'replica',
      archive_mode: 'on',
      archive_command: 'cp %p /archive/%f',
      archive_timeout: '300',
      autovacuum: 'on',
      track_counts: 'on',
      password_encryption: 'scram-sha-256',
      log_statement: 'none',
      log_min_duration_statement: '-1',
      log_parameter_max_length: '-1',
      log_parameter_max_length_on_error: '0',
      synchronous_standby_names: '',
      max_slot_wal_keep_size: '-1',
      ...changes,
    }),
  )

describe('the server', () => {
  const facts: ServerFacts = {
    version: 170_006,
    database: 'mes',
    encoding: 'UTF8',
    damagedPages: 0,
    zonelessTimes: [],
  }
  const judge = (changes: Partial<ServerFacts>, set = {}) =>
    judgeServer({ ...facts, ...changes }, settings(set), NOW)
  judged([
    ['a supported version', judge({}), 'good', /^PostgreSQL 17\.6, supported until 2029-11-08/],
    ['one whose support has ended', judge({ version: 130_020 }), 'bad', /since 2025-11-13/, /pg_upgrade/],
    ['one whose support ends soon', judge({ version: 140_019 }), 'advice', /until 2026-11-12/],
    [
      'one with a known hole',
      judge({ version: 170_005 }),
      'bad',
      /known holes in row-level security/,
      /minor version/,
    ],
    ['one from the future', judge({ version: 990_001 }), 'unseen', /not known/, /postgresql\.org/],
    ['UTF8', judge({}), 'good', /^UTF8$/],
    ['SQL_ASCII', judge({ encoding: 'SQL_ASCII' }), 'bad', /SQL_ASCII/],
    ['LATIN1', judge({ encoding: 'LATIN1' }), 'advice', /LATIN1/],
    [
      'times without a zone',
      judge(
        { zonelessTimes: [{ table: 'public.qr_code_scans', column: 'scanned_at' }] },
        { TimeZone: 'Europe/Rome' },
      ),
      'bad',
      /public\.qr_code_scans\.scanned_at/,
      /ALTER TABLE public\.qr_code_scans ALTER COLUMN scanned_at TYPE timestamptz USING scanned_at AT TIME ZONE 'Europe\/Rome';/,
    ],
    ['no fsync', judge({}, { fsync: 'off' }), 'bad', /fsync is off/, /ALTER SYSTEM SET fsync = on;/],
    ['no full pages', judge({}, { full_page_writes: 'off' }), 'bad', /full_page_writes is off/],
    [
      'commits that do not wait',
      judge({}, { synchronous_commit: 'off' }),
      'good',
      /sets synchronous_commit to on/,
    ],
    ['no checksums', judge({}, { data_checksums: 'off' }), 'advice', /off: damage/, /pg_checksums --enable/],
    ['damaged pages', judge({ damagedPages: 3 }), 'bad', /3 damaged pages/],
  ])
})

describe('TLS', () => {
  const facts: TransportFacts = {
    mode: 'verify-full',
    isSameComputer: false,
    protocol: 'TLSv1.3',
    serverCertificateEndsMs: NOW + 300 * DAY,
    clientCertificateEndsMs: undefined,
    isPooled: false,
    isServerLegSafe: true,
    plainLogin: 'refused',
    plainSessions: 0,
  }
  const judge = (changes: Partial<TransportFacts>, set = {}) =>
    judgeTransport({ ...facts, ...changes }, settings(set), NOW)
  judged([
    ['a verified server', judge({}), 'good', /^TLSv1\.3, server verified/],
    ['any server', judge({ mode: 'require' }), 'bad', /any server is trusted/, /verify-full/],
    ['any host of the CA', judge({ mode: 'verify-ca' }), 'advice', /any host that the CA/],
    ['none', judge({ mode: 'off', protocol: undefined }), 'bad', /off, as configured; the server offers it/],
    ['none on one computer', judge({ mode: 'off', isSameComputer: true }), 'advice', /nothing travels/],
    [
      'a certificate that ends soon',
      judge({ serverCertificateEndsMs: NOW + 20 * DAY }),
      'advice',
      /valid until 2026-06-21/,
    ],
    [
      'a certificate that has ended',
      judge({ serverCertificateEndsMs: NOW - DAY }),
      'bad',
      /since 2026-05-31/,
    ],
    [
      'our own certificate that ends soon',
      judge({ clientCertificateEndsMs: NOW + DAY }),
      'advice',
      /until 2026-06-02/,
    ],
    ['a pooler', judge({ isPooled: true }), 'unseen', /one stands between/, /SHOW POOLS/],
    [
      'a pooler that sends in the open',
      judge({ isPooled: true, isServerLegSafe: false }),
      'bad',
      /sends to the server is not/,
    ],
    ['logins in the open', judge({ plainLogin: 'taken' }), 'advice', /would take one/, /hostssl/],
    ['a server that says nothing', judge({ plainLogin: 'unknown' }), 'unseen', /did not say/],
    ['sessions in the open', judge({ plainSessions: 2 }), 'bad', /2 sessions/],
    ['passwords as md5', judge({}, { password_encryption: 'md5' }), 'bad', /stored as md5/],
    [
      'a line that trusts',
      judgeHba([{ line: 3, type: 'host', address: '0.0.0.0', method: 'trust' }]),
      'bad',
      /line 3: host 0\.0\.0\.0 trust/,
    ],
    [
      'lines that do not',
      judgeHba([{ line: 3, type: 'hostssl', address: '10.0.0.5', method: 'scram-sha-256' }]),
      'good',
      /^1 lines/,
    ],
  ])
})

describe('connections', () => {
  const facts: ConnectionFacts = {
    places: 97,
    taken: 20,
    roleLimit: 10,
    databaseLimit: null,
    ofRole: 1,
    gateways: 2,
    passwordEndsMs: null,
    role: 'millrace_sav',
  }
  const judge = (changes: Partial<ConnectionFacts>, routes = 0) =>
    judgeConnections({ ...facts, ...changes }, routes)
  judged([
    ['room enough', judge({}), 'good', /^20 of 97 are taken; the gateways of this role need 6$/],
    ['crowded', judge({ taken: 80 }), 'advice', /^80 of 97/],
    ['full', judge({ taken: 95 }), 'bad', /fewer are free than the gateways need \(6\)/, /max_connections/],
    [
      'no limit',
      judge({ roleLimit: null }),
      'advice',
      /has none/,
      /ALTER ROLE millrace_sav CONNECTION LIMIT 12;/,
    ],
    ['too low a limit', judge({ roleLimit: 2 }), 'bad', /^2, and/],
    [
      'a limit that more routes make too low',
      judge({}, 3),
      'bad',
      /^10, and the gateways of this role need up to 12/,
    ],
    ['a database with too low a limit', judge({ databaseLimit: 3 }), 'bad', /^3, and the gateways need/],
    [
      'a password that ends soon',
      judgePassword({ ...facts, passwordEndsMs: NOW + 5 * DAY }, NOW),
      'advice',
      /until 2026-06-06/,
    ],
    [
      'a password that has ended',
      judgePassword({ ...facts, passwordEndsMs: NOW - DAY }, NOW),
      'bad',
      /since 2026-05-31/,
    ],
  ])
})

describe('backups', () => {
  const facts: ArchiveFacts = {
    archivedCount: 900,
    lastArchived: '000000010000000000000090',
    lastArchivedMs: NOW - 3 * MINUTE,
    failedCount: 2,
    lastFailed: '000000010000000000000012',
    lastFailedMs: NOW - 20 * DAY,
    filesBehind: 0,
    streamedTo: [],
    backupSinceMs: null,
  }
  const archiving = (changes: Partial<ArchiveFacts>, set = {}) =>
    judgeArchiving({ ...facts, ...changes }, settings(set), NOW)
  const backup = (lastMs: number | null | undefined, changes: Partial<ArchiveFacts> = {}, set = {}) =>
    judgeBackup({ ...facts, ...changes }, lastMs, settings(set), NOW)
  judged([
    ['archived, after a failure long ago', archiving({}), 'good', /^on, the last file 3 min ago/],
    ['no archive', archiving({}, { archive_mode: 'off' }), 'bad', /nobody fetches/, /archive_mode = 'on'/],
    [
      'a log that is fetched',
      archiving({ streamedTo: ['barman'] }, { archive_mode: 'off' }),
      'advice',
      /slots barman/,
    ],
    ['wal_level minimal', archiving({}, { wal_level: 'minimal' }), 'bad', /minimal/],
    [
      'failing',
      archiving({ lastFailedMs: NOW - MINUTE }),
      'bad',
      /failing: 000000010000000000000012/,
      /server log/,
    ],
    ['never yet', archiving({ lastArchivedMs: null, lastFailedMs: null }), 'bad', /nothing was archived yet/],
    ['behind', archiving({ filesBehind: 40 }), 'bad', /40 files behind/],
    [
      'a quiet server without a timeout',
      archiving({}, { archive_timeout: '0' }),
      'advice',
      /last hours/,
      /archive_timeout/,
    ],
    ['a backup', backup(NOW - 20 * HOUR), 'good', /^ended 20 h ago/],
    ['an old backup', backup(NOW - 30 * DAY), 'bad', /30 days ago/],
    [
      'one that this role may not look for',
      backup(undefined),
      'unseen',
      /may not look/,
      /pg_monitor: SELECT/,
    ],
    [
      'one that pgBackRest knows',
      backup(undefined, {}, { archive_command: 'pgbackrest --stanza=mes archive-push %p' }),
      'unseen',
      /may not/,
      /pgbackrest info/,
    ],
    [
      'one whose note was just archived',
      backup(undefined, { lastArchived: '000000010000000000000090.00000028.backup' }),
      'good',
      /^ended 3 min ago/,
    ],
    [
      'one that nobody ended',
      backup(undefined, { backupSinceMs: NOW - 3 * DAY }),
      'bad',
      /never ended/,
      /pg_stop_backup/,
    ],
  ])
})

describe('replication', () => {
  const facts: ReplicationFacts = { standbys: [], slots: [] }
  const judge = (changes: Partial<ReplicationFacts>, set = {}) =>
    judgeReplication({ ...facts, ...changes }, settings(set))
  const hidden = [{ name: null, lagMs: null }]
  const slot = { name: 'barman', active: true, keptBytes: 0, state: 'reserved' }
  judged([
    ['no standby', judge({}), 'advice', /lost server means a restore/],
    [
      'one that this role cannot look into',
      judge({ standbys: hidden }),
      'unseen',
      /1 connected/,
      /replay_lag/,
    ],
    ['one that follows', judge({ standbys: [{ name: 'b', lagMs: 20 }] }), 'good', /^b, none behind/],
    [
      'one that does not',
      judge({ standbys: [{ name: 'b', lagMs: 2 * HOUR }] }),
      'bad',
      /more than a minute: b/,
    ],
    ['a slot without a bound', judge({ slots: [slot] }), 'advice', /^barman; one whose reader/],
    ['a slot with one', judge({ slots: [slot] }, { max_slot_wal_keep_size: '51200' }), 'good', /^barman$/],
    [
      'a slot that holds log for nobody',
      judge({ slots: [{ ...slot, active: false, keptBytes: 5 * 2 ** 30 }] }),
      'bad',
      /barman is read by nobody and holds 5\.0 GB/,
      /pg_drop_replication_slot\('barman'\)/,
    ],
    ['a slot that is lost', judge({ slots: [{ ...slot, state: 'lost' }] }), 'bad', /barman has lost/],
    [
      'a synchronous standby that is none',
      judge({}, { synchronous_standby_names: 'b' }),
      'bad',
      /every commit waits for ever/,
    ],
    [
      'one of several that is missing',
      judge({ standbys: [{ name: 'b', lagMs: 0 }] }, { synchronous_standby_names: 'ANY 1 (b, "c-1")' }),
      'bad',
      /not connected: c-1/,
    ],
    [
      'all of them there',
      judge({ standbys: [{ name: 'b', lagMs: 0 }] }, { synchronous_standby_names: 'FIRST 1 (b)' }),
      'good',
      /all connected/,
    ],
    [
      'any of them',
      judge({ standbys: [{ name: 'b', lagMs: 0 }] }, { synchronous_standby_names: '*' }),
      'good',
      /all connected/,
    ],
    [
      'some that cannot be seen',
      judge({ standbys: hidden }, { synchronous_standby_names: 'b' }),
      'unseen',
      /cannot see which/,
    ],
  ])
})

describe('statement logging', () => {
  const judge = (set: Readonly<Record<string, string>>) =>
    judgeLogging(settings(set), { role: 'millrace_sav', database: 'mes' })
  judged([
    ['none', judge({}), 'good', /no value/],
    [
      'everything',
      judge({ log_statement: 'all' }),
      'bad',
      /log_statement/,
      /ALTER ROLE millrace_sav IN DATABASE mes SET log_statement = 'none';/,
    ],
    ['writes', judge({ log_statement: 'mod' }), 'bad', /\(mod\)/],
    ['definitions', judge({ log_statement: 'ddl' }), 'good', /no value/],
    ['every duration', judge({ log_min_duration_statement: '0' }), 'bad', /log_min_duration_statement/],
    [
      'what is slow',
      judge({ log_min_duration_statement: '1000' }),
      'advice',
      /slow or sampled/,
      /log_parameter_max_length = 0/,
    ],
    [
      'what is slow, without values',
      judge({ log_min_duration_statement: '1000', log_parameter_max_length: '0' }),
      'good',
      /no value/,
    ],
    ['what fails', judge({ log_parameter_max_length_on_error: '-1' }), 'advice', /that fail/],
    ['plans', judge({ 'auto_explain.log_min_duration': '500' }), 'advice', /auto_explain/],
    ['audits', judge({ 'pgaudit.log_parameter': 'on' }), 'bad', /pgaudit/],
  ])
})

describe('tables', () => {
  const facts: TableFacts = {
    name: 'machine_status_history',
    fullName: 'public.machine_status_history',
    isPartitioned: false,
    parts: 0,
    heapBytes: 20_000_000,
    indexBytes: 10_000_000,
    liveRows: 100_000,
    deadRows: 0,
    changedSinceAnalyze: 0,
    isAnalyzed: true,
    vacuumedMs: NOW,
    isVacuumOff: false,
    freezeAge: 1_000_000,
  }
  const young = { databaseAge: 5_000_000, maxAge: 200_000_000 }
  const hypertable = {
    name: facts.name,
    compressAfter: '30 days',
    dropAfter: '3 years',
    failed: [],
    compressedBytes: 0,
  }
  const retention = (
    changes: Partial<TableFacts>,
    dayRows: number | undefined,
    hypertables?: (typeof hypertable)[],
  ) => judgeRetention({ ...facts, ...changes }, dayRows, hypertables)
  const vacuum = (changes: Partial<TableFacts>, set = {}, freeze = young) =>
    judgeVacuum([{ ...facts, ...changes }], freeze, settings(set))
  judged([
    [
      'a small plain table',
      retention({}, 1_000),
      'good',
      /29 MB, about 1,000 rows a day of this organization, 105 MB a year/,
    ],
    ['one that grows fast', retention({}, 500_000), 'advice', /a plain table$/, /partition it by month/],
    [
      'a large one of unknown growth',
      retention({ heapBytes: 3e10 }, undefined),
      'advice',
      /growth unknown; a plain table$/,
    ],
    ['partitions', retention({ isPartitioned: true, parts: 24 }, 500_000), 'good', /24 partitions/],
    [
      'a hypertable with both policies',
      retention({}, 1_000, [hypertable]),
      'good',
      /compressed after 30 days, dropped after 3 years/,
    ],
    [
      'one that keeps everything',
      retention({}, 1_000, [{ ...hypertable, dropAfter: null as never }]),
      'advice',
      /dropped never/,
      /add_retention_policy\('public\.machine_status_history'/,
    ],
    [
      'one that is never compressed',
      retention({}, 1_000, [{ ...hypertable, compressAfter: null as never }]),
      'advice',
      /compressed never/,
      /add_compression_policy/,
    ],
    [
      'a policy that fails',
      retention({}, 1_000, [{ ...hypertable, failed: ['policy_compression'] as never }]),
      'bad',
      /policy_compression failed/,
    ],
    ['autovacuum keeps up', vacuum({}), 'good', /keeping up/],
    ['autovacuum is off', vacuum({}, { autovacuum: 'off' }), 'bad', /^off/],
    [
      'off for a table',
      vacuum({ isVacuumOff: true }),
      'bad',
      /off for machine_status_history/,
      /RESET \(autovacuum_enabled\)/,
    ],
    [
      'dead rows',
      vacuum({ deadRows: 50_000 }),
      'advice',
      /50,000 dead rows/,
      /VACUUM \(ANALYZE\) public\.machine_status_history;/,
    ],
    [
      'never analyzed',
      vacuum({ isAnalyzed: false, changedSinceAnalyze: 60_000 }),
      'advice',
      /never analyzed/,
    ],
    ['an old table', vacuum({ freezeAge: 400_000_000 }), 'bad', /400 million/, /VACUUM \(FREEZE/],
    ['an old database', vacuum({}, {}, { ...young, databaseAge: 900_000_000 }), 'bad', /900 million/],
    ['no bloat', judgeBloat([facts]), 'good', /none/],
    ['bloat', judgeBloat([{ ...facts, heapBytes: 2e9 }]), 'advice', /1\.9 GB for 100,000 rows/, /pg_repack/],
  ])
})

describe('indexes', () => {
  const table = {
    name: 'machine_status_history',
    fullName: 'public.machine_status_history',
    kind: 'plain' as const,
  }
  const index: IndexFacts = {
    table: table.name,
    name: 'public.i',
    columns: ['machine_id', 'changed_at'],
    method: 'btree',
    isPartial: false,
    isValid: true,
    isUnique: false,
    isPart: false,
    scans: 9,
    bytes: 8192,
  }
  const judge = (changes: Partial<IndexFacts>, kind: 'plain' | 'partitioned' | 'hypertable' = 'plain') =>
    judgeIndexes([{ ...table, kind }], [{ ...index, ...changes }], neededIndexes())
  const create =
    /^CREATE INDEX CONCURRENTLY idx_machine_status_history_machine_id_changed_at ON public\.machine_status_history \(machine_id, changed_at\);$/
  judged([
    ['the one that is needed', judge({}), 'good', /each statement/],
    [
      'one that begins with the organization',
      judge({ columns: ['organization_id', 'machine_id', 'changed_at'] }),
      'good',
      /each statement/,
    ],
    [
      'one that goes on',
      judge({ columns: ['machine_id', 'changed_at', 'new_status'] }),
      'good',
      /each statement/,
    ],
    [
      'another one',
      judge({ columns: ['new_status'] }),
      'bad',
      /has none on \(machine_id, changed_at\)/,
      create,
    ],
    ['one in another order', judge({ columns: ['changed_at', 'machine_id'] }), 'bad', /has none on/],
    ['one with half of the columns', judge({ columns: ['machine_id'] }), 'bad', /has none on/],
    ['one of some rows', judge({ isPartial: true }), 'bad', /has none on/],
    ['a hash', judge({ method: 'hash' }), 'bad', /has none on/],
    ['one of a partition only', judge({ isPart: true }), 'bad', /has none on/],
    [
      'none on a hypertable',
      judge({ columns: ['id'] }, 'hypertable'),
      'bad',
      /has none on/,
      /transaction_per_chunk/,
    ],
    [
      'none on a partitioned table',
      judge({ columns: ['id'] }, 'partitioned'),
      'bad',
      /has none on/,
      /ON ONLY/,
    ],
    [
      'a broken one',
      judge({ isValid: false }),
      'bad',
      /public\.i: not used/,
      /REINDEX INDEX CONCURRENTLY public\.i;/,
    ],
    [
      'one of no use',
      judge({ scans: 0, bytes: 3e8 }),
      'advice',
      /never used/,
      /DROP INDEX CONCURRENTLY public\.i;/,
    ],
  ])

  test('what is needed follows from the tables, the look-ups and the rights', () => {
    const needed = neededIndexes().map(({ table: on, columns }) => `${on}(${columns.join(',')})`)
    expect(needed).toEqual(
      expect.arrayContaining([
        'machine_status_history(machine_id,changed_at)',
        'downtime_events(machine_id,started_at)',
        'qr_code_scans(scanned_at)',
        'machines(machine_code)',
        'work_orders(work_order_number)',
        'work_orders(sap_production_order)',
        'users(id)',
        'machines(id)',
        'materials(barcode_data)',
      ]),
    )
    expect(new Set(needed).size).toBe(needed.length)
  })
})

describe('sessions', () => {
  const quiet = { waiting: [], idleInTransaction: 0, prepared: [] }
  judged([
    ['nobody waits', judgeSessions(quiet), 'good', /nobody waits/],
    [
      'somebody waits',
      judgeSessions({
        ...quiet,
        waiting: [{ table: 'downtime_events', pid: 12, forMs: 40_000, blockedBy: [34] }],
      }),
      'bad',
      /session 12 has waited for 40 s on downtime_events/,
      /pg_terminate_backend\(34\)/,
    ],
    [
      'somebody waits for a moment',
      judgeSessions({ ...quiet, waiting: [{ table: 't', pid: 12, forMs: 900, blockedBy: [34] }] }),
      'good',
      /nobody waits/,
    ],
    [
      'nobody of ours is idle',
      judgeSessions(quiet),
      'unseen',
      /those of others/,
      /idle_in_transaction_session_timeout/,
    ],
    ['one of ours is', judgeSessions({ ...quiet, idleInTransaction: 1 }), 'bad', /1 sessions of this role/],
    [
      'a forgotten transaction',
      judgeSessions({ ...quiet, prepared: [{ name: "it's", forMs: 9 * HOUR }] }),
      'bad',
      /1 have not/,
      /ROLLBACK PREPARED 'it''s'/,
    ],
  ])
})
