/** Reasons that operators scan. */
import { describe, expect, it } from 'vitest'
import type { Category } from '../../../../src/domain/status.ts'
import { Play } from '../../../support/play.ts'
import { press } from '../../../support/press.ts'

const ANNA = 7
const BOB = 8
const run = { state: 'run', fault: 0 }
/** A stop for which the PLC shows no code. */
const stopped = { state: 'fault', fault: 0 }
const jammed = { state: 'fault', fault: 101 }

const reason = (code: string, category: Category | null = null, operator = ANNA, isNewStop = false) => ({
  reason: { code, category, operator, isNewStop },
})
const SHORTAGE = reason('material_shortage', 'material')

const rows = (play: Play) =>
  play.history.map(({ status, reason: code, correctedFrom }) =>
    [status, code, correctedFrom?.join('→')].filter((part) => part !== null && part !== undefined).join(' '),
  )
const downs = (play: Play) =>
  play.downtimes.map(({ reason: code, category, reportedBy, ended }) =>
    [code, category, reportedBy ?? null, ended?.minutes ?? null].join(' '),
  )

describe('a reason that is scanned during a stop', () => {
  it('is that of the whole stop, with its category and who gave it', () => {
    const play = new Play(press()).show(run, 60).show(stopped, 240).say(SHORTAGE).show({}, 60).show(run, 30)
    expect(rows(play)).toEqual(['running', 'down material_shortage', 'running'])
    expect(play.downtimes).toMatchObject([
      { reason: 'material_shortage', category: 'material', reportedBy: ANNA, ended: { minutes: 5 } },
    ])
    expect(play.downtimes[0]?.correctedFrom).toBeUndefined()
  })

  it('is written at once, so that the scanner may be told', () => {
    const play = new Play(press()).show(run, 60).show(stopped, 240).say(SHORTAGE)
    expect(downs(play)).toEqual(['material_shortage material 7 '])
    expect(rows(play)).toEqual(['running', 'down material_shortage'])
  })

  it('goes before the code of the PLC, which is noted', () => {
    const play = new Play(press()).show(run, 60).show(jammed, 240).say(SHORTAGE).show(run, 30)
    expect(play.downtimes).toMatchObject([
      { reason: 'material_shortage', code: '101', correctedFrom: ['mechanical_failure'], reportedBy: ANNA },
    ])
    expect(rows(play)).toEqual(['running', 'down material_shortage mechanical_failure', 'running'])
  })

  it('stays where the PLC shows a code later, which is noted', () => {
    const play = new Play(press())
      .show(run, 60)
      .show(stopped, 130)
      .say(SHORTAGE)
      .show(jammed, 60)
      .show(run, 30)
    expect(play.downtimes).toMatchObject([
      { reason: 'material_shortage', category: 'material', laterCodes: ['101'], reportedBy: ANNA },
    ])
  })

  it('stays where the last code of the PLC is its reason', () => {
    const [fault] = press().faults
    const map = press({ faults: fault ? [{ ...fault, latch: 'last' }] : [] })
    const play = new Play(map).show(run, 60).show(jammed, 130).say(SHORTAGE).show({ fault: 210 }, 60)
    expect(downs(play)).toEqual(['material_shortage material 7 '])
  })

  it('can be corrected by another one', () => {
    const play = new Play(press()).show(run, 60).show(stopped, 130).say(SHORTAGE)
    play
      .say(reason('no_operator', 'process', BOB))
      .say(reason('no_tool', null, BOB))
      .show(run, 30)
    expect(play.downtimes).toMatchObject([
      {
        reason: 'no_tool',
        category: null,
        reportedBy: BOB,
        correctedFrom: ['material_shortage', 'no_operator'],
      },
    ])
    expect(rows(play)[1]).toBe('down no_tool material_shortage→no_operator')
  })

  it('says who gave it where the PLC had said the same', () => {
    const play = new Play(press()).show(run, 60).show(jammed, 130)
    play.say(reason('mechanical_failure')).show(run, 30)
    expect(play.downtimes).toMatchObject([
      { reason: 'mechanical_failure', category: 'equipment', reportedBy: ANNA },
    ])
    expect(play.downtimes[0]?.correctedFrom).toBeUndefined()
  })

  it('reaches the part of the stop before midnight', () => {
    const play = new Play(press(), Date.UTC(2026, 0, 31, 23, 50)).show(run, 60).show(stopped, 1_200)
    play.say(SHORTAGE).show(run, 30)
    expect(rows(play)).toEqual(['running', 'down material_shortage', 'down material_shortage', 'running'])
  })

  it('is that of a stop that is not a downtime yet, and may never be one', () => {
    const play = new Play(press()).show(run, 60).show(stopped, 20).say(SHORTAGE).show(run, 60)
    expect(rows(play)).toEqual(['running', 'down material_shortage', 'running'])
    expect(play.downtimes).toEqual([])
  })

  it('counts for a stop that is only just seen', () => {
    const play = new Play(press()).show(run, 60).read(stopped)
    expect(play.standing.reasonFor).toBe('current')
    play.say(SHORTAGE).show({}, 200).show(run, 30)
    expect(downs(play)).toEqual(['material_shortage material 7 3'])
  })

  it('counts while the power of the PLC is off for the repair', () => {
    const play = new Play(press()).show(run, 60).show(stopped, 200).skip(600)
    expect(play.standing.reasonFor).toBe('current')
    play.say(SHORTAGE).cut(600, stopped).show({}, 40).show(run, 30)
    expect(downs(play)).toEqual(['material_shortage material 7 24'])
  })

  it('survives a restart at any point', () => {
    for (const how of ['stop', 'kill'] as const) {
      const play = new Play(press()).show(run, 60).show(stopped, 200).say(SHORTAGE)
      play.restart(30, stopped, { how }).say(reason('no_tool')).restart(30, stopped, { how })
      play.show({}, 60).show(run, 30)
      expect(play.downtimes).toMatchObject([
        { reason: 'no_tool', reportedBy: ANNA, correctedFrom: ['material_shortage'] },
      ])
    }
  })

  it('stays where the map of the machine changes', () => {
    const play = new Play(press()).show(run, 60).show(jammed, 200).say(SHORTAGE)
    play
      .reload(press({ version: 'v2', eventsFor: ['setup'] }))
      .show(jammed, 60)
      .show(run, 30)
    expect(rows(play)).toEqual(['running', 'down material_shortage mechanical_failure', 'running'])
  })
})

