/** Clocks that are set, that are wrong after a boot, and that belong to a device. */
import { describe, expect, it } from 'vitest'
import { Play } from '../../support/play.ts'
import type { HistoryRow } from '../../support/play-rows.ts'
import { press } from '../../support/press.ts'

const run = { state: 'run', fault: 0 }
const ready = { state: 'ready', fault: 0 }
const fault = (code: number) => ({ state: 'fault', fault: code })
const HOUR = 3_600
const DAY = 24 * HOUR

/** Minutes of a status by the UTC day on which its rows begin, as the view of central books them. */
function minutesByDay(rows: readonly HistoryRow[], status: string): Readonly<Record<string, number>> {
  const days: Record<string, number> = {}
  for (const row of rows.filter((one) => one.status === status)) {
    const day = row.at.slice(5, 10)
    days[day] = (days[day] ?? 0) + (row.ended?.minutes ?? 0)
  }
  return days
}

describe('a clock that was set', () => {
  // Fault of the catalogue: [D1]
  it('an hour forward gives no hour to the row that was open when the computer is rebooted later', () => {
    const play = new Play(press()).show(run, 900).stepWallClock(HOUR).show({}, 900)
    play.restart(60, {}, { reboot: true }).show({}, 10).show(ready, 60)
    expect(play.history[0]?.ended?.durationMs).toBe(1_870_000)
  })

  it('back takes nothing from a stop that was open when the computer is rebooted later', () => {
    const play = new Play(press()).show(run, 60).show(fault(101), 300).stepWallClock(-HOUR).show({}, 300)
    play.restart(60, {}, { reboot: true }).show({}, 10).show(run, 60)
    expect(play.downtimes.map(({ ended }) => ended?.durationMs)).toEqual([670_000])
  })

  it('forward over midnight: the day that begins has its own row', () => {
    const play = new Play(press(), Date.UTC(2026, 0, 30, 22)).show(run, HOUR).stepWallClock(7 * HOUR)
    play.show({}, HOUR).show(ready, 60)
    expect(minutesByDay(play.history, 'running')).toEqual({ '01-30': 60, '01-31': 60 })
  })

  it('three days forward after a boot: every day has its own row, and none more than its minutes', () => {
    const map = press({ onCommLoss: { ...press().onCommLoss, afterMs: 180_000 } })
    const play = new Play(map, Date.UTC(2026, 0, 27, 9)).show(run, 30).stepWallClock(3 * DAY)
    play
      .every(60)
      .show({}, 2 * DAY)
      .show(ready, 600)
    const days = minutesByDay(play.history, 'running')
    expect(Object.keys(days)).toEqual(expect.arrayContaining(['01-30', '01-31', '02-01']))
    expect(days['01-31']).toBe(1_440)
  })

  it('years ahead for a second does not date all later rows by it', () => {
    const play = new Play(press())
      .show(run, 60)
      .stepWallClock(3_650 * DAY)
      .show(ready, 3)
    play
      .stepWallClock(-3_650 * DAY)
      .show(run, 600)
      .show(ready, 600)
      .show(run, 60)
    expect(play.story.slice(-2)).toEqual(['+663 idle', '+1263 running'])
  })

  it('two hours forward, seconds before a reboot, gives nothing to the row that was open', () => {
    const play = new Play(press())
      .show(fault(101), 60)
      .stepWallClock(2 * HOUR)
      .show({}, 15)
    play.restart(250, {}, { reboot: true }).show({}, 60).show(run, 60)
    expect(play.downtimes.map(({ ended }) => ended?.durationMs)).toEqual([385_000])
  })

  it('by a second leaves no time that is in no row', () => {
    const play = new Play(press())
      .show(run, 60)
      .show(ready, 3)
      .stepWallClock(-1.5)
      .show(run, 60)
      .show(ready, 60)
    const lived = play.history.reduce((sum, row) => sum + (row.ended?.durationMs ?? 0), 0)
    expect(lived).toBe(123_000)
  })
})

describe('a computer without a clock of its own', () => {
  const FRIDAY = Date.UTC(2026, 0, 30, 17)
  /** Off from Friday 18:00 to Monday 06:00; its clock goes on where it stopped, and is set 30 s after the boot. */
  const off = 60 * HOUR
  const wrongMs = off - 10

  it('that was off over the weekend claims nothing of it, and books Monday on Monday', () => {
    const play = new Play(press(), FRIDAY).show(run, HOUR).restart(off, {}, { reboot: -wrongMs })
    play
      .show({}, 30)
      .stepWallClock(wrongMs)
      .show({}, 4 * HOUR)
      .show(ready, 60)
    expect(play.history.map(({ status }) => status)).toEqual(['running', 'available', 'running', 'idle'])
    expect(minutesByDay(play.history, 'running')).toEqual({ '01-30': 60, '02-02': 241 })
  })

  it('that was off over the weekend holds a stop for twelve hours, and no longer', () => {
    const play = new Play(press(), FRIDAY).show(fault(101), HOUR).restart(off, {}, { reboot: -wrongMs })
    play
      .show({}, 30)
      .stepWallClock(wrongMs)
      .show({}, 4 * HOUR)
      .show(run, 60)
    expect(play.stops).toEqual([
      `+0..+${13 * HOUR} mechanical_failure equipment 780 min`,
      `+${HOUR + off}..+${5 * HOUR + off + 30} mechanical_failure equipment 241 min`,
    ])
  })
})

describe('a stop that is held over more than two midnights', () => {
  it('has a row of its own for each day', () => {
    const week = press({ onCommLoss: { ...press().onCommLoss, holdMaxMs: 7 * DAY * 1_000 } })
    const play = new Play(week, Date.UTC(2026, 0, 30, 12))
      .show(fault(101), HOUR)
      .cut(90 * HOUR)
      .show(run, 60)
    expect(minutesByDay(play.history, 'down')).toEqual({
      '01-30': 720,
      '01-31': 1_440,
      '02-01': 1_440,
      '02-02': 1_440,
      '02-03': 420,
    })
  })
})

describe('a device whose changes arrive four seconds late', () => {
  const late = () => new Play(press()).late(4)

  it('has the blips of less than a second swallowed', () => {
    const play = late().show(run, 60)
    for (let blip = 0; blip < 3; blip += 1) play.show(fault(101), 0.9).show(run, 60)
    expect(play.story).toEqual(['+0 running'])
  })

  it('does not end a stop for seven seconds of running', () => {
    const play = late().show(run, 60).show(fault(101), 200).show(run, 7).show(fault(101), 200).show(run, 60)
    expect(play.story).toEqual(['+0 running', '+60 down mechanical_failure', '+467 running'])
  })

  it('makes no downtime of a stop that was shorter than a micro stop', () => {
    const play = late().show(run, 60).show(fault(0), 118.5).show(run, 60)
    expect(play.story).toEqual(['+0 running', '+60 down MICRO_STOP', '+178.5 running'])
    expect(play.stops).toEqual([])
  })

  it('has its rows at their true times', () => {
    const play = late().show(run, 60).show(fault(101), 200).show(ready, 30).show(run, 60)
    expect(play.story).toEqual(['+0 running', '+60 down mechanical_failure', '+260 idle', '+290 running'])
  })
})
