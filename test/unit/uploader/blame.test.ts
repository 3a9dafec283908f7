import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DestinationError, type Refusal } from '../../../src/domain/errors.ts'
import type { Event } from '../../../src/domain/events/event.ts'
import type { StoredEvent } from '../../../src/domain/outbox.ts'
import { createJudge } from '../../../src/uploader/blame.ts'
import type { Found } from '../../../src/uploader/search.ts'

/** One event as a search has met it: `+` landed, a letter: what refused it. */
interface Met {
  readonly machine: number
  readonly kind: string
  /** Seconds; an event may be earlier than the one before it. */
  readonly at: number
  readonly by: '+' | 'A' | 'B' | 'row' | 'lock'
}

const REFUSALS: Readonly<Record<string, Refusal>> = { row: 'row', lock: 'locked' }

function foundOf(met: readonly Met[], firstSeq = 1): Found {
  const events = met.map(({ machine, kind, at, by }, index) => ({
    by,
    stored: {
      seq: firstSeq + index,
      capturedAtMs: 0,
      hash: new Uint8Array(),
      event: { v: 1, kind, subject: `machine:M-${machine}`, at: new Date(at * 1_000).toISOString() } as Event,
    } satisfies StoredEvent,
  }))
  return {
    landed: events.filter(({ by }) => by === '+').map(({ stored }) => stored),
    refused: events
      .filter(({ by }) => by !== '+')
      .map(({ stored, by }) => ({
        event: stored,
        error: new DestinationError('central-row', `row ${stored.seq} is refused`, {
          refusal: REFUSALS[by] ?? 'refused',
          sqlstate: 'MX001',
          refusedBy: by,
        }),
      })),
    leftOut: [],
    tried: met.length,
  }
}

/** `1o+`: machine 1, an opening, landed; `2dA`: machine 2, a downtime, refused by A. Each a second later than the one before. */
function met(text: string): readonly Met[] {
  return text
    .split(' ')
    .filter(Boolean)
    .map((word, at) => {
      const by = word.slice(2)
      return {
        machine: Number(word[0]),
        kind: word[1] === 'd' ? 'downtime.opened' : 'status.opened',
        at,
        by: (by === '' ? '+' : by) as Met['by'],
      }
    })
}

/** A judge that is asked search after search. `blamed`: numbers of events. */
function judging() {
  const judge = createJudge()
  return {
    judge,
    decide: (text: string, atMs = 0, firstSeq = 1) => {
      const { blamed, standstill } = judge.decide(foundOf(met(text), firstSeq), atMs)
      return {
        blamed: blamed.map(({ event }) => event.seq),
        at: standstill?.at.event.seq,
        why: standstill?.why,
      }
    },
  }
}

describe('who is to blame in one search', () => {
  test.each<[string, string, readonly number[], string?]>([
    ['one of many is the row', '1o+ 2oA 3o+ 1o+', [2]],
    ['what is proven of an event is its own', '1orow', [1]],
    ['all machines by one thing are the table', '1oA 2oA 3oA', [], 'table at 1'],
    ['what landed before says nothing: the sequence ran out in between', '1o+ 2o+ 3oA 1oA', [], 'table at 3'],
    ['one machine alone is not known', '1o+ 2oA', [], 'doubt at 2'],
    ['another kind that lands says nothing of this one', '1dA 2o+ 3o+', [], 'doubt at 1'],
    ['one machine whose rows are all refused, among others that land', '1oA 2o+ 1oA 2o+', [1, 3]],
    ['its last one is, once that is proven of it', '1oA 2o+ 1oA', [1, 3]],
    ['two machines by two things are not the table', '1oA 2oB', [], 'doubt at 1'],
    ['a row is to blame before the table is', '1oA 2o+ 2oB 3oB', [1], 'table at 3'],
    ['somebody’s lock is waited for', '1olock 2o+', [], 'lock at 1'],
  ])('%s', (_, text, blamed, standstill) => {
    const decision = judging().decide(text)
    expect(decision.blamed).toEqual(blamed)
    expect(decision.why && `${decision.why} at ${decision.at}`).toBe(standstill)
  })

  test('a row that landed later in the log and is earlier by its own time proves nothing: partitions are by time', () => {
    const found = foundOf([
      { machine: 1, kind: 'status.opened', at: 10, by: 'A' },
      { machine: 2, kind: 'status.opened', at: 9, by: '+' },
    ])
    expect(createJudge().decide(found, 0)).toMatchObject({ blamed: [], standstill: { why: 'doubt' } })
  })
})

