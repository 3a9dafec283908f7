import { describe, expect, test } from 'vitest'
import { transportOf } from '../../support/scanner-folders.ts'

function read(keys: Readonly<Record<string, unknown>>): unknown {
  return transportOf(Object.keys(keys)[0] ?? '').settings.parse(keys)
}

/** What is said of keys that cannot be used. */
function faults(keys: Readonly<Record<string, unknown>>): string {
  const { error } = transportOf(Object.keys(keys)[0] ?? '').settings.safeParse(keys)
  return error?.issues.map((issue) => JSON.stringify([issue.message, issue])).join('\n') ?? 'none'
}

const LINE = { baud: 9_600, parity: 'none', dataBits: 8, stopBits: 1 }

describe('the keys below port: are read', () => {
  test.each([
    [{ serial: '/dev/ttyS0' }, { path: '/dev/ttyS0', ...LINE }],
    [{ usb_serial: '21097B1234' }, { serialNumber: '21097B1234', ...LINE }],
    [
      { usb_serial: ' 21097B1234 ', mode: 'cdc' },
      { serialNumber: '21097B1234', ...LINE },
    ],
    [
      { serial: '/dev/ttyS0', baud: 115_200, parity: 'even', data_bits: 7, stop_bits: 2 },
      { path: '/dev/ttyS0', baud: 115_200, parity: 'even', dataBits: 7, stopBits: 2 },
    ],
    [{ tcp: '10.20.3.40:4001' }, { host: '10.20.3.40', port: 4_001 }],
    [{ tcp: 'scanner-7.plant.local:4001' }, { host: 'scanner-7.plant.local', port: 4_001 }],
    [{ tcp: '[fe80::1]:4001' }, { host: 'fe80::1', port: 4_001 }],
  ])('%j', (keys, settings) => {
    expect(read(keys)).toEqual(settings)
  })
})

describe('what cannot be used is refused with what would be right', () => {
  test.each([
    [{ usb_serial: 2_109_712_345 }, 'within quotes'],
    [{ usb_serial: '' }, 'within quotes'],
    [{ serial: 'ttyS0' }, '/dev/ttyS0'],
    [{ serial: '/dev/ttyS0', baud: 9_601 }, '9600'],
    [{ serial: '/dev/ttyS0', data_bits: 9 }, '7'],
    [{ serial: '/dev/ttyS0', speed: 9_600 }, 'speed'],
    [{ tcp: '10.20.3.40' }, 'names no port'],
    [{ tcp: '10.20.3.40:99999' }, '65535'],
    [{ tcp: '10.20.3.040:4001' }, 'did you mean 10.20.3.40?'],
    [{ tcp: 4_001 }, 'host and port'],
    [{ tcp: 'http://10.20.3.40:4001' }, 'write 10.20.3.40:4001'],
    [{ tcp: 'tcp://scanner-7:4001' }, 'write scanner-7:4001'],
    [{ tcp: 'fe80::1:4001' }, '[fe80::1]:4001'],
  ])('%j', (keys, words) => {
    expect(faults(keys)).toContain(words)
  })
})
