import { describe, expect, test } from 'vitest'
import { createEventCodec, type EventKind } from '../../../src/domain/events/codec.ts'
import type { DowntimeAmended, DowntimeOpened } from '../../../src/domain/events/downtime.ts'
import type { Event } from '../../../src/domain/events/event.ts'
import { eventCodec } from '../../../src/domain/events/index.ts'
import type { Scan, ScanUndone } from '../../../src/domain/events/scan.ts'
import type { StatusAmended, StatusOpened } from '../../../src/domain/events/status.ts'

const AT = '2026-01-31T09:00:00.000Z'
const subject = 'machine:PRESS-07' as const

const opened: StatusOpened = {
  v: 1,
  kind: 'status.opened',
  at: AT,
  subject,
  previousStatus: null,
  status: 'down',
  reason: 'jam',
  workOrder: null,
  cause: [{ signal: 'state', value: 'fault' }],
  countedUnseen: null,
  rule: 'ab12',
  marks: ['cont'],
}
const amended: StatusAmended = {
  v: 1,
  kind: 'status.amended',
  at: AT,
  subject,
  reason: 'jam',
  workOrder: 'WO-1',
  cause: [],
  countedUnseen: 3,
  rule: null,
  marks: [],
  ended: { durationMs: 90_500, minutes: 2, marks: ['no_data'] },
}
const unseen: StatusOpened = {
  ...opened,
  reason: 'NO_DATA',
  cause: [],
  unseen: { why: 'bad', device: 'PRESS-07', signal: 'state', detail: 'exception 2 at 40201' },
}
const stopOpened: DowntimeOpened = {
  v: 1,
  kind: 'downtime.opened',
  at: AT,
  subject,
  reason: null,
  category: null,
  workOrder: null,
  code: '101',
  laterCodes: ['102'],
  rule: 'ab12',
}
const declared: StatusOpened = { ...opened, declaredBy: 7, correctedFrom: ['changeover'] }
const stopNamed: DowntimeOpened = { ...stopOpened, reportedBy: 7, resolvedBy: 8, correctedFrom: ['jam'] }
const stopAmended: DowntimeAmended = {
  ...stopOpened,
  kind: 'downtime.amended',
  ended: { at: AT, durationMs: 1, minutes: 0, marks: [] },
}

const station = 'station:ST-12' as const
const scanned: Scan = {
  v: 1,
  kind: 'scan',
  at: AT,
  subject: station,
  data: '0109501101530003\u001d10LOT "\\ 😀',
  scanType: 'material_receipt',
  aimId: ']C1',
  operator: 17,
  location: 'Line 3',
  plant: 'SAV',
  machine: 'PRESS-07',
  workOrder: 'WO-1',
  reference: {
    code: '09501101530003',
    places: [{ table: 'materials', column: 'barcode_data' }],
    known: { type: 'material', id: 5 },
  },
  fields: { '01': '09501101530003' },
  marks: ['gs_lost'],
  rule: 'ab12',
}
const bareScan: Scan = {
  ...scanned,
  aimId: null,
  location: null,
  plant: null,
  machine: null,
  workOrder: null,
  reference: null,
  fields: {},
  marks: [],
  rule: null,
}
const unknownScan: Scan = { ...bareScan, reference: { code: 'X', places: [], known: null } }
const undone: ScanUndone = {
  v: 1,
  kind: 'scan.undone',
  at: AT,
  subject: station,
  undoneAt: AT,
  operator: 17,
}

describe('an event of the present version', () => {
  test.each<Event>([
    scanned,
    bareScan,
    unknownScan,
    undone,
    opened,
    unseen,
    declared,
    amended,
    { ...amended, ended: null } as StatusAmended,
    stopOpened,
    stopNamed,
    stopAmended,
  ])('is read as it was written: $kind', (event) => {
    expect(eventCodec.decode(eventCodec.encode(event))).toEqual(event)
  })
})

test('what is empty is not written, and a zero is', () => {
  const ended = { at: AT, durationMs: 0, minutes: 0, marks: [] }
  const event: DowntimeAmended = { ...stopAmended, laterCodes: [], code: null, ended }
  expect(JSON.parse(eventCodec.encode(event))).toEqual({
    v: 1,
    kind: 'downtime.amended',
    at: AT,
    subject,
    rule: 'ab12',
    ended,
  })
})

