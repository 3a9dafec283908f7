import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { DowntimeAmended } from '../../../src/domain/events/downtime.ts'
import type { Event } from '../../../src/domain/events/event.ts'
import { eventCodec } from '../../../src/domain/events/index.ts'
import type { LinkEvent } from '../../../src/domain/events/link.ts'
import { OUTWARD_KINDS, outward, storedKinds } from '../../../src/domain/events/outward.ts'
import type { Scan } from '../../../src/domain/events/scan.ts'
import { readSetAside, setAsideForm } from '../../../src/domain/events/set-aside.ts'
import type { StatusAmended, StatusOpened } from '../../../src/domain/events/status.ts'
import { leftOutEvent, type StoredEvent } from '../../../src/domain/outbox.ts'
import { outwardTables } from '../../support/outward-tables.ts'

const CAPTURED_MS = Date.parse('2026-01-31T09:10:00.250Z')
const AT = '2026-01-31T09:00:00.000Z'
const machine = { v: 1, at: AT, subject: 'machine:PRESS-07' } as const

const opened: StatusOpened = {
  ...machine,
  kind: 'status.opened',
  previousStatus: 'running',
  status: 'down',
  reason: 'jam',
  workOrder: 'WO-1',
  cause: [{ signal: 'state', value: 'fault' }],
  countedUnseen: null,
  rule: 'ab12',
  marks: ['cont'],
}
const { kind: _, previousStatus: __, status: ___, ...findings } = opened
const going: StatusAmended = { ...findings, kind: 'status.amended', ended: null }
const ended = { durationMs: 90_500, minutes: 2, marks: ['no_data'] } as const
const ending: StatusAmended = { ...going, ended, status: 'down' }
const stop: DowntimeAmended = {
  ...machine,
  kind: 'downtime.amended',
  reason: 'jam',
  category: 'equipment',
  workOrder: null,
  code: '101',
  laterCodes: [],
  rule: 'ab12',
  ended: { ...ended, at: '2026-01-31T09:01:30.500Z' },
}
const scan: Scan = {
  v: 1,
  kind: 'scan',
  at: AT,
  subject: 'station:PACK-1',
  data: '(01)09501101530003',
  scanType: 'work_order_start',
  aimId: ']C1',
  operator: 7,
  location: 'hall 2',
  plant: null,
  machine: 'PRESS-07',
  workOrder: 'WO-1',
  reference: { code: 'WO-1', places: [], known: { type: 'work_orders', id: 12 } },
  fields: { LOT: '42' },
  marks: [],
  rule: 'cd34',
}
const link: LinkEvent = {
  ...machine,
  kind: 'link',
  device: 'PRESS-07/plc',
  up: false,
  connectedAt: '2026-01-31T08:59:00.000Z',
  durationMs: 60_000,
  cause: 'PRESS-07/plc: no answer',
  flaps: 3,
}

const GATEWAY = { gateway: 'edge-1' }

function outwardOf(event: Event, place: Partial<StoredEvent> = {}) {
  const stored = { seq: 1, event, capturedAtMs: CAPTURED_MS, hash: new Uint8Array(32), ...place }
  return outward(stored, GATEWAY)
}

describe('an event as it leaves to routes', () => {
  test('an interval that began', () => {
    expect(outwardOf(opened)).toMatchObject({
      kind: 'status.opened',
      at: AT,
      fields: {
        kind: 'status.opened',
        gateway: 'edge-1',
        machine: 'PRESS-07',
        status: 'down',
        previous_status: 'running',
        started_at: AT,
        reason: 'jam',
        work_order: 'WO-1',
        operator: null,
        cause: [{ signal: 'state', value: 'fault' }],
        continues: true,
        captured_at: '2026-01-31T09:10:00.250Z',
      },
    })
  })

  test('an interval that ended: the first amendment that says an end', () => {
    expect(outwardOf(ending)).toMatchObject({
      kind: 'status.closed',
      at: '2026-01-31T09:01:30.500Z',
      fields: {
        status: 'down',
        started_at: AT,
        ended_at: '2026-01-31T09:01:30.500Z',
        duration_s: 90.5,
        minutes: 2,
        marks: ['cont', 'no_data'],
      },
    })
    expect(outwardOf(stop)).toMatchObject({
      kind: 'downtime.closed',
      at: '2026-01-31T09:01:30.500Z',
      fields: { started_at: AT, duration_s: 90.5, minutes: 2, category: 'equipment', code: '101' },
    })
  })

  test('what was learnt while it went on, or after it had ended, is an amendment, at the time of learning', () => {
    const at = '2026-01-31T09:10:00.250Z'
    expect(outwardOf(going)).toMatchObject({
      kind: 'status.amended',
      at,
      fields: { ended_at: null, minutes: null },
    })
    expect(outwardOf({ ...ending, afterEnd: true } as Event)).toMatchObject({
      kind: 'status.amended',
      at,
      fields: { ended_at: '2026-01-31T09:01:30.500Z', duration_s: 90.5 },
    })
    expect(outwardOf({ ...stop, afterEnd: true } as Event)).toMatchObject({ kind: 'downtime.amended', at })
  })

  test('an ending that an earlier version wrote, without saying what had ended', () => {
    const { status: _, ...earlier } = ending
    expect(outwardOf(eventCodec.decode(JSON.stringify(earlier)))).toMatchObject({
      kind: 'status.closed',
      fields: { status: null, duration_s: 90.5 },
    })
  })

  test('a scan, and one that was taken back', () => {
    expect(outwardOf(scan)).toMatchObject({
      kind: 'scan',
      fields: {
        station: 'PACK-1',
        machine: 'PRESS-07',
        scan_type: 'work_order_start',
        operator: 7,
        work_order: 'WO-1',
        reference_type: 'work_orders',
        reference_id: 12,
        fields: { LOT: '42' },
      },
    })
    const undone = {
      v: 1,
      kind: 'scan.undone',
      at: AT,
      subject: scan.subject,
      undoneAt: ending.at,
      operator: 8,
    }
    expect(outwardOf(undone)).toMatchObject({
      kind: 'scan.undone',
      at: ending.at,
      fields: { station: 'PACK-1', scanned_at: AT, operator: 8 },
    })
  })

  test('a connection that went down', () => {
    expect(outwardOf(eventCodec.decode(eventCodec.encode(link)))).toMatchObject({
      kind: 'link',
      fields: {
        machine: 'PRESS-07',
        station: null,
        device: 'PRESS-07/plc',
        state: 'down',
        cause: 'PRESS-07/plc: no answer',
        connected_at: '2026-01-31T08:59:00.000Z',
        duration_s: 60,
        flaps: 3,
      },
    })
  })

  test('nothing of an event that nobody can read, or that was left out', () => {
    expect(outwardOf(eventCodec.decode('{"v":9,"kind":"status.opened"}'))).toBeUndefined()
    expect(outwardOf(leftOutEvent(opened))).toBeUndefined()
  })
})