describe('from one search to the next', () => {
  test('a lone event waits until another one of its kind has landed behind it', () => {
    const { decide } = judging()
    expect(decide('1oA').why).toBe('doubt')
    expect(decide('1oA 1d+', 30_000).why).toBe('doubt')
    expect(decide('1oA 1d+ 2o+', 40_000)).toMatchObject({ blamed: [1], why: undefined })
  })

  test('a doubt holds others up for a minute, and no longer', () => {
    const { decide } = judging()
    expect(decide('1dA 2o+').why).toBe('doubt')
    expect(decide('1dA 2o+', 59_000).why).toBe('doubt')
    expect(decide('1dA 2o+', 60_000)).toMatchObject({ blamed: [1], why: undefined })
  })

  test('a doubt that holds nobody up goes on', () => {
    const { decide } = judging()
    expect(decide('1oA').why).toBe('doubt')
    expect(decide('1oA 1oA', 3_600_000).why).toBe('doubt')
  })

  test('what was set aside in doubt counts, where another machine is refused by the same thing', () => {
    const { decide } = judging()
    decide('1dA 2o+')
    expect(decide('1dA 2o+', 60_000).blamed).toEqual([1])
    expect(decide('1dA 2o+', 61_000, 3).blamed).toEqual([3])
    expect(decide('2dA 3o+', 62_000, 5).why).toBe('table')
    expect(decide('3d+ 2dA', 63_000, 7)).toMatchObject({ blamed: [], why: 'doubt' })
  })

  test('a lock that lasts for ten seconds is a refusal like any other', () => {
    const { decide } = judging()
    expect(decide('1olock 2o+').why).toBe('lock')
    expect(decide('1olock 2o+', 9_000).why).toBe('lock')
    expect(decide('1olock 2o+ 1olock', 10_000)).toMatchObject({ blamed: [1, 3], why: undefined })
    expect(decide('1olock', 30_000, 4)).toMatchObject({ blamed: [4], why: undefined })
    // It has landed, so the next lock is another one.
    decide('1o+', 40_000, 5)
    expect(decide('1olock 2o+', 50_000, 6).why).toBe('lock')
  })

  test('a table that is locked as a whole is waited for, however long', () => {
    const { decide } = judging()
    decide('1olock 2olock')
    expect(decide('1olock 2olock', 600_000)).toMatchObject({ blamed: [], why: 'table' })
  })
})

/** The same rule for one search, written down once more: from the last event to the first. */
function expected(all: readonly Met[]): {
  readonly blamed: readonly number[]
  readonly stopsAt: number | undefined
} {
  const verdicts: (readonly [number, 'blamed' | 'stops'])[] = []
  const provenBefore = new Set<string>()
  for (const [index, one] of all.entries()) {
    if (one.by === '+') continue
    if (one.by === 'row') {
      verdicts.push([index + 1, 'blamed'])
      continue
    }
    const key = `${one.machine}${one.kind}${one.by}`
    let proof = false
    for (let later = all.length - 1; later > index; later -= 1) {
      const other = all[later]
      proof ||= other?.by === '+' && other.kind === one.kind && other.at >= one.at
    }
    if (proof) provenBefore.add(key)
    const isToBlame = one.by !== 'lock' && (proof || provenBefore.has(key))
    verdicts.push([index + 1, isToBlame ? 'blamed' : 'stops'])
  }
  const stopsAt = verdicts.find(([, verdict]) => verdict === 'stops')?.[0]
  const before = verdicts.filter(([seq]) => stopsAt === undefined || seq < stopsAt)
  return { blamed: before.map(([seq]) => seq), stopsAt }
}

test('whatever is refused, the decision is that of the rule', () => {
  const one = fc.record({
    machine: fc.integer({ min: 1, max: 3 }),
    kind: fc.constantFrom('status.opened', 'downtime.opened'),
    at: fc.integer({ min: 0, max: 20 }),
    by: fc.constantFrom<Met['by']>('+', '+', '+', 'A', 'B', 'row', 'lock'),
  })
  fc.assert(
    fc.property(fc.array(one, { maxLength: 24 }), (all) => {
      const { blamed, standstill } = createJudge().decide(foundOf(all), 0)
      expect({
        blamed: blamed.map(({ event }) => event.seq),
        stopsAt: standstill?.at.event.seq,
      }).toEqual(expected(all))
    }),
    { numRuns: 2_000 },
  )
})

test('a table that refuses everything of several machines is never taken for rows, whatever came before', () => {
  const sound = fc.array(
    fc.record({
      machine: fc.integer({ min: 1, max: 3 }),
      kind: fc.constantFrom('status.opened', 'downtime.opened'),
      at: fc.integer({ min: 0, max: 20 }),
      by: fc.constantFrom<Met['by']>('+', '+', 'A'),
    }),
    { maxLength: 10 },
  )
  const broken = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 10 })
  fc.assert(
    fc.property(sound, broken, fc.integer({ min: 0, max: 600_000 }), (before, machines, laterMs) => {
      const judge = createJudge()
      judge.decide(foundOf(before), 0)
      const all = [...machines, 1, 2].map((machine, at) => ({
        machine,
        kind: 'status.opened',
        at,
        by: 'B' as const,
      }))
      expect(judge.decide(foundOf(all, 100), laterMs)).toMatchObject({
        blamed: [],
        standstill: { why: 'table' },
      })
    }),
  )
})
