import { expect, test } from 'vitest'
import { BRAND_TONES } from '../../../src/scanners/brands.ts'

function inHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

test('sounds the tones that the manuals of each brand name', () => {
  const table = Object.entries(BRAND_TONES).map(([brand, { good, bad }]) => [brand, inHex(good), inHex(bad)])
  expect(table).toEqual([
    ['datalogic', '01', '46'],
    ['psc', '01', ''],
    ['honeywell', '16070d', ''],
    ['honeywell_host_ack', '1b372c', '1b382c1b382c'],
    ['hhp', '1b372c', '1b382c'],
    ['cipherlab', '2340' + '2f2f2f2f' + '0d', ''],
    ['zebra', '07', ''],
    ['generic', '07', ''],
    ['none', '', ''],
  ])
})

test('never answers a refused scan with the tone of a stored one', () => {
  for (const [brand, { good, bad }] of Object.entries(BRAND_TONES)) {
    if (brand === 'none') continue
    expect(inHex(bad), brand).not.toContain(inHex(good))
  }
})
