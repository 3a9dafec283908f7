import { describe, expect, it } from 'vitest'
import { faultsOfText, hintsOfText, mapOfText } from '../../support/compiled.ts'

const map = (signal: string, table: string, device = '') => `machine: M-1
device: {driver: modbus-tcp, host: 10.0.0.1${device}}
signals: {alarms: {at: 40102, role: fault_code, ${signal}}}
status: [{when: {alarms: ">0"}, is: down, reason: from alarms}, {else: true, is: idle}]
reasons: {alarms: ${table}}
`
const BITS = '{bits: {1: {code: door}, 15: {code: jam}}}'

describe('a table of faults', () => {
  it('says how important each is, also in a file and for bits', () => {
    const text = map('type: u16, latch: priority', '{7: {code: e_stop, priority: 1}, 9: {code: jam}}')
    expect(mapOfText(text).faults).toEqual([
      {
        signal: 'alarms',
        latch: 'priority',
        settleMs: 5_000,
        reasons: [
          { from: 7, to: 7, code: 'e_stop', category: null, priority: 1 },
          { from: 9, to: 9, code: 'jam', category: null },
        ],
      },
    ])
  })

  it.each([
    [
      'no line has an importance where it decides',
      map('type: u16, latch: priority', '{7: {code: e_stop}}'),
      'm.yaml:3:67: no line of the table of "alarms" says how important it is; as in 101: {code: jam, priority: 1}, 1 being the most important',
    ],
    [
      'zero is none',
      map('type: u16, latch: priority', '{7: {code: e_stop, priority: 0}}'),
      'm.yaml:5:48: 0 is no priority; 1 (the most important) to 999',
    ],
    [
      'bits beyond the word, counted from 1',
      map('type: u16, bit_order: lsb1', '{bits: {0: {code: door}, 16: {code: jam}}}'),
      'm.yaml:5:27: the signal has no bit 0; 1 (lowest) to 16, a range such as "4-7", or "*"',
    ],
    [
      'a misspelt order of bits',
      map('type: u16, bit_order: mbs', BITS),
      'm.yaml:3:71: "mbs" is not valid here; did you mean "msb"?',
    ],
    [
      'an order of bits where none are named',
      map('type: u16, bit_order: msb', '{7: {code: e_stop}}'),
      'm.yaml:3:60: "bit_order" is for one bit of a register, or for a word with a table of bits; remove it',
    ],
  ])('%s: is told', (_, text, fault) => {
    expect(faultsOfText(text)).toEqual([fault])
  })

  it('whose importance decides nothing is told so', () => {
    expect(hintsOfText(map('type: u16', '{7: {code: e_stop, priority: 1}}'))).toEqual([
      'm.yaml:5:11: the priorities of this table decide nothing: the code that comes first is the reason; latch: priority for the signal "alarms"',
    ])
  })

  it.each([
    ['lsb0 is nothing that has to be said', 'type: u16, bit_order: lsb0', '', undefined],
    ['the signal says it', 'type: u16, bit_order: msb', '', { order: 'msb', width: 16 }],
    ['the device says it', 'type: u32', ', bit_order: msb', { order: 'msb', width: 32 }],
    [
      'the signal knows better',
      'type: u16, bit_order: lsb1',
      ', bit_order: msb',
      { order: 'lsb1', width: 16 },
    ],
  ])('%s', (_, signal, device, bits) => {
    expect(mapOfText(map(signal, BITS, device)).faults[0]?.bits).toEqual(bits)
  })
})

describe('a bit of a register', () => {
  const bitOf = (address: string, order: string) => {
    const text = `machine: M-1
device: {driver: modbus-tcp, host: 10.0.0.1${order}}
signals: {door: {at: "${address}", type: bit}}
status: [{when: {door: on}, is: down}, {else: true, is: idle}]
`
    return mapOfText(text).devices[0]?.signals[0]?.address
  }

  it.each([
    ['40101:12', '', 12],
    ['40101:12', ', bit_order: lsb1', 11],
    ['40101:16', ', bit_order: lsb1', 15],
    ['40101:0', ', bit_order: msb', 15],
    ['40101.15', ', bit_order: msb', 0],
  ])('%s%s is the %ith from the lowest', (address, order, bit) => {
    expect(bitOf(address, order)).toMatchObject({ wire: 100, bit })
  })

  it('that does not exist is told in the order of the manual', () => {
    expect(() => bitOf('40101:0', ', bit_order: lsb1')).toThrow(
      'has no bit 0; bits count from 1 (lowest) to 16',
    )
    expect(() => bitOf('40101:16', ', bit_order: msb')).toThrow(
      'has no bit 16; bits count from 0 (highest) to 15',
    )
  })
})

describe('a unit of a signal', () => {
  const map = (signal: string) => `machine: M-1
device: {driver: modbus-tcp, host: 10.0.0.1, unit: 3}
signals: {temp: {at: 40101, ${signal}}}
status: [{else: true, is: idle}]
`
  it('is that of its number, and no unit id', () => {
    expect(mapOfText(map('type: u16, unit: °C')).devices[0]?.signals[0]).toMatchObject({ unit: '°C' })
    expect(faultsOfText(map('type: u16, unit: "3"'))).toEqual([
      'm.yaml:3:40: "unit: 3" of a signal is no unit such as A or °C; the unit id of Modbus stands under device:',
    ])
    expect(faultsOfText(map('type: u16, unit: A, names: {1: run}'))).toEqual([
      'm.yaml:3:40: "unit" is for numbers; remove it',
    ])
  })
})
