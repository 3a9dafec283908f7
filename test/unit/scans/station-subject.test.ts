import { describe, expect, it } from 'vitest'
import type { Scan } from '../../../src/domain/events/scan.ts'
import type { ScanMessage } from '../../../src/domain/scan.ts'
import type { ScanCommand, StationMap } from '../../../src/domain/station-map.ts'
import { badge, code, scan, second, station, stationMap } from '../../support/station.ts'

describe('a station as a subject', () => {
  it('stores a label for whoever has badged in', () => {
    const subject = station(stationMap())
    const badged = subject.take(badge(0, 7))
    expect(badged).toMatchObject({
      events: [],
      answer: { verdict: 'good' },
      context: [{ subject: 'machine:PRESS-07', operator: 7 }],
    })
    const taken = subject.take(scan(1, code('LBL-1')))
    expect(taken.answer).toEqual({ verdict: 'good', why: null })
    expect(taken.events).toMatchObject([
      { kind: 'scan', at: '2026-01-31T09:00:01.000Z', data: 'LBL-1', operator: 7, location: 'Line 3' },
    ])
    expect(taken.state).toBe(subject.state)
  })

  it('has whoever badges in, and that they left, stored at once: a restart must know what was answered', () => {
    const subject = station(stationMap())
    const badged = subject.take(badge(0, 7))
    expect(badged.state).toMatchObject({ session: { operator: 7 } })
    const again = station(stationMap(), { state: badged.state })
    expect(again.take(scan(1, code('LBL-1'))).events).toMatchObject([{ operator: 7 }])
    const ended = subject.take({ kind: 'tick', at: second(1_801) })
    expect(ended.state).toMatchObject({ session: null })
  })

  it('refuses what is scanned before anybody has badged in, and says so', () => {
    const subject = station(stationMap())
    const taken = subject.take(scan(0, code('LBL-1')))
    expect(taken).toEqual({ events: [], answer: { verdict: 'bad', why: 'nobody has badged in' } })
    expect(subject.health().summary.refused).toEqual([
      { why: 'nobody has badged in', count: 1, lastMs: second(0).wallMs },
    ])
  })

  it('ends the session of somebody who left', () => {
    const subject = station(stationMap())
    subject.take(badge(0, 7))
    expect(subject.wakeAtMs).toBe(second(1_800).monoMs)
    const ended = subject.take({ kind: 'tick', at: second(1_801) })
    expect(ended.context).toMatchObject([{ operator: null }])
    expect(ended.answer).toBeUndefined()
    expect(subject.take(scan(1_802, code('LBL-1'))).answer?.verdict).toBe('bad')
  })

  it('gives later scans later moments, whatever the wall clock does', () => {
    const subject = station(stationMap())
    subject.take(badge(0, 7))
    const events = ['A', 'B', 'C'].flatMap((data, index) => {
      const at = { ...second(index + 1), wallMs: second(1 - index).wallMs }
      const message: ScanMessage = { ...scan(0, code(data)), at }
      return subject.take(message).events as Scan[]
    })
    expect(events.map(({ at }) => at.slice(17))).toEqual(['01.000Z', '01.001Z', '01.002Z'])
  })

  it('has nothing to do with another station: the same label in the same second is a row of each', () => {
    const stations = ['ST-12', 'ST-13'].map((scanner) => station(stationMap({ scanner })))
    const events = stations.flatMap((one) => {
      one.take(badge(0, 7))
      return one.take(scan(1, code('LBL-1'))).events
    })
    expect(events.map(({ subject, at }) => [subject, at])).toEqual([
      ['station:ST-12', '2026-01-31T09:00:01.000Z'],
      ['station:ST-13', '2026-01-31T09:00:01.000Z'],
    ])
  })

  it('starts as new where its saved state cannot be read, and says so until somebody badges in', () => {
    const subject = station(stationMap(), { state: { v: 1, session: 'x' } })
    expect(subject.health().troubles).toMatchObject([{ code: 'station-state-unreadable' }])
    expect(subject.health().troubles[0]?.what).toContain('"lastStampMs" is missing')
    subject.take(badge(0, 7))
    expect(subject.health().troubles).toEqual([])
  })

  it('gives no row the moment of an earlier one, though its state is lost and the clock was set back', () => {
    const subject = station(stationMap(), { state: 'lost', aliveAt: second(60) })
    subject.take(badge(0, 7))
    const [event] = subject.take(scan(1, code('LBL-1'))).events
    expect(event?.at).toBe('2026-01-31T09:01:00.001Z')
  })

  it('keeps at most fifty scans for a badge, and refuses what comes after them', () => {
    const subject = station(asking())
    const answers = Array.from({ length: 52 }, (_, index) =>
      subject.take(scan(index / 10, code(`LBL-${index}`))),
    )
    expect(answers.slice(49).map(({ answer }) => answer?.verdict)).toEqual(['held', 'bad', 'bad'])
    expect(subject.take(badge(10, 7)).events).toHaveLength(50)
  })

  it('remembers the hundred orders that were begun last', () => {
    const subject = station(stationMap())
    subject.take(badge(0, 7))
    for (let number = 1; number <= 101; number += 1) {
      subject.take(scan(number * 10, orderCode(number)))
      subject.take(scan(number * 10 + 1, commandCode('START')))
    }
    const { workOrders } = subject.health().summary
    expect(workOrders).toHaveLength(100)
    expect(workOrders[0]).toEqual({ workOrder: '2', standing: 'started' })
  })

  it('knows an order again that the master data did not know when it was started', () => {
    const subject = station(stationMap())
    subject.take(badge(0, 7))
    subject.take(scan(1, orderCode(9)))
    subject.take(scan(2, commandCode('START')))
    const reference = { type: 'work_order', id: 31, code: 'WO-2026-9', state: 'in_progress' }
    const later: ScanMessage = { ...scan(100, orderCode(9)), found: { kind: 'one', reference } }
    subject.take(later)
    expect(subject.take(scan(101, commandCode('COMPLETE')))).toMatchObject({
      answer: { verdict: 'good' },
      events: [{ workOrder: 'WO-2026-9' }],
    })
    expect(subject.health().summary.workOrders).toEqual([])
  })

  it('hands out its state with everything that a crash must not forget, and the rest from time to time', () => {
    const subject = station(asking())
    expect(subject.take(scan(0, code('LBL-1'))).state).toBe(subject.state)
    expect(subject.take(badge(1, 7)).state).toBe(subject.state)
    expect(subject.checkpoint()).toBeUndefined()
    expect(subject.take(scan(2, code('LBL-1'))).state).toBe(subject.state)
    // Only a repeat: nothing but the time of the last scan has changed.
    expect(subject.take(scan(3, code('LBL-1'))).state).toBeUndefined()
    expect(subject.checkpoint()).toBe(subject.state)
    expect(subject.checkpoint()).toBeUndefined()
  })

  it('lets nobody stay badged in at a station that is taken out of service, and counts what waited', () => {
    const subject = station(stationMap())
    subject.take(badge(0, 7))
    subject.take(scan(1, commandCode('START')))
    const { events, state, context } = subject.retire()
    expect(events).toEqual([])
    expect(context).toMatchObject([{ subject: 'machine:PRESS-07', operator: null, at: second(1) }])
    const back = station(stationMap(), { state: JSON.parse(JSON.stringify(state)) })
    expect(back.health().summary).toMatchObject({
      operator: null,
      held: 0,
      refused: [{ why: 'the operator changed or left before it was complete', count: 1 }],
    })
  })

  it('does nothing for messages of other kinds, and says nothing to a machine where there is none', () => {
    const subject = station(stationMap({ station: { plant: null, location: null, machine: null } }))
    expect(subject.take({ kind: 'reading', subject: subject.owner })).toEqual({ events: [] })
    expect(subject.take(badge(0, 7)).context).toBeUndefined()
  })

  it('shows who is badged in, and since when', () => {
    const subject = station(stationMap())
    subject.take(badge(5, 7))
    expect(subject.health().summary).toEqual({
      station: 'ST-12',
      operator: 7,
      sinceMs: second(5).wallMs,
      workOrders: [],
      held: 0,
      refused: [],
    })
  })
})

function asking() {
  const map = stationMap()
  return { ...map, operator: { ...map.operator, without: 'ask' } } satisfies StationMap
}

function orderCode(number: number) {
  return code(`WO-${number}`, { meaning: { kind: 'work_order', workOrder: String(number) } })
}

function commandCode(command: ScanCommand) {
  return code(`!${command}`, { meaning: { kind: 'command', command } })
}
