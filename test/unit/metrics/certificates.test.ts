import { X509Certificate } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { opcuaCertificateEnds } from '../../../src/drivers/opcua/trust/certificate-ends.ts'
import { trustCertificate } from '../../../src/drivers/opcua/trust/trust.ts'
import { rememberTrust } from '../../../src/drivers/opcua/trust/trusted-before.ts'
import { certificatesIn, certificateTroubles, distinct } from '../../../src/metrics/certificates.ts'
import { testFolder } from '../../support/buffer.ts'
import { makeCertificate } from '../../support/ending-certificate.ts'

const DAY_MS = 86_400_000
const NOW_MS = Date.UTC(2026, 5, 1)

test('of a file with several certificates the one counts that ends first, of authorities the one that ends last', async () => {
  const path = join(testFolder(), 'several.pem')
  const [late, early] = await Promise.all([400, 70].map((days) => makeCertificate(NOW_MS + days * DAY_MS)))
  writeFileSync(path, `${late}\n${early}`)
  const known = await certificatesIn([
    { use: 'client', path },
    { use: 'authority', path },
  ])
  expect(known).toEqual([
    { use: 'client', name: path, endsMs: NOW_MS + 70 * DAY_MS },
    { use: 'authority', name: path, endsMs: NOW_MS + 400 * DAY_MS },
  ])
})

test('an OPC UA server whose new certificate somebody has trusted is measured by that one', async () => {
  const folder = testFolder()
  const url = 'opc.tcp://press:4840'
  for (const days of [20, 3_000, 40]) {
    const pem = await makeCertificate(NOW_MS + days * DAY_MS)
    await trustCertificate(folder, new X509Certificate(pem).raw)
    await rememberTrust(folder, url, { sha256: new X509Certificate(pem).fingerprint256, atMs: NOW_MS - days })
  }
  const servers = (await opcuaCertificateEnds(folder)).filter(({ isOwn }) => !isOwn)
  expect(servers).toEqual([{ isOwn: false, name: url, endsMs: NOW_MS + 3_000 * DAY_MS }])
})

test('a file that is not there, or holds no certificate, is passed over', async () => {
  const path = join(testFolder(), 'key.pem')
  writeFileSync(path, '-----BEGIN CERTIFICATE-----\nbm90IG9uZQ==\n-----END CERTIFICATE-----\n')
  expect(
    await certificatesIn([
      { use: 'client', path },
      { use: 'client', path: `${path}.gone` },
    ]),
  ).toEqual([])
})

test('two months before its end a certificate is named, the first to end at the front', () => {
  const ends = (name: string, days: number) =>
    ({ use: 'server', name, endsMs: NOW_MS + days * DAY_MS }) as const
  const troubles = certificateTroubles([ends('far', 61), ends('near', 59), ends('over', -1)], NOW_MS)
  expect(troubles.map(({ what }) => what)).toEqual([
    'the certificate shown by over has ended on 2026-05-31',
    'the certificate shown by near ends on 2026-07-30',
  ])
  expect(troubles.every(({ code, hint }) => code === 'certificate-ends' && hint !== undefined)).toBe(true)
})

test('nobody is bothered with one that the gateway renews by itself', () => {
  const own = { use: 'opcua-own', name: 'Millrace', endsMs: NOW_MS, isLookedAfter: true } as const
  expect(certificateTroubles([own], NOW_MS)).toEqual([])
})

test('what is known twice counts once, as it was met last', () => {
  const one = (endsMs: number) => ({ use: 'server', name: 'central', endsMs }) as const
  expect(distinct([one(1), one(2)])).toEqual([one(2)])
})
