import { expect, test } from 'vitest'
import { type Collector, createRoster } from '../../../src/collector/roster.ts'
import type { Device } from '../../../src/domain/device.ts'
import type { DeviceHealth } from '../../../src/domain/health.ts'
import { machineOwner, type Owner, stationOwner } from '../../../src/domain/owner.ts'
import { NO_DEVICE_COUNTS } from '../../support/no-counts.ts'

function deviceOf(id: string, subject: Owner): Device {
  return { id, subject, protocol: 'x', settings: {}, signals: [], pollMs: 1_000 }
}

/** Collectors that note when they start, and when they have stopped. */
function bench() {
  const story: string[] = []
  const collect = ({ id }: Device): Collector<DeviceHealth> => ({
    name: id,
    run: async (signal) => {
      story.push(`${id} starts`)
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      story.push(`${id} stopped`)
    },
    health: () => ({
      summary: {
        device: id,
        state: 'lost',
        sinceMs: 1,
        subject: 'machine:SAW-02',
        lastContactMs: null,
        signals: [],
        counts: NO_DEVICE_COUNTS,
      },
      troubles: [{ code: 'device-lost', what: `${id}: refused`, sinceMs: 1, device: id }],
    }),
  })
  const roster = createRoster({ collect, keep: (service, signal) => service.run(signal) })
  return { roster, story }
}

test('closes the former devices of an owner before the new ones start', async () => {
  const { roster, story } = bench()
  const owner = machineOwner('SAW-02')
  await roster.assign(owner, [deviceOf('old', owner)])
  await roster.assign(owner, [deviceOf('new', owner)])
  expect(story).toEqual(['old starts', 'old stopped', 'new starts'])
})

test('a machine and a station of one code are two owners', async () => {
  const { roster, story } = bench()
  for (const owner of [machineOwner('#3'), stationOwner('#3')]) {
    await roster.assign(owner, [deviceOf(owner, owner)])
  }
  await roster.dismiss(stationOwner('#3'))
  expect(story).toEqual(['machine:#3 starts', 'station:#3 starts', 'station:#3 stopped'])
  expect(roster.health().summary.map(({ device }) => device)).toEqual(['machine:#3'])
})

test('says of all devices how they are, and what troubles them', async () => {
  const { roster } = bench()
  const owner = machineOwner('SAW-02')
  await roster.assign(owner, [deviceOf('SAW-02/plc', owner), deviceOf('SAW-02/meter', owner)])
  expect(roster.health().summary.map(({ device }) => device)).toEqual(['SAW-02/plc', 'SAW-02/meter'])
  expect(roster.health().troubles.map(({ device }) => device)).toEqual(['SAW-02/plc', 'SAW-02/meter'])
  await roster.dismissAll()
  expect(roster.health()).toEqual({ summary: [], troubles: [] })
})
