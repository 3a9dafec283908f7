import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { numberOf } from '../../../src/sheets/cells.ts'
import { readSheet } from '../../../src/sheets/read-sheet.ts'
import type { Sheet } from '../../../src/sheets/sheet.ts'

function read(name: string, options = {}): Sheet {
  return readSheet(readFileSync(new URL(`../../cases/sheets/${name}`, import.meta.url)), options)
}

function signalsOf({ signals }: Sheet): Readonly<Record<string, unknown>> {
  return Object.fromEntries(signals.map(({ name, keys }) => [name, keys]))
}

function leftOut({ doubts }: Sheet): readonly string[] {
  return doubts.filter(({ isLeftOut }) => isLeftOut).map(({ line, what }) => `${line}: ${what}`)
}

test('tags of KEPServerEX keep their bits, texts, ranges and units, and what has no place in a map is named by line', () => {
  const sheet = read('kepware.csv')
  expect(signalsOf(sheet)).toEqual({
    State: { at: '400101', type: 'u16' },
    'Press.Door_open': { at: '400103:12', type: 'bit' },
    Pressure: { at: '400105', type: 'i16', scale: 0.0125, unit: 'bar' },
    Good_parts: { at: '400110', type: 'u32' },
    Order: { at: '400120/20', type: 'string', text: 'swapped' },
    Lamp: { at: '00001', type: 'bit' },
    Speed: { at: '300005', type: 'u16', unit: 'rpm' },
  })
  expect(sheet.device).toEqual({ word_order: 'CDAB' })
  expect(leftOut(sheet)).toEqual([
    '8: "Recipe" has the address 400200 [10], which is none of Modbus that can be read as one value',
  ])
  expect(sheet.doubts.map(({ what }) => what).join('\n')).toContain('"Speed" is scaled (Square Root)')
})

test('registers of ioBroker have their area by --area, their order of words by type, and decimals with a comma', () => {
  const sheet = read('iobroker.tsv', { area: 'IR' })
  expect(signalsOf(sheet)).toEqual({
    state: { at: 'IR100', type: 'u16' },
    temperature: { at: 'IR104', type: 'i16', scale: 0.1, unit: '°C' },
    good: { at: 'IR110', type: 'u32', word_order: 'CDAB' },
    order: { at: 'IR120/20', type: 'string' },
    load: { at: 'IR130', type: 'f32', word_order: 'ABCD', unit: '%' },
  })
  expect(sheet.device).toEqual({ addressing: 'zero_based' })
  expect(leftOut(sheet)).toEqual(['7: "clock" is of the type rawhex, which a map does not have'])
  expect(sheet.doubts.find(({ line }) => line === 6)?.what).toContain('formula x*2')
})

test('symbols of a Siemens PLC become nodes of its OPC UA server, from XML and from SDF', () => {
  const node = (name: string) => ({ node: `nsu=http://www.siemens.com/simatic-s7-opcua;s="${name}"` })
  const expected = { State: node('State'), Door_open: node('Door open') }
  const sheet = read('tia.xml')
  expect(signalsOf(sheet)).toEqual(expected)
  expect(sheet.signals[0]?.about).toBe('%MW100 0 off, 1 auto')
  expect(leftOut(sheet)).toEqual(['5: "Drive" is of the type Press_UDT, which is not one value'])
  expect(signalsOf(read('tia.sdf'))).toEqual(expected)
  const step7 = read('step7.sdf')
  expect(signalsOf(step7)).toEqual({ Zustand: node('Zustand'), Tür_offen: node('Tür offen') })
  expect(step7.signals[0]?.about).toBe('MW    100 Zustand der Presse')
})

test('symbols of CODESYS are taken field by field, under the name of the controller', () => {
  const sheet = read('codesys.xml', { controller: 'CODESYS Control Win V3 x64' })
  const node = (path: string) => ({
    node: `nsu=CODESYSSPV3/3S/IecVarAccess;s=|var|CODESYS Control Win V3 x64.Application.PLC_PRG.${path}`,
  })
  expect(signalsOf(sheet)).toEqual({
    'PLC_PRG.iState': node('iState'),
    'PLC_PRG.Drive1.speed': node('Drive1.speed'),
    'PLC_PRG.Drive1.fault': node('Drive1.fault'),
  })
  expect(leftOut(sheet)).toEqual([
    '21: "Application.PLC_PRG.aRecipe" is of the type T_ARRAY__0__9__OF_INT, which is not one value',
    '22: "Application.PLC_PRG.xReset" may only be written',
  ])
  expect(
    read('codesys.xml')
      .doubts.map(({ what }) => what)
      .join(),
  ).toContain('"Press_PLC"')
})

