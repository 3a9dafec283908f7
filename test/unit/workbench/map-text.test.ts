/** The text of a map that was put together: as a technician could have written it, and with what he wrote left alone. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { fileFor, type MapDraft } from '../../../src/workbench/map-text/map-draft.ts'
import { newMapText } from '../../../src/workbench/map-text/new-map.ts'
import { editedMapText } from '../../../src/workbench/map-text/present-map.ts'
import { faultsOfText } from '../../support/compiled.ts'

const DRAFT: MapDraft = {
  machine: 'PRESS-07',
  about: 'A Modbus PLC, taught in.',
  device: { driver: 'modbus-tcp', host: '10.20.3.17', unit: 1 },
  signals: [
    {
      name: 'state',
      keys: { at: '40101', type: 'u16', mask: 15, names: { 1: 'run', 2: 'stop' } },
      about: 'found by teach-in',
    },
    { name: 'door', keys: { at: '40103:12', type: 'bit' } },
    { name: 'lamp', keys: { at: '00001', type: 'bit' } },
  ],
  status: [
    { when: { door: true }, is: 'idle', reason: 'door_open', about: 'door open' },
    { when: { state: 'run' }, is: 'running', for: '2s', about: 'run' },
    { is: 'idle' },
  ],
  others: {},
  isShadow: false,
}

describe('a new map', () => {
  it('is written as the examples are, and check finds no fault in it', () => {
    const text = newMapText(DRAFT)
    expect(text).toBe(`# yaml-language-server: $schema=../config/device-map.schema.json
#
# A Modbus PLC, taught in.

machine: PRESS-07
device: { driver: modbus-tcp, host: 10.20.3.17, unit: 1, poll: 1s }

signals:
  state: { at: 40101, type: u16, mask: 0xF, names: { 1: run, 2: stop } } # found by teach-in
  door: { at: "40103:12", type: bit }
  lamp: { at: "00001", type: bit }

status:
  - { when: { door: true }, is: idle, reason: door_open } # door open
  - { when: { state: run }, is: running, for: 2s } # run
  - { else: true, is: idle }
`)
    expect(faultsOfText(text)).toEqual([])
  })

  it('says in the file itself that it is in shadow', () => {
    const text = newMapText({ ...DRAFT, isShadow: true })
    expect(text).toContain('machine: PRESS-07\nshadow: true # derived and shown, and nothing is sent')
    expect(faultsOfText(text)).toEqual([])
  })

  it('names a file that every file system takes', () => {
    expect(fileFor('PRESS-07')).toBe('press-07.yaml')
    expect(fileFor('Säge 3/links')).toMatch(/^sa.*ge-3-links\.yaml$/)
    expect(fileFor('../..')).toBe('machine.yaml')
  })
})

describe('a map that is there', () => {
  const present = readFileSync('devices/press-07.yaml', 'utf8')

  it('keeps its comments, its order and what nobody touched', () => {
    const text =
      editedMapText(present, {
        ...DRAFT,
        signals: [{ name: 'hydraulics', keys: { at: '40120', type: 'u16' } }],
        status: [],
      }) ?? ''
    expect(text).toContain('# A Modbus PLC with a status word and a fault code.')
    expect(text).toContain('door: { at: "40103:12", type: bit } # bit 12, counted from 0, the lowest')
    expect(text).toContain('hydraulics: { at: 40120, type: u16 }')
    expect(text).toContain('200-249')
    expect(faultsOfText(text)).toEqual([])
  })

  it('keeps the comment of a rule that stays', () => {
    const commented = present.replace('is: maintenance }', 'is: maintenance } # the key switch')
    const status = [
      { when: { state: 'service' }, is: 'maintenance' },
      { when: { state: 'auto_run' }, is: 'running', for: '2s' },
      { is: 'idle' },
    ]
    const text = editedMapText(commented, { ...DRAFT, signals: [], status }) ?? ''
    expect(text).toContain('is: maintenance } # the key switch')
    expect(text).not.toContain('changeover')
    expect(faultsOfText(text)).toEqual([])
  })

  it('is left alone where it cannot be read', () => {
    expect(editedMapText('- a list', DRAFT)).toBeUndefined()
    expect(editedMapText('machine: [', DRAFT)).toBeUndefined()
  })
})
