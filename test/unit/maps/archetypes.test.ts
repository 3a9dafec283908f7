import { describe, expect, it } from 'vitest'
import { interpret } from '../../../src/domain/interpret.ts'
import type { SignalValue } from '../../../src/domain/signal.ts'
import { faultsOfText, hintsOfText, mapOfText } from '../../support/compiled.ts'
import { Play } from '../../support/play.ts'

/** What a filler with PackML needs, as it is documented. */
const FILLER = `machine: FILLER-01
device: {driver: opcua, url: "opc.tcp://10.20.3.40:4840", security: Basic256Sha256, user: gateway}
preset: packml-tr88
signals:
  state:   {node: "nsu=urn:acme:filler;s=Filler.Status.StateCurrent"}
  mode:    {node: "nsu=urn:acme:filler;s=Filler.Status.UnitModeCurrent"}
  stop_id: {node: "nsu=urn:acme:filler;s=Filler.Admin.StopReason[0].ID", role: fault_code}
  starved: {node: "nsu=urn:acme:filler;s=Filler.Status.EquipmentStarved"}
  good:    {node: "nsu=urn:acme:filler;s=Filler.Admin.ProdProcessedCount[0].Count", role: total_count}
  scrap:   {node: "nsu=urn:acme:filler;s=Filler.Admin.ProdDefectiveCount[0].Count", role: scrap_count}
status:
  - {when: {mode: maintenance}, is: maintenance}
  - {when: {mode: manual}, is: setup}
  - {when: {state: [held, aborted]}, is: down, reason: from stop_id}
  - {when: {state: execute}, is: running}
  - {when: {starved: true}, is: idle, reason: material_shortage}
  - {else: true, is: idle}
`
const PRESS = `machine: PRESS-07
device: {driver: modbus-tcp, host: 10.20.3.17, unit: 1, addressing: modicon, word_order: CDAB, poll: 1s}
signals:
  alive: {at: 40100, type: u16, role: heartbeat, stale_after: 10s}
  state: {at: 40101, type: u16, mask: 0x000F, names: {0: off, 1: auto_run, 2: ready, 3: fault, 4: setup, 5: service}}
  door:  {at: "40101:12", type: bit}
  fault: {at: 40102, type: u16, role: fault_code, latch: first, settle: 5s}
  good:  {at: 40110, type: u32, role: good_count, rollover: 2^32, max_rate: 60/min}
  scrap: {at: 40112, type: u16, role: scrap_count, rollover: 65536}
status:
  - {when: {state: service}, is: maintenance}
  - {when: {state: setup}, is: setup, reason: changeover}
  - {when: {any: [{state: fault}, {fault: ">0"}]}, is: down, reason: from fault, for: 1s}
  - {when: {state: auto_run}, is: running, for: 2s}
  - {when: {state: off}, is: idle, reason: switched_off}
  - {else: true, is: idle}
reasons:
  fault:
    101:       {code: mechanical_failure, category: equipment, text: Clutch slip}
    "200-249": {code: material_shortage,  category: material}
    "*":       {code: unknown_fault,      category: equipment}
`

/** Plays a map with what its devices show, as the drivers hand it on. */
function machine(text: string) {
  const map = mapOfText(text)
  const specs = map.devices.flatMap(({ signals }) => signals)
  const play = new Play(map)
  let beat = 0
  return {
    play,
    show(raw: Readonly<Record<string, SignalValue>>, seconds: number) {
      const shown = Object.entries(raw).map(([name, value]) => {
        const spec = specs.find((one) => one.name === name)
        return [name, spec ? interpret(value, spec).value : value] as const
      })
      const hasBeat = specs.some(({ name }) => name === 'alive')
      let values = Object.fromEntries(shown)
      for (let second = 0; second < seconds; second++) {
        beat += 1
        play.show(hasBeat ? { ...values, alive: beat } : values, 1)
        values = {}
      }
      return this
    },
  }
}

describe('a filler that speaks PackML', () => {
  const ready = { state: 4, mode: 1, stop_id: 0, starved: false, good: 0, scrap: 0 }

  it('is understood as written', () => {
    expect(faultsOfText(FILLER)).toEqual([])
    expect(hintsOfText(FILLER)).toEqual([
      'm.yaml:2:91: gateway logs in with an empty password; add password_file if it has one',
    ])
  })

  it('has the status and the reasons that its states mean', () => {
    const { play } = machine(FILLER)
      .show(ready, 60)
      .show({ state: 3 }, 20)
      .show({ state: 6 }, 600)
      .show({ state: 10 }, 5)
      .show({ state: 11, stop_id: 4711 }, 300)
      .show({ state: 12 }, 5)
      .show({ state: 6, stop_id: 0 }, 120)
      .show({ state: 5, starved: true }, 60)
      .show({ state: 6, starved: false }, 120)
      .show({ mode: 3 }, 60)
      .show({ mode: 2 }, 60)
    expect(play.story).toEqual([
      '+0 idle',
      '+80 running',
      '+685 down code_4711',
      '+990 running',
      '+1110 idle material_shortage',
      '+1170 running',
      '+1290 setup MICRO_STOP',
      '+1350 maintenance',
    ])
  })
})

describe('a press with a status word and a fault code', () => {
  const raw = { state: 1, door: false, fault: 0, good: 0, scrap: 0 }

  it('is understood as written', () => {
    expect(faultsOfText(PRESS)).toEqual([])
    expect(hintsOfText(PRESS)).toEqual([])
    expect(mapOfText(PRESS).devices[0]?.signals.find(({ name }) => name === 'door')?.address).toMatchObject({
      wire: 100,
      bit: 12,
    })
  })

  it('has the status and the reasons that its registers mean', () => {
    const { play } = machine(PRESS)
      .show(raw, 600)
      .show({ state: 3 }, 3)
      .show({ fault: 101 }, 10)
      .show({ fault: 205 }, 287)
      .show({ state: 0x71, fault: 0 }, 300)
      .show({ state: 4 }, 300)
      .show({ state: 5 }, 300)
      .show({ state: 0 }, 60)
      .show({ state: 2 }, 60)
    expect(play.story).toEqual([
      '+0 running',
      '+600 down mechanical_failure',
      '+900 running',
      '+1200 setup changeover',
      '+1500 maintenance',
      '+1800 idle switched_off',
      '+1860 idle',
    ])
    expect(play.downtimes).toMatchObject([
      { reason: 'mechanical_failure', category: 'equipment', code: '101', laterCodes: ['205'] },
      { reason: 'changeover', category: 'setup' },
    ])
  })
})
