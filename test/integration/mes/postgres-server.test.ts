import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type PostgresServer, startPostgres } from '../../../simulators/central/postgres.ts'
import { makeTemporaryFolder, openTmpdir } from '../../../simulators/temporary-folder.ts'

/** Whether a process is there; a dead one that nobody has collected yet (state Z) counts as gone. */
async function isAlive(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  const state = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return !state.includes(') Z ')
}

async function count(server: PostgresServer, table: string): Promise<number> {
  const client = new Client(server.superuser())
  await client.connect()
  const { rows } = await client.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${table}`)
  await client.end()
  return rows[0]?.n ?? -1
}

describe('a private PostgreSQL', () => {
  let folder: string
  let server: PostgresServer

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-test-'))
    server = await startPostgres({ folder: join(folder, 'central'), settings: { fsync: 'off' } })
    const client = new Client(server.superuser())
    await client.connect()
    await client.query('CREATE TABLE kept AS SELECT 1 AS n')
    await client.end()
  })
  afterAll(async () => {
    await server.remove()
    await rm(folder, { recursive: true, force: true })
  })

  test('refuses a wrong password', async () => {
    const client = new Client({ ...server.superuser(), password: 'guess' })
    await expect(client.connect()).rejects.toMatchObject({ code: '28P01' })
  })

  test('keeps its port and what was committed over a stop as hard as a power cut', async () => {
    const { port } = server
    await server.stop('immediate')
    expect(server.isRunning).toBe(false)
    await server.start()
    expect(server.port).toBe(port)
    expect(await count(server, 'kept')).toBe(1)
  })

  test('goes back to a snapshot', async () => {
    const snapshot = join(folder, 'snapshot')
    await server.stop()
    await server.snapshot(snapshot)
    await server.start()
    const client = new Client(server.superuser())
    await client.connect()
    await client.query('INSERT INTO kept VALUES (2)')
    await client.end()
    await server.stop()
    await server.restore(snapshot)
    await server.start()
    expect(await count(server, 'kept')).toBe(1)
  })

  test('is not copied while it runs', async () => {
    await expect(server.snapshot(join(folder, 'torn'))).rejects.toThrow('Stop the server')
  })
})

test('a server leaves nothing behind when it is removed', async () => {
  const server = await startPostgres({ settings: { fsync: 'off' } })
  const pid = server.pid ?? 0
  const home = server.logFile
  await server.remove()
  expect(await isAlive(pid)).toBe(false)
  await expect(stat(home)).rejects.toMatchObject({ code: 'ENOENT' })
})

test('servers that are copies of one cluster know nothing of each other, and are told apart', async () => {
  const template = makeTemporaryFolder('central', openTmpdir())
  onTestFinished(() => rm(template, { recursive: true, force: true }))
  const options = { settings: { fsync: 'off' }, template }
  // The first two make the cluster at the same time, and one of them uses that of the other.
  const servers = await Promise.all([startPostgres(options), startPostgres(options)])
  servers.push(await startPostgres(options))
  onTestFinished(async () => void (await Promise.all(servers.map((server) => server.remove()))))
  const identifiers = new Set<string>()
  for (const server of servers) {
    const client = new Client(server.superuser())
    await client.connect()
    await client.query('CREATE TABLE own (n integer)')
    const { rows } = await client.query<{ id: string }>(
      'SELECT system_identifier::text AS id FROM pg_control_system()',
    )
    identifiers.add(rows[0]?.id ?? '')
    await client.end()
    await server.stop('immediate')
    await server.start()
    expect(await count(server, 'own')).toBe(0)
  }
  expect(identifiers.size).toBe(servers.length)
})

test('a server ends with the process that started it, even one that is killed, and leaves no file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-test-'))
  const program = `
    import { startPostgres } from ${JSON.stringify(new URL('../../../simulators/central/postgres.ts', import.meta.url).href)}
    const server = await startPostgres({ folder: ${JSON.stringify(folder)}, settings: { fsync: 'off' } })
    process.stdout.write(server.pid + ' ' + server.logFile)
    process.on('SIGTERM', () => {})
  `
  const parent = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [first] = (await parent.stdout[Symbol.asyncIterator]().next()).value.toString().split(' ')
  const pid = Number(first)
  expect(await isAlive(pid)).toBe(true)
  parent.kill('SIGKILL')
  await expect.poll(() => isAlive(pid), { timeout: 60_000 }).toBe(false)
  await expect.poll(() => existsSync(folder), { timeout: 60_000 }).toBe(false)
})