describe('a reason that is scanned while the machine waits', () => {
  const ready = { state: 'ready', fault: 0 }

  it('is that of the wait, and not of a stop before the run in between', () => {
    const play = new Play(press()).show(run, 60).show(stopped, 300).show(run, 300).show(ready, 200)
    expect(play.standing.reasonFor).toBe('current')
    play.say(SHORTAGE).show({}, 60).show(run, 60)
    expect(rows(play)).toEqual(['running', 'down', 'running', 'idle material_shortage', 'running'])
    expect(downs(play)).toEqual(['   5'])
  })

  it('is that of the wait where there was no stop at all, can be corrected, and goes over midnight', () => {
    const play = new Play(press(), Date.UTC(2026, 0, 31, 23, 58)).show(run, 60).show(ready, 300).say(SHORTAGE)
    play
      .say(reason('no_tool', null, BOB))
      .show({}, 60)
      .show(run, 60)
    const named = 'idle no_tool material_shortage'
    expect(rows(play)).toEqual(['running', named, named, 'running'])
    expect(play.downtimes).toEqual([])
  })

  it('is that of the downtime which the wait has followed, or of the last one while it is short', () => {
    const behind = new Play(press())
      .show(run, 60)
      .show(stopped, 300)
      .show(ready, 200)
      .say(SHORTAGE)
      .show({}, 9)
    expect(rows(behind)).toEqual(['running', 'down material_shortage', 'idle'])
    const short = new Play(press()).show(run, 60).show(stopped, 300).show(run, 60).show(ready, 30)
    expect(short.standing.reasonFor).toBe('last')
    expect(downs(short.say(SHORTAGE).show({}, 9))).toEqual(['material_shortage material 7 5'])
  })

  it('names a declared maintenance, and SPLIT begins another row of it', () => {
    const declared = { status: 'maintenance', reason: 'service', operator: ANNA } as const
    const play = new Play(press()).show(run, 60).show(stopped, 300).show(run, 60).say({ declared })
    play
      .show(ready, 200)
      .say(reason('oil_change'))
      .show({}, 60)
      .say(reason('grease', null, BOB, true))
      .show({}, 60)
    expect(rows(play).slice(3)).toEqual(['maintenance oil_change service', 'maintenance grease'])
    expect(downs(play)).toEqual(['   5'])
  })
})

