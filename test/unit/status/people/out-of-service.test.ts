/** Machines that people take out of service in the MES. */
import { expect, it } from 'vitest'
import { Play } from '../../../support/play.ts'
import { press } from '../../../support/press.ts'

const run = { state: 'run', fault: 0 }
const jammed = { state: 'fault', fault: 101 }
const map = press({ counters: [{ signal: 'good' }] })

it('nothing is written for a machine that is out of service, and it goes on when it is back', () => {
  const play = new Play(map)
    .show({ ...run, good: 1 }, 60)
    .service(false)
    .show(jammed, 300)
  play.say({
    operator: 7,
    workOrder: 'WO-1',
    declared: { status: 'setup', reason: 'changeover', operator: 7 },
  })
  expect(play.standing).toMatchObject({ status: null, reasonFor: null, declared: null })
  play.show({ ...run, good: 900 }, 300)
  expect(play.story).toEqual(['+0 running', '+60 available NO_DATA'])
  expect(play.history[1]).toMatchObject({ unseen: { why: 'out_of_service' } })
  play.service(true).show({}, 60).show(jammed, 200)
  expect(play.story.slice(2)).toEqual(['+660 running', '+720 down mechanical_failure'])
  expect(play.history[2]).toMatchObject({ countedUnseen: null, workOrder: null })
})

it('a downtime ends with it', () => {
  const play = new Play(map).show(run, 60).show(jammed, 200).service(false).show({}, 600)
  expect(play.stops).toEqual(['+60..+260 mechanical_failure equipment 3 min'])
})

it('it stays so over a restart, and saying it again changes nothing', () => {
  for (const reboot of [false, true]) {
    const play = new Play(map)
      .show(run, 60)
      .service(false)
      .restart(30, run, { how: 'kill', reboot })
      .show({}, 300)
    const { state } = play
    play.service(false)
    expect(play.state).toBe(state)
    expect(play.story).toEqual(['+0 running', '+60 available NO_DATA'])
  }
})
