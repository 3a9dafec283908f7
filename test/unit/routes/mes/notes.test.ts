import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { DowntimeAmended } from '../../../../src/domain/events/downtime.ts'
import type { Mark } from '../../../../src/domain/events/event.ts'
import { eventCodec } from '../../../../src/domain/events/index.ts'
import type { StatusAmended } from '../../../../src/domain/events/status.ts'
import {
  downtimeNotes,
  readDowntimeNotes,
  readStatusNotes,
  statusNotes,
} from '../../../../src/routes/mes/notes.ts'
import { amended, downtime, downtimeAmended, opened } from '../../../support/central-events.ts'

const AT = '2026-01-31T09:00:00.000Z'

describe('the notes of a row', () => {
  test('say why an interval began, and how it ended', () => {
    const findings = {
      cause: [
        { signal: 'state', value: 'fault' },
        { signal: 'fault', value: 101 },
      ],
      countedUnseen: 7,
      rule: '3f9a',
      marks: ['cont', 'clock_stepped'] as Mark[],
    }
    const begun = 'cause=state:fault,fault:101; counted_unseen=7; rule=3f9a; cont; clock=stepped'
    expect(statusNotes(opened(findings))).toBe(begun)
    const ended = { durationMs: 12_345, minutes: 0, marks: ['no_data'] as Mark[] }
    expect(statusNotes(amended({ ...findings, ended }), ended)).toBe(`${begun}; dur=12.345s; end=no_data`)
  })

  test('say which codes a stop showed', () => {
    const findings = { code: '101', laterCodes: ['102', '103'], rule: '3f9a' }
    expect(downtimeNotes(downtime(findings))).toBe('code=101; later=102,103; rule=3f9a')
    const ended = { at: AT, durationMs: 60_000, minutes: 1, marks: [] }
    expect(downtimeNotes(downtimeAmended(findings), ended)).toMatch(/; dur=60\.000s$/)
  })

  test('say why nothing was seen, and are read back as they are', () => {
    const seen = { rule: '3f9a', cause: [] }
    const detail = 'exception 2 at 40201: off by one, or the wrong area?; rule=x'
    const bad = { why: 'bad' as const, device: 'PRESS-07', signal: 'state', detail }
    const notes = statusNotes(opened({ ...seen, unseen: bad }))
    expect(notes).toBe(`unseen=state bad: ${detail}; rule=3f9a`)
    expect(statusNotes(opened(readStatusNotes(notes)))).toBe(notes)
    const away = { why: 'away' as const, device: 'PRESS-07', signal: null, detail: null }
    expect(statusNotes(opened({ ...seen, unseen: away }))).toBe('unseen=device PRESS-07 away; rule=3f9a')
    const gone = { ...away, device: null }
    expect(statusNotes(opened({ ...seen, unseen: gone }))).toBe('unseen=gateway away; rule=3f9a')
    const unmapped = { ...gone, why: 'unmapped' as const }
    expect(statusNotes(opened({ ...seen, unseen: unmapped }))).toBe('unseen=map taken away; rule=3f9a')
  })

  test('are empty where nothing was found', () => {
    expect(statusNotes(opened())).toBe('')
    expect(downtimeNotes(downtime())).toBe('')
  })
})

/** Texts that may stand in a row: ours, people's, and mixtures of both. */
const part = fc.oneof(
  fc.constantFrom(
    'cause=state:run',
    'cause=text:a; b',
    'cause=a:1,b:2,c',
    'cause=adopted',
    'counted_unseen=3',
    'unseen=state bad: no such address; cause=a:1',
    'rule=ab12',
    'code=101',
    'later=1,2',
    'cont',
    'clock=stepped',
    'dur=12.345s',
    'dur=5',
    'end=no_data',
    'reconfigured',
    'end=adopted',
    'Meister war da',
    '',
  ),
  fc.string(),
)
const notes = fc.array(part).map((parts) => parts.join('; '))

