import { describe, expect, it } from 'vitest'
import { parseYaml } from '../../../src/documents/yaml-source.ts'
import { faultText } from '../../../src/domain/errors.ts'
import type { MachineMap } from '../../../src/domain/machine-map.ts'
import { compileMap } from '../../../src/maps/compile-map.ts'
import { folderTables } from '../../../src/maps/machine/reasons/reason-file.ts'
import { testHardware } from '../../support/hardware.ts'
import { machineMap } from '../../support/machine-map.ts'
import { Play } from '../../support/play.ts'

const SAW = `
machine: SAW-02
device: {driver: modbus-tcp, host: 10.20.3.60, poll: 200ms}
signals:
  green: {at: 10001, type: light, window: 3s}      # value: on | off | blink
  amber: {at: 10002, type: light, window: 3s}
  red:   {at: 10003, type: light, window: 3s}
status:
  - {when: {red: [on, blink]}, is: down}           # reason: operator scan, else unassigned
  - {when: {green: on}, is: running, for: 2s}
  - {when: {any: [{amber: [on, blink]}, {green: blink}]}, is: idle}
  - {when: {green: off, amber: off, red: off}, is: idle, reason: switched_off, for: 60s}
  - {else: true, is: idle}
`
const STAMP = `
machine: STAMP-11
device: {driver: modbus-tcp, host: 10.20.3.61, poll: 1s}
signals:
  cycles: {at: 30017, type: u32, word_order: ABCD, role: cycle_count, parts_per_cycle: 4, rollover: 2^32}
pulse: {from: cycles, ideal_cycle: 12s, slow_after: 1.7x, stop_after: 3x, learn: suggest}
stops: {ignore_stop_below: 2s, ignore_run_below: 10s, micro_stop_below: 120s, long_stop_is: down}
status:
  - {when: {cycles: pulsing}, is: running}
  - {else: true, is: idle}                         # becomes down/unassigned after micro_stop_below
on_comm_loss: {running: gap, idle: gap, down: hold, setup: hold, maintenance: hold, hold_max: 12h}
`

function mapOf(text: string): MachineMap {
  const { map, faults } = compileMap(parseYaml(text, 'm.yaml'), {
    ...testHardware,
    profiles: { names: () => [], find: () => undefined },
    tables: folderTables('/nowhere', '/'),
    folder: '/maps',
  })
  expect(faults.map(faultText)).toEqual([])
  return machineMap(map)
}

describe('a map of a stack light', () => {
  it('makes idle of a green lamp that blinks, and down of a red one', () => {
    const played = new Play(mapOf(SAW)).read({ green: false, amber: false, red: false })
    played.show({ green: true }, 60)
    for (let second = 0; second < 60; second++) played.show({ green: false }, 0.4).show({ green: true }, 0.6)
    played.show({ green: false, red: true }, 60)
    expect(played.story).toEqual(['+0 running', '+60 idle', '+120 down'])
  })
})

describe('a map of a machine that only counts', () => {
  it('has its times in ideal cycles, and calls a long stop down', () => {
    const { perceived, stops } = mapOf(STAMP)
    expect(perceived).toMatchObject([
      { signal: 'cycles', idealCycleMs: 12_000, slowAfterMs: 20_400, stopAfterMs: 36_000, isLearning: true },
    ])
    expect(stops).toMatchObject({ microStopBelowMs: 120_000, longStopIs: 'down' })
  })

  it('may have its micro stops in ideal cycles, and its long stops as waits', () => {
    const cycles = STAMP.replace('120s, long_stop_is: down', '6x, long_stop_is: idle')
    expect(mapOf(cycles).stops).toMatchObject({ microStopBelowMs: 72_000 })
    expect(mapOf(cycles).stops.longStopIs).toBeUndefined()
    expect(mapOf(STAMP.replace(', long_stop_is: down', '')).stops.longStopIs).toBe('down')
  })

  it('runs from its first pulse to an ideal cycle after its last one', () => {
    const played = new Play(mapOf(STAMP)).read({ cycles: 70 })
    for (let count = 71; count <= 80; count++) played.watch(12).read({ cycles: count })
    played.watch(130).read({ cycles: 81 }).watch(12).read({ cycles: 82 })
    expect(played.story).toEqual(['+12 running', '+132 idle MICRO_STOP', '+250 running'])
  })
})
