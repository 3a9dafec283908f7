/** Profiles with several models, optional signals, and words that the map supplies. */
import { describe, expect, it } from 'vitest'
import { parseYaml } from '../../../src/documents/yaml-source.ts'
import { faultText } from '../../../src/domain/errors.ts'
import { compileMap } from '../../../src/maps/compile-map.ts'
import { folderTables } from '../../../src/maps/machine/reasons/reason-file.ts'
import { judgeProfile } from '../../../src/maps/profiles/judge-profile.ts'
import { testHardware } from '../../support/hardware.ts'
import { machineMap } from '../../support/machine-map.ts'

const METER = `text: A meter
device: {driver: modbus-tcp, unit: 1, word_order: ABCD}
signals:
  power_w: {type: f32}
  energy_kwh: {type: f32, optional: true}
variants:
  old:
    signals: {power_w: {at: 30053}, energy_kwh: {at: 30343}}
  mct:
    device: {word_order: CDAB, max_registers: 60}
    signals: {power_w: {at: 30027}, energy_kwh: {at: 30063}, neutral_a: {at: 30019, type: f32, optional: true}}
`

const PLC = `device: {driver: opcua, security: None}
parameters:
  block: {text: the data block, example: DB_Press}
  state: {text: its member, default: State}
signals:
  state: {node: 'nsu=urn:plc;s="{block}"."{state}"'}
`

const PROFILES: Readonly<Record<string, string>> = { meter: METER, plc: PLC }

function compile(text: string) {
  const profiles = {
    names: () => Object.keys(PROFILES),
    find: (name: string) => {
      const profile = PROFILES[name]
      return profile === undefined ? undefined : parseYaml(profile, `${name}.yaml`)
    },
  }
  const context = { ...testHardware, profiles, tables: folderTables('/nowhere', '/'), folder: '/maps' }
  return compileMap(parseYaml(`machine: M-1\n${text}`, 'm.yaml'), context)
}

const faultsOf = (text: string) => compile(text).faults.map(faultText)
const devicesOf = (text: string) => {
  const { map, faults } = compile(text)
  expect(faults.map(faultText)).toEqual([])
  return machineMap(map).devices
}

const RULES = `status:
  - {when: {power_w: ">5"}, is: running}
  - {else: true, is: idle}
`

describe('a profile of several models', () => {
  it('reads each model at its own addresses, in its own word order and within its own limits', () => {
    const [old] = devicesOf(`profile: meter\nvariant: old\ndevice: {host: a}\n${RULES}`)
    const [mct] = devicesOf(`profile: meter\nvariant: mct\ndevice: {host: a}\n${RULES}`)
    expect(old?.signals).toMatchObject([{ name: 'power_w', type: 'f32', address: { wire: 52 } }])
    expect(mct?.signals).toMatchObject([{ name: 'power_w', type: 'f32', address: { wire: 26 } }])
    expect(old?.settings).toMatchObject({ wordOrder: 'ABCD', maxRegisters: 125 })
    expect(mct?.settings).toMatchObject({ wordOrder: 'CDAB', maxRegisters: 60 })
  })

  it('may have another model beneath each device of a machine', () => {
    const devices = devicesOf(`devices:
  in: {profile: meter, variant: old, host: a}
  out: {profile: meter, variant: mct, host: b}
signals: {out.neutral_a: {}}
status:
  - {when: {in.power_w: ">5", out.power_w: ">5"}, is: running}
  - {else: true, is: idle}
`)
    expect(devices.map(({ signals }) => signals.map(({ name }) => name))).toEqual([
      ['in.power_w'],
      ['out.neutral_a', 'out.power_w'],
    ])
  })

  it('asks which model it is', () => {
    expect(faultsOf(`profile: meter\ndevice: {host: a}\n${RULES}`)[0]).toBe(
      'm.yaml:2:10: the profile meter describes several models: "variant" says which one is here; one of: old, mct',
    )
    expect(faultsOf(`device: {profile: meter, variant: mtc, host: a}\n${RULES}`)[0]).toBe(
      'm.yaml:2:35: the profile meter has no variant "mtc"; did you mean "mct"?',
    )
  })

  it('is not confused by a variant where there is no profile, or none that has any', () => {
    expect(faultsOf(`variant: mct\ndevice: {driver: modbus-tcp, host: a}\n${RULES}`)[0]).toBe(
      'm.yaml:2:1: "variant" stands beside a "profile", and there is none here; name the profile, or remove it',
    )
    expect(
      faultsOf(`profile: plc\nvariant: x\nwith: {block: A}\ndevice: {url: opc.tcp://a:4840}\n${RULES}`)[0],
    ).toBe('m.yaml:3:10: the profile plc has no variants; remove it')
  })
})

