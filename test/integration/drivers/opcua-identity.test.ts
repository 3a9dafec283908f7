/** Who the gateway is at a server: the certificate of a user, and its own one while it is renewed. */
import { X509Certificate } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ActivateSessionRequest, DataType, type SecurityPolicy } from 'node-opcua'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { createOpcUaDriver } from '../../../src/drivers/opcua/driver.ts'
import { ownCertificate, trustCertificate } from '../../../src/drivers/opcua/trust/trust.ts'
import { deviceOf, driverContext, readUntil, valuesOf } from '../../support/driver-bench.ts'
import { NAMESPACE, type OpcUaTestServer, startOpcUaServer } from '../../support/opcua-server.ts'
import { makeTlsCertificate } from '../../support/tls-certificate.ts'

/** A server and a client that encrypt are slow on a computer that does much else. */
vi.setConfig({ testTimeout: 120_000 })

const folder = mkdtempSync(join(tmpdir(), 'millrace-opcua-identity-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const initial = { dataType: DataType.Int32, value: 5 }
const VARIABLES = [{ name: 'n', dataType: 'Int32', initial } as const]
const signal = new AbortController().signal
const DAY_MS = 86_400_000

async function read(settings: object, stateFolder = folder) {
  await using driver = createOpcUaDriver()
  const device = deviceOf(driver, settings, { n: { at: `nsu=${NAMESPACE};s=n` } })
  await using link = await driver.connect(device, driverContext(stateFolder), signal)
  const readings = await readUntil(link, (all) => all.length === 1)
  return { value: valuesOf(readings, 'n')[0], remark: link.remark }
}

/** The kinds of users that have logged in. */
function usersOf(server: OpcUaTestServer): readonly string[] {
  const users: string[] = []
  server.teach({
    request: (request) => {
      if (request instanceof ActivateSessionRequest) {
        users.push(request.userIdentityToken?.schema.name ?? 'nobody')
      }
    },
  })
  return users
}

let certificate: string
let key: string
beforeAll(async () => {
  mkdirSync(join(folder, 'user'))
  const made = await makeTlsCertificate(join(folder, 'user'), ['gateway'])
  certificate = made.caFile
  key = join(folder, 'user.key')
  writeFileSync(key, made.key)
})

function withCertificate({ url }: OpcUaTestServer, files: object = {}) {
  const mine = { user_certificate_file: certificate, user_key_file: key, ...files }
  return { url, security: 'Basic256Sha256', ...mine }
}

async function serverWithUsers(trustsAllUsers: boolean): Promise<OpcUaTestServer> {
  const place = join(folder, trustsAllUsers ? 'open' : 'strict-users')
  const server = await startOpcUaServer({ folder: place, variables: VARIABLES, trustsAllUsers })
  await ownCertificate(folder, Date.now())
  for (const one of server.certificates()) await trustCertificate(folder, one)
  return server
}

test('a user logs in with a certificate', async () => {
  await using server = await serverWithUsers(true)
  const users = usersOf(server)
  expect(await read(withCertificate(server))).toEqual({ value: 5, remark: undefined })
  expect(users).toContain('X509IdentityToken')
})

test('a server that does not know the certificate of the user says so, and what to do', async () => {
  await using server = await serverWithUsers(false)
  const fault = await read(withCertificate(server)).catch((error: unknown) => error)
  expect(fault).toMatchObject({ code: 'link-user', hint: expect.stringContaining(certificate) })
})

test('a key that cannot be used is named by its file, and never shown', async () => {
  await using server = await serverWithUsers(true)
  const [missing, broken, other] = ['missing', 'broken.key', 'other'].map((name) => join(folder, name))
  const secret = readFileSync(key, 'utf8').slice(60, 90)
  writeFileSync(broken ?? '', readFileSync(key, 'utf8').replace(/END.*/, secret))
  mkdirSync(other ?? '')
  const stranger = await makeTlsCertificate(other ?? '', ['somebody'])
  const cases = [
    [withCertificate(server, { user_key_file: missing }), /cannot be read from .*missing/],
    [withCertificate(server, { user_key_file: broken }), /broken.key cannot be used/],
    [withCertificate(server, { user_certificate_file: stranger.caFile }), /is not that of the certificate/],
    [withCertificate(server, { user_certificate_file: key }), /certificate of the user cannot be read/],
  ] as const
  for (const [settings, words] of cases) {
    const fault = await read(settings).catch((error: unknown) => error)
    expect(fault).toMatchObject({
      code: 'link-user-certificate',
      message: expect.stringMatching(words),
    })
    expect(JSON.stringify([fault, String(fault), (fault as Error).cause])).not.toContain(secret)
  }
})

test.each([
  [{ user_certificate_file: 'a.pem' }, /go together/],
  [
    { user: 'u', password_file: 'p', user_certificate_file: 'a.pem', user_key_file: 'k.pem' },
    /a password or with a certificate/,
  ],
])('%j is refused', (keys, words) => {
  const parsed = createOpcUaDriver().settings.safeParse({ url: 'opc.tcp://a', ...keys })
  expect(JSON.stringify(parsed.error)).toMatch(words)
})

test('while the own certificate is renewed, a server that knows only the former one is still read', async () => {
  const [state, place] = [join(folder, 'renewed'), join(folder, 'strict')]
  mkdirSync(state)
  const policies = ['http://opcfoundation.org/UA/SecurityPolicy#Basic256Sha256' as SecurityPolicy]
  await using server = await startOpcUaServer({
    folder: place,
    variables: VARIABLES,
    policies,
    trustsAllClients: false,
  })
  const letIn = async (file: string) =>
    server.engine.serverCertificateManager.trustCertificate(new X509Certificate(readFileSync(file)).raw)
  const first = await ownCertificate(state, Date.now() - (10 * 365 - 20) * DAY_MS)
  await letIn(first.file)
  for (const one of server.certificates()) await trustCertificate(state, one)
  const settings = { url: server.url, security: 'Basic256Sha256' }

  const overlapping = await read(settings, state)
  expect(overlapping.value).toBe(5)
  expect(overlapping.remark).toMatch(/does not take the gateway's new certificate.*former one, which ends at/)
  const second = await ownCertificate(state, Date.now())
  expect(second.facts.sha256).not.toBe(first.facts.sha256)

  await letIn(second.file)
  expect(await read(settings, state)).toEqual({ value: 5, remark: undefined })
})

test.each([
  ['a few years', 9.95],
  ['decades', 60],
])(
  'a host whose clock was %s ahead for a while shows the certificate that its servers trust',
  async (words, years) => {
    const state = join(folder, `ahead-${words}`)
    mkdirSync(state)
    const trusted = await ownCertificate(state, Date.now())
    const aheadMs = years * 365 * DAY_MS
    const meanwhile = await ownCertificate(state, Date.now() + aheadMs)
    expect(meanwhile.facts.sha256).not.toBe(trusted.facts.sha256)
    await ownCertificate(state, Date.now() + aheadMs + DAY_MS)
    const again = await ownCertificate(state, Date.now())
    expect(again.facts.sha256).toBe(trusted.facts.sha256)
    expect((await ownCertificate(state, Date.now())).facts.sha256).toBe(trusted.facts.sha256)
  },
)
