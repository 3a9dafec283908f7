/** A standby that follows a primary over a link which can be held back, so that it lacks what was committed last. */
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { Client, type QueryResultRow } from 'pg'
import type { PostgresServer } from '../../../simulators/central/postgres.ts'
import { startTcpProxy, type TcpProxy } from '../../support/tcp-proxy.ts'
import { startTestPostgres } from '../../support/test-postgres.ts'

/** Copying and starting a server on a busy computer. */
const FOLLOWS_MAX_MS = 120_000
const LOOK_EVERY_MS = 50

/** What is asked of a primary. */
type Primary = Pick<PostgresServer, 'host' | 'port' | 'superuser' | 'start' | 'stop' | 'snapshot' | 'restore'>

export interface Standby extends AsyncDisposable {
  readonly server: PostgresServer
  /** Copies the primary, which is stopped for that, and follows it. @returns when it has everything that the primary has */
  follow(): Promise<void>
  /** From now on it gets nothing of what the primary commits. */
  holdBack(): void
  /** The primary goes as by a power cut; what was held back is gone with it. The standby takes writes. */
  promote(): Promise<void>
  /** The stopped primary gets the data of this server, which stops, and is the primary again, on the newer timeline. */
  handBack(): Promise<void>
  /** Runs SQL as the superuser of the primary, on this server. */
  sql<Row extends QueryResultRow>(text: string): Promise<Row[]>
  /** The same on the primary. */
  primarySql<Row extends QueryResultRow>(text: string): Promise<Row[]>
}

export async function standbyOf(primary: Primary, database = 'postgres'): Promise<Standby> {
  const stack = new AsyncDisposableStack()
  const folder = mkdtempSync(join(tmpdir(), 'millrace-standby-'))
  stack.defer(() => rmSync(folder, { recursive: true, force: true }))
  const copy = join(folder, 'data')
  const server = stack.use(await startTestPostgres())
  let link: TcpProxy | undefined
  stack.defer(() => link?.[Symbol.asyncDispose]())
  const sql = async <Row extends QueryResultRow>(text: string) =>
    // The copy has the roles and passwords of the original.
    runAt<Row>({ ...primary.superuser(database), port: server.port }, text)

  return {
    server,
    sql,
    primarySql: <Row extends QueryResultRow>(text: string) => runAt<Row>(primary.superuser(database), text),
    follow: async () => {
      link = await startTcpProxy(primary)
      await primary.stop('fast')
      await primary.snapshot(copy)
      await primary.start()
      const { user, password } = primary.superuser()
      const conninfo = `host=${link.host} port=${link.port} user=${user} password=${password}`
      appendFileSync(join(copy, 'postgresql.auto.conf'), `primary_conninfo = '${conninfo}'\n`)
      writeFileSync(join(copy, 'standby.signal'), '')
      await server.stop('fast')
      await server.restore(copy)
      await server.start()
      await untilFollowing(primary)
    },
    holdBack: () => link?.impair('to-client', { kind: 'hold' }),
    promote: async () => {
      await primary.stop('immediate')
      await link?.[Symbol.asyncDispose]()
      link = undefined
      await sql('SELECT pg_promote()')
    },
    handBack: async () => {
      await server.stop('fast')
      await server.snapshot(copy)
      await primary.restore(copy)
      await primary.start()
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

async function untilFollowing(primary: Primary): Promise<void> {
  const caughtUp = `SELECT FROM pg_stat_replication WHERE state = 'streaming' AND replay_lsn = pg_current_wal_lsn()`
  const deadlineMs = performance.now() + FOLLOWS_MAX_MS
  while ((await runAt(primary.superuser(), caughtUp)).length === 0) {
    if (performance.now() > deadlineMs) throw new Error('the standby does not follow its primary')
    await wait(LOOK_EVERY_MS)
  }
}

async function runAt<Row extends QueryResultRow>(
  login: ReturnType<PostgresServer['superuser']>,
  text: string,
): Promise<Row[]> {
  const client = new Client(login)
  await client.connect()
  try {
    return (await client.query<Row>(text)).rows
  } finally {
    await client.end()
  }
}
