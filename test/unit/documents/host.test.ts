import { describe, expect, it } from 'vitest'
import { hostWithPort, readHost } from '../../../src/documents/host.ts'

describe('a host', () => {
  it.each([
    ['10.20.3.17', '10.20.3.17'],
    [' 10.20.3.17 ', '10.20.3.17'],
    ['0.0.0.0', '0.0.0.0'],
    ['plc-17', 'plc-17'],
    ['press_07.hall2.plant.example', 'press_07.hall2.plant.example'],
    ['plc.plant.example.', 'plc.plant.example.'],
    ['3com', '3com'],
    ['anlage-süd', 'anlage-süd'],
    ['::1', '::1'],
    ['[fe80::1]', 'fe80::1'],
    ['fe80::1%eth0', 'fe80::1%eth0'],
    ['::ffff:10.20.3.17', '::ffff:10.20.3.17'],
  ])('%s is one', (written, host) => {
    expect(readHost(written)).toEqual({ host })
  })

  it.each([
    ['', /empty/, /10\.20\.3\.17/],
    ['010.020.003.017', /leading zeros \(010, 020, 003, 017\).*octal/, /did you mean 10\.20\.3\.17\?/],
    ['10.20.3.07', /leading zeros \(07\)/, /did you mean 10\.20\.3\.7\?/],
    ['10.20.3.300', /over 255, and 300 is/, /10\.20\.3\.17/],
    ['10.20.3', /four numbers/, /10\.20\.3\.17/],
    ['4711', /four numbers/, /10\.20\.3\.17/],
    ['10.20.3.17.', /four numbers/, /did you mean 10\.20\.3\.17\?/],
    ['10..20.3.17', /four numbers/, /as in/],
    ['0x0a.0x14.0x03.0x11', /decimal/, /as in/],
    ['10,20,3,17', /parted by dots/, /did you mean 10\.20\.3\.17\?/],
    ['10.20.3.17:502', /without its port \(:502\)/, /write 10\.20\.3\.17 alone, and port: 502/],
    ['plc:502', /without its port/, /write plc alone, and port: 502/],
    ['[fe80::1]:502', /without its port/, /write fe80::1 alone, and port: 502/],
    ['tcp://10.20.3.17:502', /without tcp:\/\//, /without its port/],
    ['opc.tcp://plc', /without opc\.tcp:\/\//, /write plc alone/],
    ['10.20.3.17/24', /without a mask \(\/24\)/, /write 10\.20\.3\.17 alone/],
    ['plc/modbus', /without a path/, /write plc alone/],
    [`\${PLC_HOST}`, /variables are not filled in/, /as in/],
    ['%PLC_HOST%', /variables are not filled in/, /as in/],
    ['fe80:::1', /no IPv6 address/, /fe80::1/],
    ['plc 17', /a blank/, /as in/],
    ['plc@hall', /the character "@"/, /as in/],
    ['-plc', /1 to 63 letters/, /as in/],
    [`${'a'.repeat(64)}.example`, /1 to 63 letters/, /as in/],
  ])('%s is none, with what is wrong and what would be right', (written, fault, hint) => {
    expect(readHost(written)).toMatchObject({
      fault: expect.stringMatching(fault),
      hint: expect.stringMatching(hint),
    })
  })
})

it('is told from its port, also where it has colons', () => {
  expect(hostWithPort('10.20.3.17', 502)).toBe('10.20.3.17:502')
  expect(hostWithPort('fe80::1', 502)).toBe('[fe80::1]:502')
})