describe('a reason with which a new stop begins', () => {
  const NEW = reason('no_tool', 'equipment', BOB, true)

  it('ends the stop until now there, with its own reason', () => {
    const play = new Play(press()).show(run, 60).show(jammed, 240).say(NEW).show({}, 180).show(run, 30)
    expect(play.story).toEqual([
      '+0 running',
      '+60 down mechanical_failure',
      '+300 down no_tool',
      '+480 running',
    ])
    expect(play.stops).toEqual([
      '+60..+300 mechanical_failure equipment 4 min',
      '+300..+480 no_tool equipment 3 min',
    ])
    expect(play.downtimes.map(({ reportedBy }) => reportedBy)).toEqual([undefined, BOB])
  })

  it('leaves a stop without one to a later scan, also while nothing is seen of the machine', () => {
    const play = new Play(press()).show(run, 60).show(stopped, 240).skip(300).say(NEW)
    play.cut(180, stopped).show(run, 60).say(SHORTAGE)
    expect(play.downtimes.map(({ reason: code, reportedBy }) => [code, reportedBy])).toEqual([
      ['material_shortage', ANNA],
      ['no_tool', BOB],
    ])
  })

  it('is that of the stop where it is scanned as the machine starts again', () => {
    const play = new Play(press()).show(run, 60).show(stopped, 240).read(run).say(NEW).show({}, 60)
    expect(play.stops).toEqual(['+60..+300 unassigned - 4 min'])
  })
})

