import { expect, test } from 'vitest'
import { isRecord } from '../../../src/documents/draft.ts'
import { parseYaml } from '../../../src/documents/yaml-source.ts'
import { mergedMapText, newMapText } from '../../../src/sheets/map-text.ts'
import { readSheet } from '../../../src/sheets/read-sheet.ts'
import { sheetText } from '../../../src/sheets/sheet-text.ts'

const MAP = `# The press by the door.
machine: PRESS-07
device: {driver: modbus-tcp, host: 10.20.3.17} # line 2
signals:
  state: {at: 40101, type: u16, role: fault_code} # the word
  door: {at: "40103:12", type: bit}
status:
  - {else: true, is: idle}
`

test('signals laid into a map leave its comments, its order and its other keys as they are', () => {
  const sheet = readSheet(
    Buffer.from('signal,at,type\nstate,40102,u16\ndoor,40103:12,bit\ngood,40110,u32\n'),
    {},
  )
  const merged = mergedMapText(MAP, sheet)
  expect(merged).toMatchObject({ added: ['good'], changed: ['state'], same: ['door'] })
  expect(merged?.text).toBe(
    MAP.replace('{at: 40101,', '{at: 40102,').replace(
      'type: bit}\n',
      'type: bit}\n  good: {at: 40110, type: u32}\n',
    ),
  )
  expect(mergedMapText(merged?.text ?? '', sheet)).toMatchObject({
    text: merged?.text,
    added: [],
    changed: [],
  })
})

test('a map that is none stays as it is', () => {
  expect(
    mergedMapText('- a\n', { format: '', driver: 'opcua', device: {}, signals: [], doubts: [] }),
  ).toBeUndefined()
})

test('a map written as a sheet and read again is the same map, leading zeros included', () => {
  const source = parseYaml(
    'machine: "0815"\nsignals:\n  lamp: {at: 00001, type: bit}\n  state: {at: 40101, type: u16, mask: 0x0F, names: {0: off, 1: "a;b"}}\n  text: {at: 40120/20, type: string, text: swapped}\n',
    'map.yaml',
  )
  const value = source.value as { machine: string; signals: Record<string, Record<string, unknown>> }
  const { text, leftOut } = sheetText({
    ...value,
    written: (signal, key) => source.written(['signals', signal, key]),
  })
  expect(leftOut).toEqual([])
  const again = newMapText(readSheet(Buffer.from(text), {}), {
    machine: '0815',
    device: { host: '10.0.0.1' },
  })
  const read = parseYaml(again, 'again.yaml')
  expect(read.faults).toEqual([])
  const signals = isRecord(read.value) && isRecord(read.value.signals) ? read.value.signals : {}
  expect(signals).toEqual({
    lamp: { at: '00001', type: 'bit' },
    state: { at: 40101, type: 'u16', mask: 15, names: { 0: 'off', 1: 'a;b' } },
    text: { at: '40120/20', type: 'string', text: 'swapped' },
  })
})
