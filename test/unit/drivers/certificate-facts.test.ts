import { describe, expect, test } from 'vitest'
import {
  type CertificateFacts,
  certificateWarnings,
  isFingerprintOf,
  oneLine,
} from '../../../src/drivers/opcua/trust/certificate-facts.ts'

const FACTS: CertificateFacts = {
  subject: 'CN=PLC',
  issuer: undefined,
  applicationUri: 'urn:plc-7',
  validFromMs: 1_000,
  validToMs: 2_000,
  sha256: `0A:1B:2C:3D:4E:5F:60:71:${'FF:'.repeat(23)}FF`,
  sha1: `99:88:77:66:55:44:33:22:${'AA:'.repeat(11)}AA`,
}

describe('a fingerprint is taken', () => {
  test.each([
    ['whole', FACTS.sha256],
    ['as SHA-1', FACTS.sha1],
    ['in small letters without colons', FACTS.sha256.replaceAll(':', '').toLowerCase()],
    ['from its first 16 digits', '0A1B2C3D4E5F6071'],
    ['in groups', '0a1b 2c3d 4e5f 6071'],
  ])('%s', (_, typed) => {
    expect(isFingerprintOf(typed, FACTS)).toBe(true)
  })
})

describe('a fingerprint is refused', () => {
  test.each([
    ['of 15 digits', '0A1B2C3D4E5F607'],
    ['of 15 digits and many colons', '0A:1B:2C:3D:4E:5F:60:7:::::'],
    ['of nothing', ''],
    ['from its middle', '1B2C3D4E5F6071FF'],
    ['that goes on after its end', `${FACTS.sha256}:00`],
    ['of another certificate', 'AB'.repeat(32)],
  ])('%s', (_, typed) => {
    expect(isFingerprintOf(typed, FACTS)).toBe(false)
  })
})

test.each([
  [999, 'urn:plc-7', /not valid yet/],
  [2_000, 'urn:plc-7', /expired/],
  [1_500, 'urn:other', /urn:other/],
])('at %i, a server that calls itself %s is warned of', (nowMs, serverUri, words) => {
  expect(certificateWarnings(FACTS, serverUri, nowMs)).toEqual([expect.stringMatching(words)])
})

test('a certificate in its time and of this application is not warned of', () => {
  expect(certificateWarnings(FACTS, 'urn:plc-7', 1_000)).toEqual([])
})

test('what a stranger wrote cannot move the cursor', () => {
  expect(oneLine('CN=PLC\nO=Plant\u001b[2J\r')).toBe('CN=PLC, O=Plant?[2J?')
})
