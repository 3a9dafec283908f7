import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TLSSocket } from 'node:tls'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { LoginMode, TlsSettings } from '../../../src/postgres/settings.ts'
import { createMesDestination } from '../../../src/routes/mes/route.ts'
import { startTestCentral, type TestCentral } from '../../support/central.ts'
import { message } from '../../support/posing-server.ts'
import { makeTlsCertificate, type TlsCertificate } from '../../support/tls-certificate.ts'

let folder: string
let central: TestCentral
let certificate: TlsCertificate

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-test-'))
  certificate = await makeTlsCertificate(folder, ['localhost'])
  central = await startTestCentral()
  const { server } = central
  await central.sql(
    `ALTER SYSTEM SET ssl_cert_file = '${await server.addFile('server.crt', certificate.cert)}'`,
  )
  await central.sql(
    `ALTER SYSTEM SET ssl_key_file = '${await server.addFile('server.key', certificate.key)}'`,
  )
  await central.sql('ALTER SYSTEM SET ssl = on')
  await server.stop()
  await server.start()
})
afterAll(async () => {
  await central[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

/** How the gateway's role proves who it is; the superuser goes on as before. */
async function demand(method: string): Promise<void> {
  const [found] = await central.sql<{ hba_file: string }>('SHOW hba_file')
  const lines = `VALUES ('host all postgres all scram-sha-256'), ('host all all all ${method}')`
  await central.sql(`COPY (${lines}) TO '${found?.hba_file}'`)
  await central.sql('SELECT pg_reload_conf()')
  const faults = await central.sql('SELECT error FROM pg_hba_file_rules WHERE error IS NOT NULL')
  expect(faults).toEqual([])
}

async function logIn(host: string, tls: TlsSettings, login: LoginMode = 'scram'): Promise<void> {
  const { connection, ...rest } = central.settings()
  const hosts = [{ host, port: central.server.port }]
  const settings = { ...rest, connection: { ...connection, hosts, tls, login } }
  await using _session = await createMesDestination(settings).connect(AbortSignal.timeout(30_000))
}

test('a password is given in clear text only where that is written, and to a server that has proven who it is', async () => {
  const { caFile } = certificate
  await demand('password')
  for (const [tls, login] of [
    [{ mode: 'off' }, 'any'],
    [{ mode: 'require' }, 'any'],
    [{ mode: 'verify-ca', caFile }, 'any'],
    [{ mode: 'verify-full', caFile }, 'scram'],
  ] as const) {
    await expect(logIn('localhost', tls, login)).rejects.toMatchObject({
      code: 'central-login',
      refusal: 'wait',
      message: expect.stringContaining('asks for the password in clear text, and was not given it'),
      hint: expect.stringContaining('scram-sha-256'),
    })
  }
  await logIn('localhost', { mode: 'verify-full', caFile }, 'any')
})

test('nor is one as MD5, which is as good as the password to whoever has it', async () => {
  await demand('md5')
  await central.sql(
    `SET password_encryption = 'md5'; ALTER ROLE ${central.role} PASSWORD '${central.password}'`,
  )
  await expect(logIn('localhost', { mode: 'verify-full', caFile: certificate.caFile })).rejects.toMatchObject(
    {
      code: 'central-login',
      message: expect.stringContaining('as MD5'),
    },
  )
  await logIn('localhost', { mode: 'verify-full', caFile: certificate.caFile }, 'any')
  await central.sql(
    `SET password_encryption = 'scram-sha-256'; ALTER ROLE ${central.role} PASSWORD '${central.password}'`,
  )
})

test('a password that was changed on the server is taken from its file at the next login', async () => {
  const passwordFile = join(folder, 'password')
  const { connection, ...rest } = central.settings()
  const { password: _, ...withoutPassword } = connection
  const destination = createMesDestination({ ...rest, connection: { ...withoutPassword, passwordFile } })
  const connect = () => destination.connect(AbortSignal.timeout(30_000))
  await expect(connect()).rejects.toMatchObject({ code: 'central-password' })
  await writeFile(passwordFile, central.password)
  await (await connect())[Symbol.asyncDispose]()
  await central.sql(`ALTER ROLE ${central.role} PASSWORD 'rotated'`)
  await expect(connect()).rejects.toMatchObject({ code: 'central-login', sqlstate: '28P01' })
  await writeFile(passwordFile, 'rotated\n')
  await (await connect())[Symbol.asyncDispose]()
})

test('SCRAM is bound to the certificate of the server, so that nobody can stand between', async () => {
  await using server = await startTlsServer(message('R', 10, 'SCRAM-SHA-256-PLUS', 'SCRAM-SHA-256', ''))
  const { connection, ...rest } = central.settings()
  const tls: TlsSettings = { mode: 'require' }
  const settings = {
    ...rest,
    connection: { ...connection, hosts: [{ host: '127.0.0.1', port: server.port }], tls },
  }
  await expect(createMesDestination(settings).connect(AbortSignal.timeout(30_000))).rejects.toThrow()
  expect(server.heard()).toContain('SCRAM-SHA-256-PLUS')
  expect(server.heard()).toContain('p=tls-server-end-point')
})

test('a login that must be bound is so, and one that cannot be is refused before anything is said', async () => {
  await demand('scram-sha-256')
  await central.sql(`ALTER ROLE ${central.role} PASSWORD '${central.password}'`)
  await logIn('localhost', { mode: 'verify-full', caFile: certificate.caFile }, 'bound')
  for (const offer of [message('R', 10, 'SCRAM-SHA-256', ''), message('R', 0)]) {
    await using server = await startTlsServer(Buffer.concat([offer, message('Z', Buffer.from('I'))]))
    const { connection, ...rest } = central.settings()
    const hosts = [{ host: '127.0.0.1', port: server.port }]
    const settings = {
      ...rest,
      connection: { ...connection, hosts, tls: { mode: 'require' }, login: 'bound' },
    } as const
    await expect(createMesDestination(settings).connect(AbortSignal.timeout(30_000))).rejects.toMatchObject({
      code: 'central-login',
      message: expect.stringContaining('offers no login that is bound to its certificate'),
    })
    expect(server.heard()).toBe('')
  }
})

/** Takes a client in with TLS, asks it to log in, and hangs up once it has answered. */
async function startTlsServer(login: Buffer) {
  let heard = ''
  const server = createServer((socket) => {
    socket.once('data', () => {
      socket.write('S')
      const { key, cert } = certificate
      const secured = new TLSSocket(socket, { isServer: true, key, cert })
      secured.once('data', () => {
        secured.write(login)
        secured.once('data', (bytes) => {
          heard = bytes.toString('latin1')
          secured.destroy()
        })
      })
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    heard: () => heard,
    [Symbol.asyncDispose]: async () => {
      server.close()
      await once(server, 'close')
    },
  }
}
