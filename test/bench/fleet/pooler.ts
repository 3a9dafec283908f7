/** A real PgBouncer in transaction mode, as a site with many gateways has one. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serverAccount } from '../../../simulators/central/account.ts'
import { freePort } from '../../../simulators/central/free-port.ts'
import { makeTlsCertificate } from '../../support/tls-certificate.ts'
import { cpuSeconds } from '../process-meter.ts'
import { until } from '../until.ts'
import type { FleetCentral } from './central.ts'

const HOST = '127.0.0.1'
/** Connections to the server for each login. */
const POOL_SIZE = 10
/** More clients than this are refused. */
const CLIENTS_MAX = 2_000

export interface Pooler extends AsyncDisposable {
  readonly host: string
  readonly port: number
  /** Who signed its certificate; absent where nothing is encrypted. */
  readonly caFile?: string
  cpuSeconds(): number
  /** At once, as a process that is killed: its clients see their connections end. */
  stop(): Promise<void>
  start(): Promise<void>
}

/** Whether this machine has one. */
export function hasPooler(): boolean {
  return spawnSync('pgbouncer', ['--version']).status === 0
}

export async function startPooler(central: FleetCentral, isEncrypted: boolean): Promise<Pooler> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-bench-pooler-'))
  const port = await freePort(HOST)
  const account = serverAccount()
  const tls = isEncrypted ? await tlsFiles(folder) : undefined
  const users = (await central.verifiers()).map(({ role, verifier }) => `"${role}" "${verifier}"\n`)
  await writeFile(join(folder, 'users.txt'), users.join(''))
  await writeFile(
    join(folder, 'pgbouncer.ini'),
    [...iniText(folder, port, central), ...(tls?.lines ?? [])].join('\n'),
  )
  const { uid, gid } = account
  for (const file of ['', 'users.txt', 'pgbouncer.ini', ...(tls ? ['key.pem', 'cert.pem'] : [])])
    if (uid !== undefined && gid !== undefined) await chown(join(folder, file), uid, gid)
  let child: ChildProcess | undefined
  const start = async () => {
    child = spawn('pgbouncer', ['--quiet', join(folder, 'pgbouncer.ini')], { stdio: 'ignore', ...account })
    await listening(port)
  }
  const stop = async () => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }
  await start()
  // A run that is interrupted leaves nothing behind.
  process.once('exit', () => child?.kill('SIGKILL'))
  return {
    host: HOST,
    port,
    ...(tls && { caFile: tls.caFile }),
    cpuSeconds: () => cpuSeconds(child?.pid ?? 0),
    start,
    stop,
    [Symbol.asyncDispose]: async () => {
      await stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function iniText(folder: string, port: number, central: FleetCentral): readonly string[] {
  return [
    '[databases]',
    `postgres = host=${HOST} port=${central.port}`,
    '[pgbouncer]',
    `listen_addr = ${HOST}`,
    `listen_port = ${port}`,
    'listen_backlog = 1024',
    'unix_socket_dir =',
    'pool_mode = transaction',
    `default_pool_size = ${POOL_SIZE}`,
    `max_client_conn = ${CLIENTS_MAX}`,
    // Its default of 15 s keeps everybody away for that long from a server that is back at once.
    'server_login_retry = 1',
    'auth_type = scram-sha-256',
    `auth_file = ${join(folder, 'users.txt')}`,
  ]
}

async function tlsFiles(folder: string) {
  const { cert, key, caFile } = await makeTlsCertificate(folder, ['localhost'])
  await writeFile(join(folder, 'key.pem'), key, { mode: 0o600 })
  await writeFile(join(folder, 'cert.pem'), cert)
  const lines = [
    'client_tls_sslmode = require',
    `client_tls_key_file = ${join(folder, 'key.pem')}`,
    `client_tls_cert_file = ${join(folder, 'cert.pem')}`,
  ]
  return { caFile, lines }
}

async function listening(port: number): Promise<void> {
  await until('PgBouncer to listen', { maxMs: 30_000, everyMs: 50 }, async () => {
    const socket = connect({ host: HOST, port })
    const isOpen = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    })
    socket.destroy()
    return isOpen || undefined
  })
}
