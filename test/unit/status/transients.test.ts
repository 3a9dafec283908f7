/** A machine that has stuck in a transient state keeps the status before it for no longer than the map allows. */
import { describe, expect, it, test } from 'vitest'
import { Play } from '../../support/play.ts'
import { press } from '../../support/press.ts'

const MINUTE_MS = 60_000
const run = { state: 'run', fault: 0 }
const HOLDING = { state: 'holding' }
const map = press({ transient: { signal: 'state', values: ['holding', 'unholding'], maxMs: MINUTE_MS } })

const running = () => new Play(map).show(run, 60)

describe('a machine that hangs in a transient state', () => {
  const interruptions: readonly (readonly [string, (play: Play) => Play])[] = [
    ['a link that is lost again and again', (play) => play.cut(2)],
    ['polls that fail now and then', (play) => play.show({ state: null }, 2, 'bad').show(HOLDING, 0)],
    ['a gateway that is started again and again', (play) => play.restart(2)],
    ['a computer that is rebooted again and again', (play) => play.restart(20, {}, { reboot: true })],
    ['another transient state each time', (play) => play.cut(2, { state: 'unholding' }).show(HOLDING, 0)],
  ]

  test.each(interruptions)('runs for a minute more, over %s', (_, interrupt) => {
    const play = running().show(HOLDING, 20)
    for (let times = 0; times < 10; times += 1) interrupt(play).show({}, 20)
    expect(play.story).toEqual(['+0 running', expect.stringMatching(/^\+1[2-4]\d idle$/)])
  })
})

it('a machine that was lost for long may have come to another transient state, and is waited for', () => {
  const play = running().show(HOLDING, 20).cut(600).show({}, 20).show(run, 60)
  expect(play.story).toEqual(['+0 running', '+80 available NO_DATA', '+700 running'])
})