describe('notes that are read back', () => {
  test('give the same text again, whatever stands in them', () => {
    fc.assert(
      fc.property(notes, (text) => {
        const { ended, ...findings } = readStatusNotes(text)
        const known =
          ended.durationMs === undefined ? null : { ...ended, durationMs: ended.durationMs, minutes: 0 }
        const again = statusNotes(findings, known)
        // A remark that is the whole text has its duration read out of it as well, and already shows it.
        expect(findings.remark === text ? statusNotes(findings) : again).toBe(text)
        const stop = { reason: null, category: null, workOrder: null }
        expect(downtimeNotes({ ...readDowntimeNotes(text), ...stop })).toBe(text)
      }),
      { numRuns: 2_000 },
    )
  })
})

/** Values and codes of a PLC that look like parts of notes. */
const value = fc.oneof(
  fc.constantFrom(
    'fault',
    'a; cont',
    'x; rule=zz; y',
    '1,2',
    '; clock=stepped',
    'x; dur=5.000s; end=no_data',
    'cause=adopted',
    'E; later=3',
    'a; counted_unseen=7',
  ),
  fc.string(),
)
const optional = (text: fc.Arbitrary<string>) => fc.option(text, { nil: undefined })
const duration = fc.integer({ min: 0, max: 9_000_000 }).map((ms) => `dur=${(ms / 1000).toFixed(3)}s`)
const joined = (parts: readonly (string | undefined)[]) =>
  parts.filter((part) => part !== undefined).join('; ')

/** Texts of version 0, in the order in which it wrote their parts. */
const statusText0 = fc
  .tuple(
    optional(value.map((shown) => `cause=state:${shown},fault:101`)),
    optional(fc.integer({ min: 1 }).map((parts) => `counted_unseen=${parts}`)),
    fc.constant('rule=3f9a'),
    optional(fc.constantFrom('cont', 'clock=stepped', 'clock=stepped; cont')),
  )
  .map(joined)
const statusEnd0 = fc
  .tuple(duration, optional(fc.constantFrom('clock=stepped', 'reconfigured', 'end=adopted')))
  .map(joined)
const stopText0 = fc
  .tuple(
    optional(value.map((code) => `code=${code}`)),
    optional(fc.array(value, { minLength: 1, maxLength: 5 }).map((codes) => `later=${codes.join(',')}`)),
    fc.constant('rule=3f9a'),
  )
  // Later codes came only after a first one.
  .map(([code, later, rule]) => joined(code === undefined ? [rule] : [code, later, rule]))
const stopEnd0 = fc.oneof(
  fc.tuple(duration, optional(fc.constantFrom('end=no_data', 'reconfigured'))).map(joined),
  // The end of an adopted stop was written without a duration.
  fc.constant('end=adopted'),
)

describe('an event of version 0 gives the notes that it was written with', () => {
  const read = (kind: string, minutes: number | null, notes: string) =>
    eventCodec.read({
      kind,
      machine: 'M',
      changedAt: AT,
      startedAt: AT,
      endedAt: minutes === null ? null : AT,
      durationMinutes: minutes,
      reason: 'jam',
      category: null,
      workOrder: null,
      notes,
    })

  test('of an interval, open and ended, whatever its values hold', () => {
    fc.assert(
      fc.property(statusText0, statusEnd0, (text, end) => {
        const going = read('status.amended', null, text) as StatusAmended
        expect(statusNotes(going, going.ended)).toBe(text)
        const over = read('status.amended', 1, `${text}; ${end}`) as StatusAmended
        expect(statusNotes(over, over.ended)).toBe(`${text}; ${end}`)
        expect(over.cause).toEqual(going.cause)
      }),
      { numRuns: 2_000 },
    )
  })

  test('of a stop, open and ended, whatever its codes hold', () => {
    fc.assert(
      fc.property(stopText0, stopEnd0, (text, end) => {
        const going = read('downtime.amended', null, text) as DowntimeAmended
        expect(downtimeNotes(going, going.ended)).toBe(text)
        const over = read('downtime.amended', 1, `${text}; ${end}`) as DowntimeAmended
        expect(downtimeNotes(over, over.ended)).toBe(`${text}; ${end}`)
      }),
      { numRuns: 2_000 },
    )
  })

  test('with words of people in them', () => {
    const text = 'Meister war da; cause=?; dur=0.000s; end=adopted'
    const event = read('status.amended', 0, text) as StatusAmended
    expect(event).toMatchObject({ remark: 'Meister war da; cause=?', ended: { marks: ['adopted'] } })
    expect(statusNotes(event, event.ended)).toBe(text)
  })
})
