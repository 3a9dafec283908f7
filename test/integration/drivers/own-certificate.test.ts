import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { ownText } from '../../../src/commands/trust-text.ts'
import { ownCertificate } from '../../../src/drivers/opcua/trust/trust.ts'
import { whileUnread } from '../../support/unread.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-own-certificate-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const DAY_MS = 86_400_000
const YEAR_MS = 365 * DAY_MS
const NOW_MS = Date.UTC(2026, 5, 1)

/** The gateway's certificate as it is after each of these moments. */
async function certificatesAt(name: string, ...moments: readonly number[]) {
  const certificates: Awaited<ReturnType<typeof ownCertificate>>[] = []
  mkdirSync(join(folder, name), { recursive: true })
  for (const nowMs of moments) certificates.push(await ownCertificate(join(folder, name), nowMs))
  return certificates
}

test('a PLC whose clock is a year behind takes the certificate of today', async () => {
  const [own] = await certificatesAt('behind', NOW_MS)
  expect(own?.facts.validFromMs).toBeLessThanOrEqual(NOW_MS - YEAR_MS)
  expect(own?.facts.validToMs).toBeGreaterThan(NOW_MS + 9 * YEAR_MS)
  expect(own && existsSync(own.file)).toBe(true)
})

test('the certificate stays the same for years', async () => {
  const [first, later] = await certificatesAt('years', NOW_MS, NOW_MS + 9 * YEAR_MS)
  expect(later?.facts.sha256).toBe(first?.facts.sha256)
  expect(later).not.toHaveProperty('news')
})

test.each([
  ['made while the clock was years ahead', 'ahead', NOW_MS + 5 * YEAR_MS, NOW_MS, /not valid yet/],
  ['about to expire', 'soon', NOW_MS, NOW_MS + 10 * YEAR_MS - 10 * DAY_MS, /about to expire/],
  ['expired', 'expired', NOW_MS, NOW_MS + 11 * YEAR_MS, /had expired/],
])('a certificate that is %s is made anew, and said to be', async (_, name, madeMs, nowMs, why) => {
  const [first, second] = await certificatesAt(name, madeMs, nowMs)
  expect(second?.facts.sha256).not.toBe(first?.facts.sha256)
  expect(second?.facts.validFromMs).toBeLessThan(nowMs)
  expect(second?.news).toMatch(why)
  expect(second?.news).toContain('trust the new one')
  expect(second && ownText(second, nowMs)).toMatch(
    /WARNING +the gateway's own OPC UA certificate was made anew/,
  )
})

// Fault of the catalogue: [C5]
test.each([
  ['key', 'own/private/private_key.pem'],
  ['certificate', 'own/certs/millrace.pem'],
  ['folder of trusted certificates', 'trusted/certs'],
])('a %s that cannot be read for a moment is not made anew', async (name, path) => {
  const pki = join(folder, name, 'opcua', 'pki')
  const key = () => readFileSync(join(pki, 'own/private/private_key.pem'), 'utf8')
  const [first] = await certificatesAt(name, NOW_MS)
  const before = key()
  await whileUnread(join(pki, path), async () => {
    await expect(certificatesAt(name, NOW_MS)).rejects.toThrow('ELOOP')
  })
  const [after] = await certificatesAt(name, NOW_MS)
  expect(after?.facts.sha256).toBe(first?.facts.sha256)
  expect(key()).toBe(before)
})

// Fault of the catalogue: [C5]
test('a damaged certificate is made anew with the same key, said to be, and kept beside it', async () => {
  const [first] = await certificatesAt('damaged', NOW_MS)
  const file = first?.file ?? ''
  const damaged = readFileSync(file, 'latin1').replaceAll('A', '%')
  writeFileSync(file, damaged)
  const [second] = await certificatesAt('damaged', NOW_MS)
  expect(second?.facts.sha256).not.toBe(first?.facts.sha256)
  expect(second?.news).toMatch(/made anew, because it was damaged; each server has to trust the new one/)
  expect(readFileSync(`${file}.damaged`, 'latin1')).toBe(damaged)
  const [third] = await certificatesAt('damaged', NOW_MS)
  expect(third).not.toHaveProperty('news')
})

// Fault of the catalogue: [C5]
test('in the place of a damaged certificate the former one is used again while it is valid for long', async () => {
  const renewedMs = NOW_MS + 10 * YEAR_MS - 30 * DAY_MS
  const [first] = await certificatesAt('former', NOW_MS, renewedMs)
  writeFileSync(first?.file ?? '', '')
  // The clock was years ahead: servers trust the first one still.
  const [again] = await certificatesAt('former', NOW_MS)
  expect(again?.facts.sha256).toBe(first?.facts.sha256)
  expect(again?.news).toMatch(/former OPC UA certificate is used again: the newer one was damaged/)
})

// Fault of the catalogue: [D6]
test('a host that starts without the time keeps its certificate, and is told to look at the clock', async () => {
  const [first, second] = await certificatesAt('no-clock', NOW_MS, Date.UTC(1970, 0, 1))
  expect(second?.facts.sha256).toBe(first?.facts.sha256)
  expect(second && ownText(second, Date.UTC(1970, 0, 1))).toMatch(
    /WARNING +it is not valid yet: compare the clocks/,
  )
})
