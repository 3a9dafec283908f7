import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  axisMarks,
  dayWindow,
  moved,
  otherDay,
  showing,
  type TimeWindow,
  zoomed,
} from '../../../console/src/pages/line/time-window.ts'

const HOUR_MS = 3_600_000
const whole = dayWindow(Date.UTC(2026, 10, 26, 12))
const lengthOf = ({ fromMs, toMs }: TimeWindow) => toMs - fromMs

describe('the part of a day that timelines show', () => {
  it('begins and ends at local midnights, also on the day before', () => {
    expect(new Date(whole.fromMs).getHours()).toBe(0)
    expect(otherDay(whole, -1).toMs).toBe(whole.fromMs)
    expect(otherDay(otherDay(whole, -1), 1)).toEqual(whole)
  })

  it('zooms around the moment that somebody points at', () => {
    const half = zoomed(whole, whole, 0.5, 0.25)
    expect(lengthOf(half)).toBe(lengthOf(whole) / 2)
    const pointMs = whole.fromMs + lengthOf(whole) * 0.25
    expect(half.fromMs + lengthOf(half) * 0.25).toBe(pointMs)
    expect(zoomed(half, whole, 100)).toEqual(whole)
  })

  it('brings a moment into sight that was outside', () => {
    const morning = { fromMs: whole.fromMs, toMs: whole.fromMs + HOUR_MS }
    const atMs = whole.fromMs + 10 * HOUR_MS
    const shown = showing(morning, whole, atMs)
    expect(shown.fromMs).toBeLessThan(atMs)
    expect(shown.toMs).toBeGreaterThan(atMs)
    expect(showing(shown, whole, atMs)).toBe(shown)
  })

  it('never leaves the day, and never gets shorter than a minute, whatever is done to it', () => {
    const step = fc.oneof(
      fc.record({
        factor: fc.double({ min: 0.01, max: 50, noNaN: true }),
        share: fc.double({ min: 0, max: 1, noNaN: true }),
      }),
      fc.record({ by: fc.double({ min: -3, max: 3, noNaN: true }) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        let window: TimeWindow = whole
        for (const one of steps)
          window = 'by' in one ? moved(window, whole, one.by) : zoomed(window, whole, one.factor, one.share)
        expect(window.fromMs).toBeGreaterThanOrEqual(whole.fromMs)
        expect(window.toMs).toBeLessThanOrEqual(whole.toMs + 0.001)
        expect(lengthOf(window)).toBeGreaterThan(59_999)
      }),
    )
  })

  it('has marks at full steps of local time, and few enough to be read', () => {
    const marks = axisMarks(whole)
    expect(marks[0]).toBe(whole.fromMs)
    expect(marks.every((mark) => new Date(mark).getMinutes() === 0)).toBe(true)
    const quarter = axisMarks({ fromMs: whole.fromMs + HOUR_MS, toMs: whole.fromMs + 1.25 * HOUR_MS })
    expect(quarter.length).toBeGreaterThan(3)
    expect(quarter.length).toBeLessThan(12)
  })

  it.each([
    ['an hour is left out', 2, 3],
    ['an hour comes twice', 9, 4],
  ])('has marks at the same full hours of local time on a day on which %s', (_, month, step) => {
    const zone = process.env.TZ
    process.env.TZ = 'Europe/Rome'
    onTestFinished(() => {
      if (zone === undefined) delete process.env.TZ
      else process.env.TZ = zone
    })
    const lastSunday = month === 2 ? 29 : 25
    const day = dayWindow(new Date(2026, month, lastSunday, 12).getTime())
    expect(lengthOf(day)).toBe((month === 2 ? 23 : 25) * HOUR_MS)
    const hours = axisMarks(day).map((mark) => new Date(mark).getHours())
    expect(hours.filter((hour) => hour % step !== 0)).toEqual([])
    expect(hours.at(-1)).toBe(0)
  })
})
