import { describe, expect, it } from 'vitest'
import type { Scan } from '../../../src/domain/events/scan.ts'
import type { ScanMessage } from '../../../src/domain/scan.ts'
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

  it('refuses what is scanned before anybody has badged in, and says so', () => {
    const subject = station(stationMap())
    const taken = subject.take(scan(0, code('LBL-1')))
    expect(taken).toEqual({
      events: [],
      context: [],
      answer: { verdict: 'bad', why: 'nobody has badged in' },
    })
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
})
