import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
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

test('an event of version 0 gives the notes that it was written with', () => {
  const texts = [
    'cause=state:fault,fault:101; counted_unseen=7; rule=ab12; cont; clock=stepped; dur=12.345s; reconfigured',
    'cause=text:a; b,c; rule=ab12; dur=0.001s; clock=stepped',
    'rule=ab12; dur=86400.000s',
    'Meister war da; dur=0.000s; end=adopted',
  ]
  for (const text of texts) {
    const columns = {
      machine: 'M',
      changedAt: AT,
      durationMinutes: 1,
      reason: null,
      workOrder: null,
      notes: text,
    }
    const event = eventCodec.read({ kind: 'status.amended', ...columns }) as StatusAmended
    expect(statusNotes(event, event.ended)).toBe(text)
  }
})
