import { describe, expect, test } from 'vitest'
import type { StreamHead } from '../../../src/domain/destination.ts'
import type { LogPosition } from '../../../src/domain/outbox.ts'
import {
  compare,
  hasComeTo,
  isOfAnother,
  type LocalLog,
  type Resync,
  sameHead,
} from '../../../src/uploader/resync.ts'

const IDENTITY = { incarnation: 'a', epoch: 1 }
const hash = (seq: number) => Uint8Array.of(seq, 1)
const at = (seq: number): LogPosition => ({ seq, hash: hash(seq) })
const head = (seq: number, own: Partial<StreamHead> = {}): StreamHead => ({ ...IDENTITY, ...at(seq), ...own })
const fence = (reason: string) => ({ kind: 'fence', reason })

/** A log of 10 events, acknowledged up to 6, kept from 3 on. */
function log(own: Partial<LocalLog> = {}): LocalLog {
  return {
    identity: IDENTITY,
    tailSeq: 10,
    acknowledgedSeq: 6,
    beforeKept: at(2),
    hashAtHead: undefined,
    ...own,
  }
}

/** The log as it is asked about one head: its hash there is known from the place before the oldest kept event on. */
function against(seen: StreamHead, own: Partial<LocalLog> = {}): Resync {
  const local = log(own)
  const known = seen.seq >= local.beforeKept.seq && seen.seq <= local.tailSeq
  return compare({ ...local, hashAtHead: known ? hash(seen.seq) : undefined }, { kind: 'stream', head: seen })
}

describe('what is seen at connect', () => {
  test.each([
    ['at the acknowledged place, with our hash', head(6), { kind: 'in step', at: at(6) }],
    ['past the acknowledged place, because an answer was lost', head(8), { kind: 'in step', at: at(8) }],
    ['at our last event', head(10), { kind: 'in step', at: at(10) }],
    ['behind, with our hash', head(4), { kind: 'refill', at: at(4) }],
    ['just before the oldest kept event', head(2), { kind: 'refill', at: at(2) }],
    [
      'behind what is kept',
      head(1),
      { kind: 'gap', at: at(2), restored: true, gap: { fromSeq: 2, toSeq: 2 } },
    ],
    [
      'at nothing, behind what is kept',
      head(0),
      { kind: 'gap', at: at(2), restored: true, gap: { fromSeq: 1, toSeq: 2 } },
    ],
    ['past our last event', head(11), fence('ahead of our log')],
    ['at the acknowledged place, with another hash', head(6, { hash: hash(99) }), fence('other history')],
    ['behind, with another hash', head(4, { hash: hash(99) }), fence('other history')],
    ['past the acknowledged place, with another hash', head(8, { hash: hash(99) }), fence('other history')],
    ['in another incarnation', head(6, { incarnation: 'b' }), fence('other incarnation')],
    ['in another incarnation, at nothing', head(0, { incarnation: 'b' }), fence('other incarnation')],
    ['in another epoch', head(6, { epoch: 2 }), fence('other incarnation')],
  ])('central %s', (_, seen, expected) => {
    expect(against(seen)).toEqual(expected)
  })

  test('a new stream and a new log are in step', () => {
    const empty = { tailSeq: 0, acknowledgedSeq: 0, beforeKept: at(0) }
    expect(against(head(0), empty)).toEqual({ kind: 'in step', at: at(0) })
  })

  // Fault of the catalogue: [F12]
  test('a place whose hash should be known here and is not is never taken for ours', () => {
    for (const seq of [2, 4, 6, 8, 10])
      expect(compare(log(), { kind: 'stream', head: head(seq) })).toEqual(fence('other history'))
  })

  test('a log that keeps nothing any more fills no restored central', () => {
    const emptied = { acknowledgedSeq: 10, beforeKept: at(10) }
    expect(against(head(7), emptied)).toEqual({
      kind: 'gap',
      at: at(10),
      restored: true,
      gap: { fromSeq: 8, toSeq: 10 },
    })
  })

  test('a destination that was not among the routes for a while is not taken for a restored one', () => {
    expect(against(head(1), { acknowledgedSeq: 1 })).toEqual({
      kind: 'gap',
      at: at(2),
      restored: false,
      gap: { fromSeq: 2, toSeq: 2 },
    })
  })
})

