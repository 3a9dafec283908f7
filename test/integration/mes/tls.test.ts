import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { TlsSettings } from '../../../src/postgres/settings.ts'
import { createMesDestination } from '../../../src/routes/mes/route.ts'
import { startTestCentral, type TestCentral } from '../../support/central.ts'
import { makeTlsCertificate, type TlsCertificate } from '../../support/tls-certificate.ts'

let folder: string
let central: TestCentral
let certificate: TlsCertificate

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-test-'))
  certificate = await makeTlsCertificate(folder, ['localhost'])
  central = await startTestCentral()
})
afterAll(async () => {
  await central[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

async function offerTls(): Promise<void> {
  const { server } = central
  const certFile = await server.addFile('server.crt', certificate.cert)
  const keyFile = await server.addFile('server.key', certificate.key)
  await central.sql(`ALTER SYSTEM SET ssl_cert_file = '${certFile}'`)
  await central.sql(`ALTER SYSTEM SET ssl_key_file = '${keyFile}'`)
  await central.sql('ALTER SYSTEM SET ssl = on')
  await server.stop()
  await server.start()
}

async function encryptedWith(host: string, tls: TlsSettings): Promise<boolean> {
  const { connection, ...rest } = central.settings()
  const hosts = [{ host, port: central.server.port }]
  const settings = { ...rest, connection: { ...connection, hosts, tls } }
  await using _session = await createMesDestination(settings).connect(AbortSignal.timeout(30_000))
  const rows = await central.sql(
    `SELECT FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE ssl AND usename = $1`,
    [central.role],
  )
  return rows.length === 1
}

// Fault of the catalogue: [E8]
test('a server without TLS is refused, and never told who we are', async () => {
  await expect(encryptedWith('localhost', { mode: 'require' })).rejects.toMatchObject({
    refusal: 'wait',
    message: expect.stringContaining('it takes no TLS'),
    hint: expect.stringContaining('ssl = on'),
  })
})

test('TLS is verified as configured', { timeout: 120_000 }, async () => {
  await offerTls()
  const { caFile } = certificate
  expect(await encryptedWith('localhost', { mode: 'verify-full', caFile })).toBe(true)
  await expect(encryptedWith('127.0.0.1', { mode: 'verify-full', caFile })).rejects.toMatchObject({
    refusal: 'wait',
    hint: expect.stringContaining("another host's"),
  })
  expect(await encryptedWith('127.0.0.1', { mode: 'verify-ca', caFile })).toBe(true)
  for (const mode of ['verify-full', 'verify-ca'] as const) {
    await expect(encryptedWith('localhost', { mode })).rejects.toMatchObject({
      hint: expect.stringContaining('ca_file'),
    })
  }
  expect(await encryptedWith('127.0.0.1', { mode: 'require' })).toBe(true)
})

test('a CA file that cannot be read is named', async () => {
  const caFile = join(folder, 'missing.pem')
  await expect(encryptedWith('localhost', { mode: 'verify-full', caFile })).rejects.toMatchObject({
    refusal: 'wait',
    message: `central.tls.ca_file: ${caFile} cannot be read`,
  })
})

test('a CA that is named and is another one is said to be that', async () => {
  const elsewhere = await mkdtemp(join(folder, 'other-'))
  const { caFile } = await makeTlsCertificate(elsewhere, ['localhost'])
  await expect(encryptedWith('localhost', { mode: 'verify-full', caFile })).rejects.toMatchObject({
    message: expect.not.stringContaining('--use-system-ca'),
    hint: `its certificate is not of the CA in ${caFile} (central.tls.ca_file): ask the DBA which CA it is of`,
  })
})

// The last one, because the server takes nothing else from then on.
test('a server that takes only TLS is said to be one, where TLS is off', async () => {
  const [hba] = await central.sql<{ file: string }>(`SELECT current_setting('hba_file') AS file`)
  await central.sql(`COPY (SELECT 'hostssl all all 127.0.0.1/32 scram-sha-256') TO '${hba?.file}'`)
  await central.sql('SELECT pg_reload_conf()')
  const open = () => encryptedWith('127.0.0.1', { mode: 'off' })
  await expect
    .poll(() => open().then(String, ({ hint }) => hint), { timeout: 60_000 })
    .toBe(
      'check the user of central, and what its pg_hba.conf says of this computer: it may take only TLS, and central.tls is off',
    )
})
