import { describe, expect, test } from 'vitest'
import { createDrivers } from '../../../src/drivers/index.ts'
import { findAskedDevice, WorkbenchFault } from '../../../src/workbench/asked-device.ts'

const { all: drivers } = createDrivers()

function asked(written: string, keys = {}) {
  return findAskedDevice(written, { drivers, maps: () => [], keys })
}

describe('a device named by a URL', () => {
  test.each([
    ['modbus://10.20.3.17/5', 'modbus-tcp', { host: '10.20.3.17', port: 502, unit: 5 }],
    ['modbus://10.20.3.17', 'modbus-tcp', { port: 502, unit: 1 }],
    ['modbus://[fe80::1]:1502/2', 'modbus-tcp', { host: 'fe80::1', port: 1_502, unit: 2 }],
    [
      'modbus://plc.plant/1?word_order=CDAB&timeout=2s',
      'modbus-tcp',
      { wordOrder: 'CDAB', timeoutMs: 2_000 },
    ],
    [
      'modbus-rtu:///dev/ttyUSB0?baud=19200&parity=even&unit=7',
      'modbus-rtu',
      { path: '/dev/ttyUSB0', unit: 7, baud: 19_200 },
    ],
    ['modbus-rtu-over-tcp://10.20.3.18:4001/3', 'modbus-rtu-over-tcp', { port: 4_001, unit: 3 }],
    ['opc.tcp://10.20.3.40:4840/path', 'opcua', { url: 'opc.tcp://10.20.3.40:4840/path' }],
  ])('%s', (url, protocol, settings) => {
    const found = asked(url)
    expect(found.driver.protocol).toBe(protocol)
    expect(found.settings).toMatchObject(settings)
  })

  test.each([
    ['modbuss://10.20.3.17/1', 'did you mean modbus://?'],
    ['modbus:///1', 'names no host'],
    ['modbus://10.20.3.17/1?word_odrer=CDAB', 'word_odrer'],
    ['modbus://10.20.3.17/999', 'unit'],
    ['opc.tcp://user@10.20.3.40:4840', 'a URL holds nobody who logs in'],
    ['PRESS-99', 'no machine of the maps'],
  ])('%s is refused, and the text says why', (url, said) => {
    let fault: unknown
    try {
      asked(url)
    } catch (error) {
      fault = error
    }
    expect(fault).toBeInstanceOf(WorkbenchFault)
    expect(`${(fault as WorkbenchFault).message}; ${(fault as WorkbenchFault).hint}`).toContain(said)
  })

  test('what is given beside it goes before what it says', () => {
    expect(
      asked('modbus://10.20.3.17/1?addressing=hex', { addressing: 'zero_based' }).settings,
    ).toMatchObject({
      addressing: 'zero_based',
    })
  })
})