describe('an event of version 0', () => {
  const columns = { machine: 'PRESS-07', reason: 'jam', workOrder: 'WO-1' }

  test('that opened an interval has its notes taken apart', () => {
    const notes = 'cause=state:fault,text:a,b; counted_unseen=7; rule=ab12; cont; clock=stepped'
    const payload = {
      kind: 'status.opened',
      changedAt: AT,
      previousStatus: 'running',
      status: 'down',
      ...columns,
      notes,
    }
    expect(eventCodec.read(payload)).toEqual({
      ...opened,
      previousStatus: 'running',
      workOrder: 'WO-1',
      cause: [
        { signal: 'state', value: 'fault' },
        { signal: 'text', value: 'a,b' },
      ],
      countedUnseen: 7,
      marks: ['cont', 'clock_stepped'],
    })
  })

  test('that ended one has its exact duration', () => {
    const notes = 'cause=state:run; rule=ab12; dur=90.500s; clock=stepped'
    const payload = { kind: 'status.amended', changedAt: AT, durationMinutes: 2, ...columns, notes }
    expect(eventCodec.read(payload)).toMatchObject({
      v: 1,
      at: AT,
      marks: [],
      ended: { durationMs: 90_500, minutes: 2, marks: ['clock_stepped'] },
    })
  })

  test('without an end goes on', () => {
    const payload = {
      kind: 'status.amended',
      changedAt: AT,
      durationMinutes: null,
      ...columns,
      notes: 'rule=a',
    }
    expect(eventCodec.read(payload)).toMatchObject({ ended: null, rule: 'a' })
  })

  test('of a stop without a reason has none, and its codes', () => {
    const notes = 'code=101; later=102,103; rule=ab12'
    const stop = {
      machine: 'PRESS-07',
      startedAt: AT,
      reason: 'unassigned',
      category: null,
      workOrder: null,
      notes,
    }
    expect(eventCodec.read({ kind: 'downtime.opened', ...stop })).toMatchObject({
      reason: null,
      code: '101',
      laterCodes: ['102', '103'],
    })
    const ended = {
      ...stop,
      kind: 'downtime.amended',
      endedAt: AT,
      durationMinutes: 1,
      notes: `${notes}; dur=60.000s; end=no_data`,
    }
    expect(eventCodec.read(ended)).toMatchObject({
      ended: { at: AT, durationMs: 60_000, minutes: 1, marks: ['no_data'] },
    })
  })

  test('keeps words that are none of ours as a remark', () => {
    const payload = { kind: 'status.amended', changedAt: AT, durationMinutes: 0, ...columns }
    expect(eventCodec.read({ ...payload, notes: 'Meister war da; dur=0.000s; end=adopted' })).toMatchObject({
      remark: 'Meister war da',
      ended: { durationMs: 0, minutes: 0, marks: ['adopted'] },
    })
  })
})

describe('what cannot be read', () => {
  test.each([
    ['{"kind":"status.op', 'the payload is no JSON'],
    ['[1]', 'this version knows no events of the kind undefined'],
    ['null', 'the payload is no object'],
    ['{"kind":"pulse","v":1}', 'this version knows no events of the kind "pulse"'],
    [
      JSON.stringify({ ...opened, v: 2 }),
      'status.opened: written in version 2, and this program knows up to 1',
    ],
    [
      JSON.stringify({ ...opened, v: [{ toString: false }] }),
      'status.opened: written in version NaN, and this program knows up to 1',
    ],
    [JSON.stringify({ ...opened, status: undefined }), 'status.opened: "status" is missing'],
    [
      JSON.stringify({ ...opened, subject: 'PRESS-07' }),
      'status.opened: "subject" is not an owner such as machine:CODE',
    ],
    [JSON.stringify({ ...amended, ended: { minutes: 1 } }), 'status.amended: ended: "durationMs" is missing'],
    [JSON.stringify({ kind: 'status.opened', machine: 'M' }), 'status.opened: "notes" is missing'],
  ])('%s is named and kept', (payload, why) => {
    const event = eventCodec.decode(payload)
    expect(event).toMatchObject({ kind: 'unreadable', payload, why })
    expect(eventCodec.encode(event)).toBe(payload)
  })

  test('is read once a program knows the kind', () => {
    const pulse: EventKind = { kind: 'pulse', read: (fields) => ({ ...fields.head(1), kind: 'pulse' }) }
    const payload = JSON.stringify({ v: 1, kind: 'pulse', at: AT, subject })
    expect(eventCodec.decode(payload).kind).toBe('unreadable')
    expect(createEventCodec([pulse]).decode(payload).kind).toBe('pulse')
  })
})