describe('the id of an event', () => {
  const idOf = (event: Event, place: Partial<StoredEvent> = {}) => outwardOf(event, place)?.id

  test('is a UUID, and the same under another number and hash, as an adoption gives it', () => {
    expect(idOf(opened)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(idOf(opened, { seq: 900, hash: new Uint8Array(32).fill(9) })).toBe(idOf(opened))
  })

  test('stays the same through the log, and through a quarantine that changes the order of fields', () => {
    for (const event of [opened, ending, stop, scan, link]) {
      const id = idOf(event)
      expect(idOf(eventCodec.decode(eventCodec.encode(event)))).toBe(id)
      const form = setAsideForm({ event, capturedAtMs: CAPTURED_MS })
      const turned = Object.fromEntries(Object.entries(form).reverse())
      const back = readSetAside(JSON.parse(JSON.stringify(turned)), eventCodec)
      expect(idOf(back.event, { capturedAtMs: back.capturedAtMs })).toBe(id)
    }
  })

  test('is another one for any other event: what it says, when it was stored, and by which gateway', () => {
    const stored = { seq: 1, event: opened, capturedAtMs: CAPTURED_MS, hash: new Uint8Array(32) }
    const ids = [
      idOf(opened),
      idOf({ ...opened, reason: 'other' } as Event),
      idOf({ ...opened, subject: 'machine:PRESS-08' } as Event),
      // The same amendment as before comes again once another one lay between them.
      idOf(opened, { capturedAtMs: CAPTURED_MS + 1 }),
      outward(stored, { gateway: 'edge-2' })?.id,
    ]
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('does not change with the program: consumers have ids of earlier versions', () => {
    expect(idOf(opened)).toBe('ad38c63b-6ff4-882f-8b86-d5eac463b762')
  })
})

describe('the documented fields', () => {
  test('each kind has the same common fields, each field is named once and described in one line', () => {
    for (const { kind, fields } of OUTWARD_KINDS) {
      const names = fields.map(({ name }) => name)
      expect(names.slice(0, 5)).toEqual(['id', 'kind', 'at', 'captured_at', 'gateway'])
      expect(new Set(names).size, kind).toBe(names.length)
      for (const { name, about } of fields) {
        expect(name).toMatch(/^[a-z]+(?:_[a-z]+)*$/)
        expect(about).toMatch(/^[^\n]{10,110}$/)
      }
    }
  })

  test('events say what is documented of them, in the documented type, and no more', () => {
    const events = [opened, going, ending, { ...stop, ended: null }, stop, scan, link] as const
    for (const event of events) {
      const found = outwardOf(event)
      const kind = OUTWARD_KINDS.find(({ kind }) => kind === found?.kind)
      expect(Object.keys(found?.fields ?? {})).toEqual(kind?.fields.map(({ name }) => name))
      for (const { name, type, always, words } of kind?.fields ?? []) {
        const value = found?.fields[name] ?? null
        if (always) expect(value, `${found?.kind} ${name}`).not.toBeNull()
        if (value === null) continue
        if (words) expect(words).toContain(value)
        expect(typeOf(value), `${found?.kind} ${name}`).toContain(type)
      }
    }
  })

  test('a route takes the kinds of the log that its own are made of', () => {
    expect([...storedKinds(['status.closed', 'status.amended', 'scan'])]).toEqual(['status.amended', 'scan'])
  })
})

/** The types that a value may be documented as. */
function typeOf(value: unknown): readonly string[] {
  if (Array.isArray(value)) return ['list']
  if (typeof value === 'number') return Number.isInteger(value) ? ['integer', 'number'] : ['number']
  if (typeof value === 'boolean') return ['flag']
  if (typeof value === 'object') return ['group']
  return /^\d{4}-.*Z$/.test(String(value)) ? ['time', 'text'] : ['text', 'uuid']
}

test('docs/routes.md has the tables of all kinds and their fields', () => {
  const page = readFileSync(new URL('../../../docs/routes.md', import.meta.url), 'utf8')
  expect(page).toContain(outwardTables())
})