describe('a reason that is scanned after a stop', () => {
  const MINUTE = 60

  it('is that of the last stop for half an hour', () => {
    const play = new Play(press())
      .show(run, 60)
      .show(stopped, 300)
      .show(run, 10 * MINUTE)
    expect(play.standing.reasonFor).toBe('last')
    const before = play.downtimes[0]?.ended
    play.say(SHORTAGE).show({}, 60)
    expect(play.downtimes).toMatchObject([
      { reason: 'material_shortage', category: 'material', reportedBy: ANNA, ended: before ?? {} },
    ])
    expect(rows(play)).toEqual(['running', 'down material_shortage', 'running'])
    expect(play.history[1]?.ended).toMatchObject({ minutes: 5 })
  })

  it('is nobody’s after that', () => {
    const play = new Play(press())
      .show(run, 60)
      .show(stopped, 300)
      .show(run, 40 * MINUTE)
    expect(play.standing.reasonFor).toBeNull()
    play.say(SHORTAGE).show({}, 60)
    expect(play.downtimes).toMatchObject([{ reason: null, category: null }])
    expect(play.downtimes[0]?.reportedBy).toBeUndefined()
  })

  it('can be corrected', () => {
    const play = new Play(press()).show(run, 60).show(stopped, 300).show(run, 60).say(SHORTAGE)
    play.say(reason('no_tool', null, BOB)).show({}, 60)
    expect(play.downtimes).toMatchObject([
      { reason: 'no_tool', reportedBy: BOB, correctedFrom: ['material_shortage'] },
    ])
  })

  it('does not take the place of a code of the PLC', () => {
    const play = new Play(press()).show(run, 60).show(jammed, 300).show(run, 60)
    expect(play.standing.reasonFor).toBeNull()
    play.say(SHORTAGE)
    expect(downs(play)).toEqual(['mechanical_failure equipment  5'])
  })

  it('goes to the last stop without one, and to a downtime before a short stop', () => {
    const play = new Play(press()).show(run, 60).show(stopped, 300).show(run, 60)
    play.show(jammed, 200).show(run, 60).show(stopped, 30).show(run, 60).say(SHORTAGE)
    expect(play.downtimes.map(({ reason: code }) => code)).toEqual([
      'material_shortage',
      'mechanical_failure',
    ])
    expect(rows(play)).toContain('down MICRO_STOP')
  })

  it('goes to a short stop where there is no other', () => {
    const play = new Play(press()).show(run, 60).show(stopped, 30).show(run, 60).say(SHORTAGE)
    expect(rows(play)).toEqual(['running', 'down material_shortage', 'running'])
    expect(play.downtimes).toEqual([])
  })

  it('reaches all parts of a stop that went over midnight', () => {
    const play = new Play(press(), Date.UTC(2026, 0, 31, 23, 50)).show(run, 60).show(stopped, 1_200)
    play.show(run, 60).say(SHORTAGE)
    expect(rows(play)).toEqual(['running', 'down material_shortage', 'down material_shortage', 'running'])
    expect(play.downtimes).toHaveLength(1)
  })

  it('finds the stop after a restart, and after one of the computer', () => {
    for (const reboot of [false, true]) {
      const play = new Play(press()).show(run, 60).show(stopped, 300).show(run, 60)
      play.restart(60, run, { how: 'kill', reboot }).show({}, 60).say(SHORTAGE)
      expect(downs(play)).toEqual(['material_shortage material 7 5'])
    }
    const late = new Play(press()).show(run, 60).show(stopped, 300).show(run, 60)
    late.restart(1_800, run, { reboot: true }).show({}, 60)
    expect(late.standing.reasonFor).toBeNull()
  })

  it('finds a stop that ended because nothing was seen any more', () => {
    const { onCommLoss } = press()
    const map = press({ onCommLoss: { ...onCommLoss, byStatus: { ...onCommLoss.byStatus, down: 'gap' } } })
    const play = new Play(map).show(run, 60).show(stopped, 300).skip(60)
    expect(play.standing).toMatchObject({ status: null, reasonFor: 'last' })
    play.say(SHORTAGE)
    expect(rows(play)).toEqual(['running', 'down material_shortage', 'available NO_DATA'])
  })
})

it('whole minutes of each reason stay within half a minute of the truth, whenever it is given', () => {
  const play = new Play(press())
  const codes = ['material_shortage', 'no_tool', null] as const
  for (let stop = 0; stop < 60; stop += 1) {
    play.show(run, 60).show(stopped, 139 + (stop % 7) * 11)
    const code = codes[stop % 3] ?? null
    if (code !== null && stop % 2 === 0) play.say(reason(code))
    play.show(run, 60)
    if (code !== null && stop % 2 === 1) play.say(reason(code))
    // Nothing is left to be named.
    play.show({}, 1_900)
  }
  const off = new Map<string, number>()
  for (const { reason: code, ended } of play.downtimes) {
    const minutes = ended ? ended.minutes - ended.durationMs / 60_000 : 0
    off.set(String(code), (off.get(String(code)) ?? 0) + minutes)
  }
  // One whose minutes were given under another reason is made up for by the next.
  for (const [code, minutes] of off) expect(Math.abs(minutes), code).toBeLessThanOrEqual(1.01)
})