describe('a missing stream', () => {
  const without = (holdsOurRows: boolean, own: Partial<LocalLog>) =>
    compare(log(own), { kind: 'no stream', holdsOurRows })

  test('begins where nothing was acknowledged', () => {
    const fresh = { acknowledgedSeq: 0, beforeKept: at(0) }
    expect(without(false, fresh)).toEqual({ kind: 'begin', at: at(0), restored: false, gap: undefined })
  })

  test('begins anew where central was restored to before us', () => {
    expect(without(false, { beforeKept: at(0) })).toEqual({
      kind: 'begin',
      at: at(0),
      restored: true,
      gap: undefined,
    })
  })

  test('begins with a gap where the first events are no longer kept', () => {
    expect(without(false, {})).toEqual({
      kind: 'begin',
      at: at(2),
      restored: true,
      gap: { fromSeq: 1, toSeq: 2 },
    })
  })

  test('begins with a gap for a destination that is new to an old log', () => {
    expect(without(false, { acknowledgedSeq: 0 })).toEqual({
      kind: 'begin',
      at: at(2),
      restored: false,
      gap: { fromSeq: 1, toSeq: 2 },
    })
  })

  test.each([0, 6])('is a fence where rows of ours are there, with %i acknowledged', (acknowledgedSeq) => {
    expect(without(true, { acknowledgedSeq })).toEqual(fence('stream row missing'))
  })
})

test('every place on both sides has one meaning, and only our own history is gone on with', () => {
  for (let tailSeq = 0; tailSeq <= 4; tailSeq += 1)
    for (let acknowledgedSeq = 0; acknowledgedSeq <= tailSeq; acknowledgedSeq += 1)
      for (let kept = 0; kept <= acknowledgedSeq; kept += 1)
        for (let seq = 0; seq <= 5; seq += 1)
          for (const strange of [false, true]) {
            const seen = head(seq, strange ? { hash: hash(99) } : {})
            const { kind } = against(seen, { tailSeq, acknowledgedSeq, beforeKept: at(kept) })
            expect(kind).toBe(meaning({ seq, tailSeq, acknowledgedSeq, kept, strange }))
          }
})

/** The table of the contract once more, in other words: by where central stands. */
function meaning(seen: {
  seq: number
  tailSeq: number
  acknowledgedSeq: number
  kept: number
  strange: boolean
}): Resync['kind'] {
  if (seen.seq < seen.kept) return 'gap'
  if (seen.seq > seen.tailSeq || seen.strange) return 'fence'
  return seen.seq < seen.acknowledgedSeq ? 'refill' : 'in step'
}

describe('a locked head', () => {
  test('stands at a place only with the same stream, number and hash', () => {
    expect(hasComeTo(head(6), IDENTITY, at(6))).toBe(true)
    expect(hasComeTo(head(6), IDENTITY, at(7))).toBe(false)
    expect(hasComeTo(head(6), IDENTITY, { seq: 6, hash: hash(99) })).toBe(false)
    expect(hasComeTo(head(6), IDENTITY, { seq: 6, hash: Uint8Array.of(6) })).toBe(false)
    expect(hasComeTo(head(6), { ...IDENTITY, epoch: 2 }, at(6))).toBe(false)
    expect(hasComeTo(undefined, IDENTITY, at(0))).toBe(false)
  })

  test('is the same as before only if both are missing or both say the same', () => {
    expect(sameHead(undefined, undefined)).toBe(true)
    expect(sameHead(head(6), head(6))).toBe(true)
    expect(sameHead(head(6), undefined)).toBe(false)
    expect(sameHead(undefined, head(6))).toBe(false)
    expect(sameHead(head(6), head(7))).toBe(false)
  })
})

describe('a destination that events were not captured for', () => {
  test('gets nothing, whatever it says', () => {
    for (const kin of ['other organization', 'other gateway', 'other database', 'older timeline'] as const) {
      expect(compare(log({ hashAtHead: hash(6) }), { kind: 'stream', head: head(6) }, kin)).toEqual(
        fence(kin),
      )
      expect(compare(log(), { kind: 'no stream', holdsOurRows: false }, kin)).toEqual(fence(kin))
    }
  })

  test('is taken where nothing contradicts and its stream proves it, and not for one that was restored', () => {
    const seen = { kind: 'stream', head: head(6) } as const
    expect(compare(log({ hashAtHead: hash(6) }), seen, 'unproven')).toEqual({ kind: 'in step', at: at(6) })
    expect(compare(log(), { kind: 'no stream', holdsOurRows: false }, 'unproven')).toEqual(
      fence('unproven database'),
    )
    const fresh = log({ acknowledgedSeq: 0, beforeKept: at(0) })
    expect(compare(fresh, { kind: 'no stream', holdsOurRows: false }, 'unproven')).toMatchObject({
      kind: 'begin',
    })
  })

  test('is told nothing of what a log has lost, unless it is proven to be that of our organization', () => {
    for (const reason of ['other organization', 'other database', 'unproven database'] as const)
      expect(isOfAnother(reason), reason).toBe(true)
    for (const reason of ['other incarnation', 'stream row missing', 'other history'] as const)
      expect(isOfAnother(reason), reason).toBe(false)
  })
})
