/** A gateway must not go dark because its program was upgraded: what was trusted stays trusted at the addresses where it was used. */
import { X509Certificate } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { trustCertificate } from '../../../src/drivers/opcua/trust/trust.ts'
import { rememberTrust } from '../../../src/drivers/opcua/trust/trusted-before.ts'
import { gateway, scratchFolder, startServer, trust } from '../../security/parts/opcua-site.ts'
import type { OpcUaTestServer } from '../../support/opcua-server.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

/** Where it was trusted; its certificate names neither this host nor the one where it is reached now. */
const ELSEWHERE = 'opc.tcp://10.20.3.40:4840'
const AT_MS = Date.UTC(2026, 8, 1)
const ANOTHER = { sha256: 'AB:'.repeat(31).concat('AB'), atMs: AT_MS }

const stack = new AsyncDisposableStack()
let server: OpcUaTestServer
beforeAll(async () => {
  server = await startServer(stack, { certificate: { host: '10.20.3.41' } })
})
afterAll(() => stack.disposeAsync())

function certificate(): Buffer {
  return server.certificates()[0] ?? Buffer.alloc(0)
}

/** The record as versions wrote it that took a trusted certificate at every address. */
function writeEarlierRecord(folder: string, url: string): void {
  const { fingerprint256 } = new X509Certificate(certificate())
  mkdirSync(join(folder, 'opcua'), { recursive: true })
  const record = { [url]: [{ sha256: fingerprint256, atMs: AT_MS }] }
  writeFileSync(join(folder, 'opcua', 'trusted-servers.json'), JSON.stringify(record))
}

async function taken(folder: string, settings: object = {}): Promise<unknown> {
  return gateway({ user: undefined, password_file: undefined, ...settings })(server, folder)
}

test('a server that an earlier version trusted under another address is still taken', async () => {
  const folder = scratchFolder(stack)
  await trustCertificate(folder, certificate())
  writeEarlierRecord(folder, ELSEWHERE)
  await expect(taken(folder)).resolves.toBeDefined()
})

test('trusting it again binds it: no other address takes it any more', async () => {
  const folder = scratchFolder(stack)
  await trustCertificate(folder, certificate())
  writeEarlierRecord(folder, ELSEWHERE)
  await trust(server, folder, ELSEWHERE)
  await expect(taken(folder)).rejects.toMatchObject({ code: 'link-untrusted' })
})

test('a new certificate that was put into the folder by hand is taken where another one was trusted before', async () => {
  const folder = scratchFolder(stack)
  await trustCertificate(folder, certificate())
  await rememberTrust(folder, server.url, ANOTHER)
  await expect(taken(folder)).resolves.toBeDefined()
})

test('a server is the same one whatever stands behind its host and port', async () => {
  const folder = scratchFolder(stack)
  await trust(server, folder, `${server.url.toUpperCase().replace('OPC.TCP', 'opc.tcp')}/UA/Server`)
  await expect(taken(folder)).resolves.toBeDefined()
})

test('servers of one device that show the same certificate are trusted together', async () => {
  const folder = scratchFolder(stack)
  await trust(server, folder, 'opc.tcp://127.0.0.1:1')
  const urls = ['opc.tcp://127.0.0.1:1', server.url]
  await expect(taken(folder, { url: undefined, urls })).resolves.toBeDefined()
})
