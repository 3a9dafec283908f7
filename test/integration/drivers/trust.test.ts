import { X509Certificate } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  DataType,
  EndpointDescription,
  GetEndpointsResponse,
  MessageSecurityMode,
  OPCUACertificateManager,
  SecurityPolicy,
} from 'node-opcua'
import { afterAll, expect, test } from 'vitest'
import { collectDevice } from '../../../src/collector/collect-device.ts'
import type { DeviceMessage } from '../../../src/domain/device.ts'
import { createOpcUaDriver } from '../../../src/drivers/opcua/driver.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { createLog } from '../../../src/runtime/log.ts'
import { deviceOf, driverContext, readUntil, valuesOf } from '../../support/driver-bench.ts'
import { NAMESPACE, type OpcUaTestServer, startOpcUaServer } from '../../support/opcua-server.ts'
import { runMillrace } from '../../support/run-millrace.ts'

const opcUaDriver = createOpcUaDriver()
const root = mkdtempSync(join(tmpdir(), 'millrace-trust-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const STATE = { name: 'state', dataType: 'Int32', initial: { dataType: DataType.Int32, value: 7 } } as const
const SIGNALS = { state: { at: `nsu=${NAMESPACE};s=state` } }
/** Making keys takes longer than any test; a server's certificate is that of its folder. */
const FIRST_KEYS = join(root, 'first-keys')
const WAIT = { timeout: 60_000, interval: 50 }

/** It offers no endpoint without security, as a hardened PLC. */
function start(port = 0, folder = FIRST_KEYS): Promise<OpcUaTestServer> {
  return startOpcUaServer({ folder, port, variables: [STATE], policies: [SecurityPolicy.Basic256Sha256] })
}

interface Site {
  readonly data: string
  readonly trusted: () => readonly string[]
  readonly rejected: () => readonly string[]
  readonly trust: (...args: readonly string[]) => ReturnType<typeof runMillrace>
}

/** A gateway's folder of its own, with one device map for the server. */
function site(url: string, security = 'Basic256Sha256'): Site {
  const folder = mkdtempSync(join(root, 'site-'))
  const [data, devices] = [join(folder, 'data'), join(folder, 'devices')]
  for (const made of [data, devices]) mkdirSync(made)
  const config = join(folder, 'gateway.yaml')
  writeFileSync(
    config,
    'gateway: edge-1\norganization: SAV\nplant: SAV-1\ntimezone: Europe/Rome\n' +
      'devices: devices\ndata: data\ncentral: {url: "postgres://gateway@db.example/mes"}\n',
  )
  writeFileSync(
    join(devices, 'press-07.yaml'),
    `machine: PRESS-07\ndevice: {driver: opcua, url: "${url}", security: ${security}}\n` +
      `signals:\n  state: {node: "${SIGNALS.state.at}"}\n` +
      'status:\n  - {when: {state: 7}, is: running}\n  - {else: true, is: idle}\n',
  )
  return {
    data,
    trusted: () => readdirSync(join(data, 'opcua', 'pki', 'trusted', 'certs')),
    rejected: () => readdirSync(join(data, 'opcua', 'pki', 'rejected')),
    trust: (...args) => runMillrace(['trust', url, '--config', config, ...args]),
  }
}

function connect(url: string, { data }: Site) {
  const device = deviceOf(opcUaDriver, { url }, SIGNALS)
  return opcUaDriver.connect(device, driverContext(data), new AbortController().signal)
}

function fingerprints(server: OpcUaTestServer): { readonly sha256: string; readonly sha1: string } {
  const [certificate] = server.certificates()
  const { fingerprint256, fingerprint } = new X509Certificate(certificate ?? '')
  return { sha256: fingerprint256, sha1: fingerprint }
}

test('shows the certificate, the security and our own, and trusts nothing without a yes', async () => {
  await using server = await start()
  const gateway = site(server.url)
  await expect(connect(server.url, gateway)).rejects.toMatchObject({
    code: 'link-untrusted',
    hint: expect.stringContaining(`millrace trust ${server.url}`),
  })
  const { code, out, err } = await gateway.trust()
  const { sha256, sha1 } = fingerprints(server)
  expect({ code, err }).toEqual({ code: 1, err: '' })
  expect(out).toContain(sha256)
  expect(out).toContain(sha1)
  expect(out).toMatch(/application +urn:/)
  expect(out).toMatch(/wanted +Basic256Sha256 for PRESS-07: offered/)
  expect(out).toContain(join(gateway.data, 'opcua', 'pki', 'own', 'certs', 'millrace.pem'))
  expect(out).toMatch(new RegExp(`millrace trust ${server.url} --config \\S+ --yes ${sha256}\n`))
  expect(out).not.toContain('WARNING')
  expect(gateway.trusted()).toEqual([])
  await expect(connect(server.url, gateway)).rejects.toMatchObject({ code: 'link-untrusted' })
})

test('refuses a fingerprint that is not what the server shows', async () => {
  await using server = await start()
  const gateway = site(server.url)
  const { code, err } = await gateway.trust('--yes', 'AB'.repeat(32))
  expect(code).toBe(1)
  expect(err).toContain('NOT trusted')
  expect(gateway.trusted()).toEqual([])
})

test('lets a running collector connect at its next attempt, without a restart', async () => {
  await using server = await start()
  const gateway = site(server.url)
  const messages: DeviceMessage[] = []
  const abort = new AbortController()
  const running = collectDevice({
    device: deviceOf(opcUaDriver, { url: server.url }, SIGNALS),
    driver: opcUaDriver,
    clock: systemClock,
    random: () => 0,
    log: createLog('silent'),
    stateFolder: gateway.data,
    deliver: (message) => {
      messages.push(message)
      return { crowded: false, durable: Promise.resolve() }
    },
  }).run(abort.signal)
  try {
    await expect
      .poll(() => messages, WAIT)
      .toMatchObject([{ up: false, cause: expect.stringContaining('trust') }])
    const { code, out } = await gateway.trust('--yes', fingerprints(server).sha256)
    expect({ code, out }).toMatchObject({ code: 0, out: expect.stringContaining('Trusted') })
    await expect
      .poll(() => messages.slice(1, 3), WAIT)
      .toMatchObject([
        { kind: 'link', up: true },
        { kind: 'reading', reading: { samples: [{ value: 7, quality: 'good' }] } },
      ])
    expect(server.securityModes()).toEqual(['SignAndEncrypt'])
    expect(gateway.trusted()).toHaveLength(1)
  } finally {
    abort.abort()
    await running
  }
})

test('takes the beginning of the fingerprint, without colons and in small letters', async () => {
  await using server = await start()
  const gateway = site(server.url)
  const typed = fingerprints(server).sha256.replaceAll(':', '').slice(0, 16).toLowerCase()
  expect(await gateway.trust('--yes', typed)).toMatchObject({ code: 0 })
  // A second time, and without a yes, it has nothing to do and says so.
  expect(await gateway.trust()).toMatchObject({ code: 0, out: expect.stringContaining('Trusted') })
})

test('refuses a server that has changed its certificate, and shows the new one', async () => {
  const first = await start()
  const gateway = site(first.url)
  const before = fingerprints(first)
  expect(await gateway.trust('--yes', before.sha1)).toMatchObject({ code: 0 })
  const connection = await connect(first.url, gateway)
  expect(valuesOf(await readUntil(connection, ({ length }) => length === 1), 'state')).toEqual([7])
  await connection[Symbol.asyncDispose]()
  await first.stop()

  await using second = await start(first.port, join(root, 'second-keys'))
  await expect(connect(second.url, gateway)).rejects.toMatchObject({
    code: 'link-untrusted',
    message: expect.stringContaining('another certificate than the one that was trusted'),
    hint: expect.stringContaining(before.sha256),
  })
  expect(await gateway.trust('--yes', before.sha256)).toMatchObject({ code: 1 })
  const { code, out } = await gateway.trust()
  expect(code).toBe(1)
  expect(out).toMatch(
    new RegExp(`WARNING +another certificate was trusted at this address before: ${before.sha256}, on 20`),
  )
  expect(out).toContain(fingerprints(second).sha256)
  expect(gateway.trusted()).toHaveLength(1)
})

test('a copy that a connect set aside after the trust does not undo it', async () => {
  await using server = await start()
  const gateway = site(server.url)
  await gateway.trust('--yes', fingerprints(server).sha256)
  const [name = ''] = gateway.trusted()
  const pem = new X509Certificate(server.certificates()[0] ?? '').toString()
  writeFileSync(join(gateway.data, 'opcua', 'pki', 'rejected', name), pem)
  await using connection = await connect(server.url, gateway)
  expect(valuesOf(await readUntil(connection, ({ length }) => length === 1), 'state')).toEqual([7])
  expect(gateway.rejected()).toEqual([])
})

test('warns of a certificate that has expired and names another application, and says why it is not accepted', async () => {
  const keys = join(root, 'expired-keys')
  await makeExpiredCertificate(join(keys, 'server-pki'))
  await using server = await start(0, keys)
  const gateway = site(server.url, 'Aes256_Sha256_RsaPss')
  const { code, out } = await gateway.trust('--yes', fingerprints(server).sha256)
  expect(code).toBe(1)
  expect(out).toMatch(/WARNING +it has expired/)
  expect(out).toMatch(/WARNING +the server calls itself \S+, and its certificate names another application/)
  expect(out).toContain('Aes256_Sha256_RsaPss for PRESS-07: NOT offered')
  expect(out).toContain('BadCertificateTimeInvalid')
  await expect(connect(server.url, gateway)).rejects.toMatchObject({ code: 'link-certificate-time' })
})

/** Where the server looks for its own, so that it makes none. */
async function makeExpiredCertificate(rootFolder: string): Promise<void> {
  mkdirSync(rootFolder, { recursive: true })
  const manager = new OPCUACertificateManager({ rootFolder, disableFileWatchers: true })
  await manager.initialize()
  await manager.createSelfSignedCertificate({
    applicationUri: 'urn:somebody:else',
    dns: ['localhost'],
    outputFile: join(rootFolder, 'own', 'certs', 'certificate.pem'),
    subject: '/CN=Old',
    startDate: new Date('2020-01-01T00:00:00Z'),
    validity: 365,
  })
  await manager.dispose()
}

test('a server with 130 endpoints offers what the last of them offers', async () => {
  await using server = await start()
  server.teach({
    answer: (answer) => {
      if (answer instanceof GetEndpointsResponse) {
        const endpoint = answer.endpoints?.find(
          (one) => one.securityMode === MessageSecurityMode.SignAndEncrypt,
        )
        if (endpoint) answer.endpoints = [...Array.from({ length: 129 }, () => unsecured(endpoint)), endpoint]
      }
      return answer
    },
  })
  const { out } = await site(server.url).trust()
  expect(out).toMatch(/wanted +Basic256Sha256 for PRESS-07: offered/)
  expect(out).toContain(fingerprints(server).sha256)
})

/** As servers announce one for each network adapter, some of them without security. */
function unsecured(like: EndpointDescription): EndpointDescription {
  return new EndpointDescription({
    ...like,
    securityMode: MessageSecurityMode.None,
    securityPolicyUri: SecurityPolicy.None,
  })
}

test('a server that cannot be reached is told by its address', async () => {
  const { code, err } = await site('opc.tcp://127.0.0.1:1').trust()
  expect(code).toBe(1)
  expect(err).toContain('opc.tcp://127.0.0.1:1 refuses the connection')
})

test('a word that is no URL is bad use', async () => {
  expect(await runMillrace(['trust', 'plc-7'])).toMatchObject({
    code: 2,
    err: expect.stringContaining('plc-7'),
  })
})
