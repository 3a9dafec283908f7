import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { knownHardware } from '../../../src/commands/hardware.ts'
import { readYamlFile } from '../../../src/documents/yaml-source.ts'
import { faultText } from '../../../src/domain/errors.ts'
import { compileMap } from '../../../src/maps/compile-map.ts'
import { folderTables } from '../../../src/maps/machine/reasons/reason-file.ts'
import { mistakes, shownElsewhere } from '../../support/mistakes.ts'

const TESTS = fileURLToPath(new URL('../../', import.meta.url))
const profiles = { names: () => [], find: () => undefined }

const tables = folderTables('/nowhere', '/')

const DEVICE_AND_RULES = `machine: PRESS-01
device: {driver: modbus-tcp, host: 127.0.0.1}
signals: {fault: {at: 40102, type: u16}}
status: [{else: true, is: idle}]
`

/** An address that is off by one, to a register that exists: it is as good as the right one until somebody looks at its value. */
const NOBODY_CAN_TELL = 56

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-mistakes-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** Without the hint that nearly every map of this table gets. */
function judged(bytes: Uint8Array) {
  const file = join(folder, 'm.yaml')
  writeFileSync(file, bytes)
  const { faults, hints } = compileMap(readYamlFile(file, folder), {
    ...knownHardware(),
    profiles,
    tables,
    folder,
  })
  const inWords = (all: typeof faults) => all.map((one) => faultText(one).replaceAll(`${folder}/`, ''))
  return {
    told: inWords(faults),
    hinted: inWords(hints.filter(({ message }) => !message.includes('has role heartbeat'))),
  }
}

const told = (bytes: Uint8Array) => judged(bytes).told

describe('who writes into a device map', () => {
  it.each(mistakes.map((mistake) => [mistake.number, mistake.what, mistake] as const))(
    '%i: %s',
    (_, __, mistake) => {
      expect(judged(mistake.bytes)).toEqual({ told: mistake.told, hinted: mistake.hinted })
    },
  )

  it('makes one of these mistakes', () => {
    const numbers = new Set([...mistakes, ...shownElsewhere].map(({ number }) => number))
    const all = Array.from({ length: 152 }, (_, index) => index + 1)
    expect(all.filter((number) => !numbers.has(number))).toEqual([NOBODY_CAN_TELL])
  })

  it.each(shownElsewhere)('$number: is told by $file', ({ file, title }) => {
    expect(readFileSync(join(TESTS, file), 'utf8')).toContain(title)
  })

  it.each([
    [
      'no quotes around a text with a colon',
      '{code: jam, text: Axis 1: jam}',
      'a text with ": " must stand in quotes',
    ],
    ['a misspelt key', '{code: jam, txet: Axis 1}', 'unknown key "txet" in a reason'],
  ])('in 200 lines of a table the same way (%s) is told 20 times, and how often more', (_, line, what) => {
    const table = Array.from({ length: 200 }, (_, code) => `    ${code}: ${line}\n`).join('')
    const faults = told(Buffer.from(`${DEVICE_AND_RULES}reasons:\n  fault:\n${table}`))
    expect(faults).toHaveLength(21)
    expect(faults.slice(0, 20).every((fault) => fault.includes(what))).toBe(true)
    expect(faults.at(-1)).toMatch(/^m\.yaml:\d+:\d+: and 180 more like those before$/)
  })

  it('with no-break spaces in his texts is not bothered by them', () => {
    const table = 'reasons: {fault: {1: {code: jam, text: Achse\u00a01 klemmt}}}\n'
    expect(told(Buffer.from(`${DEVICE_AND_RULES}${table}`))).toEqual([])
  })
})
