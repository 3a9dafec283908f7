/** Where a machine stands is said by its map, and changes nothing of what is derived. */
import { describe, expect, it } from 'vitest'
import { parseYaml } from '../../../src/documents/yaml-source.ts'
import { changesBetween } from '../../../src/maps/map-changes.ts'
import { samePlaceHints } from '../../../src/maps/same-place.ts'
import { faultsOfText, mapOfText } from '../../support/compiled.ts'

const PRESS = `
machine: PRESS-07
device: {driver: modbus-tcp, host: 10.0.0.1}
signals:
  state: {at: 40101, type: u16, names: {0: off, 1: on}}
status:
  - {when: {state: on}, is: running}
  - {else: true, is: idle}
`

describe('place: in a device map', () => {
  it('names area, line and cell, each of which may be missing', () => {
    expect(mapOfText(`${PRESS}place: {area: Pressing, line: L1}`).place).toEqual({
      area: 'Pressing',
      line: 'L1',
    })
    expect(mapOfText(PRESS).place).toBeUndefined()
  })

  it('leaves the version of the rules as it is, and is named where it changes', () => {
    const [before, now] = [mapOfText(PRESS), mapOfText(`${PRESS}place: {area: Pressing}`)]
    expect(now.version).toBe(before.version)
    expect(changesBetween(before, now)).toBe('place changed')
  })

  it('has no other keys', () => {
    expect(faultsOfText(`${PRESS}place: {aera: Pressing}`)).toEqual([
      'm.yaml:9:9: unknown key "aera" in place; did you mean "area"?',
    ])
  })

  it('is no place of two machines, whose states a feed could not tell apart', () => {
    const file = (text: string) => ({ map: mapOfText(text), source: parseYaml(text, 'm.yaml') })
    const hall = `${PRESS}place: {area: Pressing, cell: P1}`
    const files = [file(hall), file(hall.replace('PRESS-07', 'PRESS-08'))]
    expect(samePlaceHints(files)).toMatchObject([
      {
        path: 'place.cell',
        line: 9,
        message: expect.stringContaining('PRESS-07 (m.yaml) has the same place'),
      },
    ])
    expect(samePlaceHints([file(PRESS), file(PRESS.replace('PRESS-07', 'PRESS-08'))])).toEqual([])
  })
})
