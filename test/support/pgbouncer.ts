/** A real PgBouncer in front of a test's central, where it is installed. */
import { spawn, spawnSync } from 'node:child_process'
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { serverAccount } from '../../simulators/central/account.ts'
import { freePort } from '../../simulators/central/free-port.ts'
import type { TestCentral } from './central.ts'

const HOST = '127.0.0.1'
const STARTS_WITHIN_MS = 60_000

/** Whether this machine has one. */
export function hasPgBouncer(): boolean {
  return spawnSync('pgbouncer', ['--version']).status === 0
}

export interface PgBouncer extends AsyncDisposable {
  readonly host: string
  readonly port: number
}

/** In transaction mode, with a single connection to the server. It knows the gateway's role by the verifier that the server has. */
export async function startPgBouncer(
  central: Pick<TestCentral, 'server' | 'role' | 'sql'>,
): Promise<PgBouncer> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-test-'))
  const port = await freePort(HOST)
  const { uid, gid } = serverAccount()
  const [known] = await central.sql<{ verifier: string }>(
    'SELECT rolpassword AS verifier FROM pg_authid WHERE rolname = $1',
    [central.role],
  )
  await writeFile(join(folder, 'users.txt'), `"${central.role}" "${known?.verifier}"\n`)
  await writeFile(
    join(folder, 'pgbouncer.ini'),
    `[databases]
postgres = host=${central.server.host} port=${central.server.port}
[pgbouncer]
listen_addr = ${HOST}
listen_port = ${port}
unix_socket_dir =
pool_mode = transaction
default_pool_size = 1
auth_type = scram-sha-256
auth_file = ${join(folder, 'users.txt')}
`,
  )
  if (uid !== undefined && gid !== undefined) await chown(folder, uid, gid)
  const child = spawn('pgbouncer', ['--quiet', join(folder, 'pgbouncer.ini')], {
    stdio: 'ignore',
    ...(uid === undefined || gid === undefined ? {} : { uid, gid }),
  })
  await listening(port)
  return {
    host: HOST,
    port,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL')
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function listening(port: number): Promise<void> {
  for (const end = Date.now() + STARTS_WITHIN_MS; Date.now() < end; await wait(50)) {
    const socket = connect({ host: HOST, port })
    const isOpen = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    })
    socket.destroy()
    if (isOpen) return
  }
  throw new Error('PgBouncer did not listen')
}