const OWN =
  'machine;signal;at;type;names;scale;about\r\nPRESS-07;state;40101;u16;0=off | 1=auto_run;;"0; 1"\r\n;speed;40102;u16;;0,5;\r\n;;40103;u16;;;\r\n'

test('our own template is understood with a byte order mark, in UTF-16 with and without one, with tabs and with commas', () => {
  const withTabs = OWN.replaceAll('"0; 1"', '0; 1').replaceAll(';', '\t')
  const texts = [
    Buffer.from(OWN),
    Buffer.from(`\uFEFF${OWN}`),
    Buffer.from(`\uFEFF${OWN}`, 'utf16le'),
    Buffer.from(OWN, 'utf16le'),
    Buffer.from(OWN, 'utf16le').swap16(),
    Buffer.from(`title\r\n${OWN}`),
  ]
  for (const bytes of texts) {
    const sheet = readSheet(bytes, {})
    expect(sheet.machine).toBe('PRESS-07')
    expect(signalsOf(sheet)).toEqual({
      state: { at: '40101', type: 'u16', names: { 0: 'off', 1: 'auto_run' } },
      speed: { at: '40102', type: 'u16', scale: 0.5 },
    })
    expect(leftOut(sheet)).toHaveLength(1)
  }
  expect(readSheet(Buffer.from(withTabs), {}).signals.map(({ name }) => name)).toEqual(['state', 'speed'])
})

test('of a sheet with several machines one is taken, and without saying which none', () => {
  const sheet = Buffer.from('machine,signal,at,type\nA,state,40101,u16\nB,state,40201,u16\n')
  expect(readSheet(sheet, { machine: 'B' }).signals).toMatchObject([{ keys: { at: '40201' } }])
  expect(readSheet(sheet, {}).signals).toEqual([])
  expect(leftOut(readSheet(sheet, {}))[0]).toContain('several machines: A, B')
})

test('signals that are alike get numbers, and a workbook or a broken export says what to do', () => {
  const twice = readSheet(Buffer.from('signal,at,type\na b,40101,u16\na_b,40102,u16\nnot,40103,u16\n'), {})
  expect(twice.signals.map(({ name }) => name)).toEqual(['a_b', 'a_b_2', 'signal_not'])
  expect(() => readSheet(Buffer.from('PK\x03\x04 rest'), {})).toThrow('workbook')
  expect(() => readSheet(Buffer.from('<Symbolconfiguration><Node></Symbolconfiguration>'), {})).toThrow(
    /line 1/,
  )
  expect(() => readSheet(Buffer.from('a,b\n1,2\n'), {})).toThrow('no sheet of signals')
  expect(() => readSheet(Buffer.alloc(0), {})).toThrow('no sheet of signals')
})

test('numbers are read as any country writes them', () => {
  const cases: Readonly<Record<string, number | undefined>> = {
    '0,1': 0.1,
    '0.1': 0.1,
    '1.234,5': 1234.5,
    '1,234.5': 1234.5,
    "1'234.5": 1234.5,
    '-5': -5,
    '1e-3': 0.001,
    '': undefined,
    x: undefined,
    '1-2': undefined,
  }
  for (const [text, number] of Object.entries(cases)) expect(numberOf(text), text).toBe(number)
})

test('a sheet in which every signal has the same name is read, and each gets a number of its own', () => {
  const head = 'Tag Name,Address,Data Type,Respect Data Type,Client Access,Scan Rate'
  const lines = Array.from({ length: 20_000 }, () => 'S,40001,Word,1,R/O,100')
  const { signals } = readSheet(Buffer.from([head, 'S_2,40001,Word,1,R/O,100', ...lines].join('\n')), {})
  expect(signals.slice(0, 4).map(({ name }) => name)).toEqual(['S_2', 'S', 'S_3', 'S_4'])
  expect(new Set(signals.map(({ name }) => name)).size).toBe(20_001)
})

test('a sheet of thousands of columns is read', () => {
  const columns = Array.from({ length: 20_000 }, (_, n) => `c${n}`).join(',')
  const head = `${columns},Tag Name,Address,Data Type,Respect Data Type,Client Access,Scan Rate`
  const line = `${','.repeat(20_000)}S,40001,Word,1,R/O,100`
  const { signals } = readSheet(Buffer.from([head, ...Array.from({ length: 10 }, () => line)].join('\n')), {})
  expect(signals).toHaveLength(10)
})

test('a cell of many digits that is no number is found to be none at once', () => {
  expect(numberOf(`${'1'.repeat(300_000)}x`)).toBeUndefined()
  expect(numberOf('.5')).toBe(0.5)
  expect(numberOf('-1.5e3')).toBe(-1500)
  expect(numberOf('.')).toBeUndefined()
})
