/** What a gateway of a pair decides on, as central tells it over one connection after the other. */
import { expect, test } from 'vitest'
import type { Lease } from '../../../src/domain/lease.ts'
import { PairOutlook } from '../../../src/pair/outlook.ts'
import { standingOf } from '../../../src/pair/standing.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { recordingLog } from '../../support/buffer.ts'

const OWN_LOG = { incarnation: 'log-of-b', epoch: 1 }
const HELD: Lease = {
  ...{ holder: 'line-1-a', epoch: 4, isExpired: false, isReleased: false },
  ...{ wanted: null, renewedAgoMs: 1_000 },
}
const EXPIRED: Lease = { ...HELD, isExpired: true, renewedAgoMs: 11_000 }

function outlook() {
  const heard = new PairOutlook({
    settings: { name: 'line-1', leaseMs: 10_000 },
    gateway: 'line-1-b',
    outbox: { identity: OWN_LOG },
    isFenced: () => false,
    clock: systemClock,
    log: recordingLog().log,
  })
  const standing = standingOf(undefined, { ...OWN_LOG, tailSeq: 0, nowMs: 0, wasAlone: false })
  return {
    connected: () => heard.connected(0),
    hear: (lease: Lease) => heard.hear({ lease, gateways: [], landed: undefined }),
    self: () => heard.self(standing),
  }
}

test('that the lease was held, or free and since when, is known by what this connection has said', () => {
  const { connected, hear, self } = outlook()
  connected()
  hear(HELD)
  expect(self()).toMatchObject({ hasSeenHeld: true, freeSinceMs: undefined })
  hear(EXPIRED)
  expect(self()).toMatchObject({ hasSeenHeld: true, freeSinceMs: expect.any(Number) })
})

test('what was seen on the connection before says nothing on the next one: the lease may have been renewed in between', () => {
  const { connected, hear, self } = outlook()
  connected()
  hear(HELD)
  hear(EXPIRED)
  connected()
  expect(self()).toMatchObject({ hasSeenHeld: false, freeSinceMs: undefined })
  hear(EXPIRED)
  expect(self()).toMatchObject({ hasSeenHeld: false })
})
