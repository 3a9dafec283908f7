/** The console with TLS: its own certificate, given ones, and files that cannot be used. */
import { copyFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { expect, test } from 'vitest'
import { askStatus } from '../../../src/console/ask-status.ts'
import { shownFingerprint } from '../../../src/console/tls/shown-fingerprint.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { testFolder } from '../../support/buffer.ts'
import { testConsole } from '../../support/console.ts'
import { makeTlsCertificate } from '../../support/tls-certificate.ts'

const PASSWORD = 'correct horse battery'
const EVENTUALLY = { timeout: 60_000, interval: 50 }
const ASKING = { maxMs: 10_000, signal: new AbortController().signal }
const hastyClock = {
  ...systemClock,
  sleep: (ms: number, signal?: AbortSignal) => systemClock.sleep(ms / 50, signal),
}

/** What a browser is shown, which trusts it without a look. */
async function shown(port: number): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, servername: 'localhost' })
  await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject))
  const { fingerprint256 } = socket.getPeerCertificate()
  socket.destroy()
  return fingerprint256
}

async function given() {
  const folder = testFolder()
  const { cert, key } = await makeTlsCertificate(testFolder(), ['localhost'])
  const tls = { certFile: join(folder, 'cert.pem'), keyFile: join(folder, 'key.pem') }
  const put = (pair: { readonly cert: string; readonly key: string }) => {
    writeFileSync(tls.certFile, pair.cert)
    writeFileSync(tls.keyFile, pair.key)
  }
  put({ cert, key })
  return { tls, put }
}

async function troublesOf({ folder }: { readonly folder: string }) {
  const report = await askStatus(folder, ASKING)
  return typeof report === 'string' ? report : report.degraded
}

test('with its own certificate people sign in over TLS, and status finds the gateway', async () => {
  const site = await testConsole({ tls: 'own', clock: hastyClock })
  const fingerprint = await shown(site.port)
  expect(site.lines.map(({ fingerprint: said }) => said)).toContain(fingerprint)
  expect(await shownFingerprint(site.folder, 'own')).toBe(fingerprint)
  expect(statSync(join(site.folder, 'console/own-certificate.pem')).mode & 0o777).toBe(0o600)
  const anna = site.visitor()
  await anna.post('/users', { name: 'anna', role: 'administer', password: PASSWORD })
  const { headers } = await anna.signIn('anna', PASSWORD)
  expect(headers['set-cookie']?.[0]).toMatch(
    /^__Host-millrace-\d+=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
  )
  expect((await anna.get('/users')).status).toBe(200)
  expect(await askStatus(site.folder, ASKING)).toMatchObject({ gateway: 'edge-1' })
})

test('its own certificate is the same after a restart', async () => {
  const folder = testFolder()
  const first = await testConsole({ tls: 'own', folder })
  const before = await shown(first.port)
  await first.end()
  const second = await testConsole({ tls: 'own', folder })
  expect(await shown(second.port)).toBe(before)
})

test('a given certificate is shown, and one that is put in its place is taken in without a restart', async () => {
  const { tls, put } = await given()
  const site = await testConsole({ tls, clock: hastyClock })
  const before = await shown(site.port)
  expect(await shownFingerprint(site.folder, tls)).toBe(before)
  put(await makeTlsCertificate(testFolder(), ['localhost']))
  await expect.poll(() => shown(site.port), EVENTUALLY).toBe(await shownFingerprint(site.folder, tls))
  expect(await shown(site.port)).not.toBe(before)
})

test('files that cannot be used are a trouble, the last good certificate stays, and it is over once they are mended', async () => {
  const { tls, put } = await given()
  const site = await testConsole({ tls, clock: hastyClock })
  const before = await shown(site.port)
  const kept = join(testFolder(), 'kept.pem')
  copyFileSync(tls.certFile, kept)
  const other = await makeTlsCertificate(testFolder(), ['localhost'])
  writeFileSync(tls.certFile, other.cert)
  await expect
    .poll(() => troublesOf(site), EVENTUALLY)
    .toMatchObject([
      { code: 'console-tls', what: expect.stringContaining('the key is that of another certificate') },
    ])
  expect(await shown(site.port)).toBe(before)
  writeFileSync(tls.certFile, 'no certificate')
  await expect
    .poll(() => troublesOf(site), EVENTUALLY)
    .toMatchObject([{ what: expect.stringContaining('the certificate cannot be read') }])
  put(other)
  await expect.poll(() => troublesOf(site), EVENTUALLY).toEqual([])
  expect(await shown(site.port)).not.toBe(before)
})

test('without the files it starts with its own certificate, says so, and never goes without TLS', async () => {
  const tls = { certFile: '/nowhere/cert.pem', keyFile: '/nowhere/key.pem' }
  const site = await testConsole({ tls, clock: hastyClock })
  expect(await troublesOf(site)).toMatchObject([
    {
      code: 'console-tls',
      what: expect.stringMatching(/\/nowhere\/\w+\.pem cannot be read.*own is used instead/),
    },
  ])
  expect(await shown(site.port)).toBe(await shownFingerprint(site.folder, 'own'))
})
