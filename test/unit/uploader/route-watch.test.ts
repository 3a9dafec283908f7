import { expect, test } from 'vitest'
import { DestinationError } from '../../../src/domain/errors.ts'
import { createLog } from '../../../src/runtime/log.ts'
import { createRouteWatch } from '../../../src/uploader/route-watch.ts'
import { movedClock } from '../../support/moved-clock.ts'

const LOST = new DestinationError('broker-closed', 'the broker has closed the connection', {
  refusal: 'wait',
  hint: 'another program has the client id',
})

/** A destination whose connection is lost every few seconds, and comes back at once. */
function flapping(times: number) {
  const moved = movedClock()
  const watch = createRouteWatch({ name: 'plant-feed' }, moved.clock, createLog('silent'))
  for (let loss = 0; loss < times; loss += 1) {
    watch.become('connected')
    moved.moveOn(9_000)
    watch.failed(LOST)
    moved.moveOn(1_000)
  }
  watch.become('connected')
  return { moved, troubles: () => watch.unsteady(moved.clock.now().wallMs) }
}

test('a destination that comes and goes for minutes is named until its connection lasts', () => {
  const { moved, troubles } = flapping(12)
  expect(troubles()).toMatchObject([
    {
      code: 'plant-feed-away',
      what: 'plant-feed comes and goes, 12 times by now: the broker has closed the connection; another program has the client id',
    },
  ])
  moved.moveOn(60_000)
  expect(troubles()).toEqual([])
})

test('a destination that is restarted a few times is not', () => {
  expect(flapping(4).troubles()).toEqual([])
  const { moved, troubles } = flapping(4)
  moved.moveOn(59_000)
  expect(troubles()).toEqual([])
})