describe('an optional signal of a profile', () => {
  const signals = (text: string) =>
    devicesOf(`profile: meter\nvariant: old\ndevice: {host: a}\n${text}`)[0]?.signals.map(({ name }) => name)

  it('is read only where the map names it, in a rule or among its signals', () => {
    expect(signals(RULES)).toEqual(['power_w'])
    expect(signals(`signals: {energy_kwh: {}}\n${RULES}`)).toEqual(['energy_kwh', 'power_w'])
    expect(signals(RULES.replace('power_w', 'energy_kwh'))).toEqual(['power_w', 'energy_kwh'])
    const reason = RULES.replace('is: idle', 'is: down, reason: from energy_kwh')
    expect(signals(reason)).toEqual(['power_w', 'energy_kwh'])
    // A word in a text for people names no signal.
    expect(signals(`${RULES}reasons: {power_w: {5: {code: x, text: no energy_kwh today}}}\n`)).toEqual([
      'power_w',
    ])
  })
})

describe('the words that a profile leaves to the map', () => {
  const rules = 'status: [{when: {state: 1}, is: running}, {else: true, is: idle}]\n'

  it('stand in its node ids', () => {
    const [device] = devicesOf(`profile: plc\nwith: {block: DB_7}\ndevice: {url: opc.tcp://a:4840}\n${rules}`)
    expect(device?.signals[0]?.address).toMatchObject({ namespace: 'urn:plc', id: '"DB_7"."State"' })
    const [other] = devicesOf(
      `device: {profile: plc, with: {block: DB_7, state: Mode}, url: opc.tcp://a:4840}\n${rules}`,
    )
    expect(other?.signals[0]?.address).toMatchObject({ id: '"DB_7"."Mode"' })
  })

  it('are asked for where they are missing, and refused where nobody asks', () => {
    expect(faultsOf(`profile: plc\ndevice: {url: opc.tcp://a:4840}\n${rules}`)).toEqual([
      'm.yaml:2:10: the profile plc needs "block" under "with": the data block; as in with: {block: DB_Press}',
    ])
    expect(faultsOf(`profile: plc\nwith: {blok: A}\ndevice: {url: opc.tcp://a:4840}\n${rules}`)).toContain(
      'm.yaml:3:14: the profile plc asks for no "blok"; did you mean "block"?',
    )
  })
})

describe('a profile by itself', () => {
  const faults = (text: string) => judgeProfile(parseYaml(text, 'p.yaml'), testHardware).map(faultText)

  it('has the signals of its variants judged', () => {
    expect(faults(METER)).toEqual([])
    expect(faults(METER.replace('at: 30019, type: f32', 'at: 30019, type: f33'))).toEqual([
      'p.yaml:11:91: "f33" is not valid here; did you mean "f32"?',
    ])
  })

  it('has the addresses of each model read as its driver reads them, whether a map draws on it or not', () => {
    expect(faults(METER.replace('30053', '39999999'))).toEqual([
      'p.yaml:8:29: "39999999" is not a modicon address; these have 5 or 6 digits, from 00001 (coils), 10001 (discrete inputs), 30001 (input registers) or 40001 (holding registers) on; for other manuals set addressing: one_based, zero_based or hex',
    ])
    expect(faults(METER.replace('unit: 1,', 'unti: 1,'))).toEqual([
      'p.yaml:2:30: unknown key "unti"; did you mean "unit"?',
    ])
  })

  it('is refused with a default that is no variant, and with a word that nobody explains', () => {
    expect(faults(`${METER}default: new\n`)).toEqual([
      'p.yaml:12:10: "new" is no variant of this profile; one of: old, mct',
    ])
    expect(faults(PLC.replace('{state}', '{stat}'))).toEqual([
      'p.yaml:6:17: no parameter is called "stat"; explain it under parameters:',
    ])
  })
})
