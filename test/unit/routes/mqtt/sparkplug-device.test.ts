/** What a device of Sparkplug shows as the present, and what as history. */
import { describe, expect, it } from 'vitest'
import type { Event } from '../../../../src/domain/events/event.ts'
import { outward } from '../../../../src/domain/events/outward.ts'
import { machineOwner, stationOwner } from '../../../../src/domain/owner.ts'
import { eventValues } from '../../../../src/routes/mqtt/sparkplug/event-values.ts'
import { deviceName, FeedDevice } from '../../../../src/routes/mqtt/sparkplug/feed-device.ts'
import { MACHINE_METRICS, STATION_METRICS } from '../../../../src/routes/mqtt/sparkplug/metrics.ts'
import { amended, downtime, downtimeAmended, opened } from '../../../support/central-events.ts'
import { shown } from '../../../support/feed.ts'

const NINE = Date.UTC(2026, 0, 31, 9)
const MINUTE = 60_000
const at = (minute: number) => new Date(NINE + minute * MINUTE).toISOString()

function valuesOf(event: Event, capturedAtMs = NINE) {
  const told = outward({ seq: 1, event, capturedAtMs, hash: new Uint8Array() }, { gateway: 'edge-1' })
  if (!told) throw new Error('it does not leave the gateway')
  return eventValues(told)
}

const press = () => new FeedDevice(machineOwner('PRESS-07'), 1)
const find = <T extends { readonly metric: { readonly name: string } }>(values: readonly T[], name: string) =>
  values.find(({ metric }) => metric.name === name)

describe('the metrics of a machine', () => {
  it('are called as people call them, each once', () => {
    const names = MACHINE_METRICS.map(({ name }) => name)
    expect(names).toEqual(
      expect.arrayContaining([
        'Status/State',
        'Status/Since',
        'Status/Reason',
        'Status/WorkOrder',
        'Ended/Until',
        'Downtime/Open',
        'Downtime/Reason',
        'Link/Device',
        'Event/ID',
      ]),
    )
    expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(names.length)
    expect(
      find(
        [...MACHINE_METRICS].map((metric) => ({ metric })),
        'Downtime/Duration',
      )?.metric,
    ).toEqual({
      name: 'Downtime/Duration',
      type: 'Double',
      unit: 's',
    })
  })

  it('of a machine and of a station fit into the range of aliases of a device', () => {
    expect(Math.max(MACHINE_METRICS.length, STATION_METRICS.length)).toBeLessThan(256)
  })
})

describe('a birth', () => {
  it('shows what the machine shows, and of an interval that no event has told nothing else', () => {
    const device = press()
    device.data(valuesOf(opened({ at: at(0), status: 'down', reason: 'jam', cause: [] })), false)
    const birth = device.birth(
      shown('PRESS-07', { status: 'running', sinceMs: NINE + MINUTE }),
      NINE + 2 * MINUTE,
    )
    expect(find(birth, 'Status/State')).toMatchObject({ value: 'running', at: NINE + MINUTE })
    expect(find(birth, 'Status/Reason')).toMatchObject({ value: null })
    expect(find(birth, 'Status/Previous')).toMatchObject({ value: null })
  })

  it('has its metrics in the order of time', () => {
    const device = press()
    device.data(valuesOf(downtime({ at: at(5) })), false)
    device.data(valuesOf(opened({ at: at(3) })), false)
    const times = device.birth(shown('PRESS-07'), NINE + MINUTE * 9).map((value) => value.at)
    expect(times).toEqual(times.toSorted((one, other) => one - other))
  })
})

describe('an event', () => {
  it('is history where it was captured before anybody could hear it', () => {
    const data = press().data(valuesOf(opened()), true)
    expect(data.every(({ isHistorical }) => isHistorical)).toBe(true)
  })

  it('is history where a later one was shown as the present', () => {
    const device = press()
    device.birth(undefined, NINE)
    device.data(valuesOf(downtime({ at: at(10), reason: 'new' })), false)
    const late = device.data(
      valuesOf(downtimeAmended({ at: at(0), reason: 'late' }), NINE + 11 * MINUTE),
      false,
    )
    expect(find(late, 'Downtime/Reason')).toMatchObject({ value: 'late', isHistorical: true })
    expect(find(late, 'Event/ID')).toMatchObject({ isHistorical: false })
    expect(find(device.birth(undefined, NINE), 'Downtime/Reason')).toMatchObject({ value: 'new' })
  })

  it('that tells more of the interval that goes on is the present', () => {
    const device = press()
    device.birth(undefined, NINE)
    device.data(valuesOf(opened({ at: at(1), status: 'down' })), false)
    const more = device.data(
      valuesOf(amended({ at: at(1), reason: 'jam', ended: null }), NINE + MINUTE * 4),
      false,
    )
    expect(find(more, 'Status/Reason')).toMatchObject({
      value: 'jam',
      isHistorical: false,
      at: NINE + MINUTE,
    })
    expect(find(more, 'Ended/Reason')).toBeUndefined()
  })

  it('that history brought makes a birth worth while, until there was one', () => {
    const device = press()
    device.birth(undefined, NINE)
    expect(device.hasNews).toBe(false)
    device.data(valuesOf(downtime()), true)
    expect(device.hasNews).toBe(true)
    device.birth(undefined, NINE)
    expect(device.hasNews).toBe(false)
  })
})

describe('the name of a device', () => {
  it.each([
    [machineOwner('PRESS-07'), 'PRESS-07'],
    [machineOwner('PACK/1'), 'PACK%2F1'],
    [stationOwner('PRESS-07'), 'station:PRESS-07'],
    [machineOwner('station:PRESS-07'), 'station%3APRESS-07'],
  ])('of %s is %s', (owner, name) => {
    expect(deviceName(owner)).toBe(name)
  })
})
