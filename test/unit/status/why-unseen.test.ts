import { describe, expect, it } from 'vitest'
import { interpret } from '../../../src/domain/interpret.ts'
import { machineSubject } from '../../../src/status/machine-subject.ts'
import { Play } from '../../support/play.ts'
import { device, press, readingOfPress, rule } from '../../support/press.ts'

const RUN = { state: 'run', fault: 0 }
const ALIVE = press({ heartbeats: [{ signal: 'alive', staleAfterMs: 10_000 }] })

const otherwise = { when: { kind: 'else' }, is: 'idle', forMs: 0, releaseMs: 0 } as const

/** What the row says in which nothing was seen. */
function unseen(play: Play): unknown {
  return play.history.find(({ reason }) => reason === 'NO_DATA')?.unseen
}

function codes(play: Play): readonly string[] {
  return play.health.troubles.map(({ code }) => code)
}

describe('a row in which nothing was seen says why', () => {
  const GATEWAY = { why: 'away', device: null, signal: null, detail: null }

  it('where a device is away', () => {
    const play = new Play(press()).show(RUN, 60).cut(60, RUN)
    expect(unseen(play)).toEqual({ why: 'away', device: 'PRESS-07', signal: null, detail: null })
  })

  it('where the gateway itself was away', () => {
    expect(unseen(new Play(press()).show(RUN, 60).restart(600, RUN))).toEqual(GATEWAY)
  })

  it('where the gateway stood still, whether it has its beat or a reading first', () => {
    expect(unseen(new Play(press()).show(RUN, 60).stall(40).watch(5))).toEqual(GATEWAY)
    expect(unseen(new Play(press()).show(RUN, 60).stall(40).read(RUN))).toEqual(GATEWAY)
  })

  it('where a device is away that was so before the gateway stood still, or is so long after', () => {
    const DEVICE = { why: 'away', device: 'PRESS-07', signal: null, detail: null }
    const before = new Play(press({ onCommLoss: { ...press().onCommLoss, afterMs: 60_000 } })).show(RUN, 60)
    expect(unseen(before.off('PRESS-07').skip(50).stall(15).skip(5))).toEqual(DEVICE)
    const after = new Play(press()).show(RUN, 60).off('PRESS-07').stall(15).skip(60)
    expect(unseen(after)).toEqual(DEVICE)
    const later = new Play(press()).show(RUN, 60).stall(15).show(RUN, 600).cut(60, RUN)
    expect(unseen(later)).toEqual(DEVICE)
  })

  it('where the map was taken away', () => {
    const play = new Play(press()).show(RUN, 60).withdraw(60)
    expect(unseen(play)).toEqual({ why: 'unmapped', device: null, signal: null, detail: null })
  })

  it('where a signal that decides is bad', () => {
    const play = new Play(press()).show(RUN, 60).show({ state: null }, 60, 'bad')
    const detail = 'the device gives no reason'
    expect(unseen(play)).toEqual({ why: 'bad', device: 'PRESS-07', signal: 'state', detail })
  })
})

describe('a machine that cannot be decided', () => {
  it('is a trouble while its device answers, and none once it can be', () => {
    const play = new Play(press()).show(RUN, 60).show({ state: null }, 5, 'bad')
    expect(codes(play)).toEqual(['signal-bad', 'machine-undecided'])
    expect(play.health.troubles[1]?.what).toBe(
      'PRESS-07 cannot be decided: state is bad: the device gives no reason',
    )
    expect(codes(play.show(RUN, 5))).toEqual([])
  })

  it('is none where its device is away, which is a trouble of its own', () => {
    expect(codes(new Play(press()).off('PRESS-07').watch(5))).toEqual([])
    expect(codes(new Play(press()).show(RUN, 60).skip(20))).toEqual([])
  })

  it('is none while a heartbeat that was just read has not beaten yet', () => {
    const play = new Play(ALIVE).show({ ...RUN, alive: 1 }, 9)
    expect(codes(play)).toEqual([])
    expect(codes(play.watch(10))).toEqual(['signal-stale', 'machine-undecided'])
    expect(play.health.summary).toMatchObject({ signals: [{ signal: 'alive', quality: 'stale' }] })
    expect(codes(play.show({ alive: 2 }, 1))).toEqual([])
  })
})

describe('a signal that is no use', () => {
  it('is told though the rules do not come as far as it now', () => {
    const rules = [rule('down', { state: 'fault' }, 0), rule('setup', { mode: 2 }, 0), otherwise]
    const devices = [device('PRESS-07', ['state', 'mode'])]
    const play = new Play(press({ rules, devices })).show({ state: 'fault', mode: 'AUTO' }, 5)
    expect(codes(play)).toEqual(['signal-unmeant'])
    expect(play.health.summary).toMatchObject({
      status: 'down',
      signals: [{ signal: 'mode', quality: 'unmeant', detail: 'it shows "AUTO", and the rules know 2' }],
    })
    expect(codes(play.show({ mode: 2 }, 1))).toEqual([])
  })
})

describe('a value that came and is refused by what the map says of it', () => {
  const spec = { name: 'state', address: 0 } as const
  const hintOf = (fault: string | undefined) => {
    const now = { boot: 'boot-1', wallMs: 1_000, monoMs: 1_000 }
    const remembered = { state: undefined, lastSeen: undefined, before: undefined, now }
    const subject = machineSubject(press(), remembered)
    const bad = {
      signal: 'state',
      value: 7,
      quality: 'bad',
      at: now,
      ...(fault && { detail: fault }),
    } as const
    subject.take(readingOfPress({ at: now, completeTo: now, samples: [bad] }))
    return subject.health().troubles[0]?.hint
  }

  it('has nothing to compare an address for', () => {
    expect(hintOf(interpret(65535, { ...spec, invalid: ['65535'] }).fault)).toContain('see to the sensor')
    expect(
      hintOf(interpret(65536, { ...spec, expect: { below: { value: 400, inclusive: true } } }).fault),
    ).toContain('word_order')
    expect(hintOf('exception 2 at 40201')).toContain('compare its address')
  })
})
