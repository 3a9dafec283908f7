/** What the commands on the log say of scans, and what they do with them. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Event } from '../../../src/domain/events/event.ts'
import { utcText } from '../../../src/domain/instant.ts'
import { machineOwner, stationOwner } from '../../../src/domain/owner.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { type BufferSite, bufferSite, MORNING_MS, upload } from '../../support/buffer-site.ts'
import { operatorOf, startTestCentral, type TestCentral } from '../../support/central.ts'
import { opened, scan, scanUndone } from '../../support/central-events.ts'

const at = (index: number) => utcText(MORNING_MS + index)
const TEN = Array.from({ length: 10 }, (_, index) => `PIECE ${index}`)

let central: TestCentral
let operator: number
let site: BufferSite

beforeAll(async () => {
  central = await startTestCentral()
  operator = await operatorOf(central)
})
afterAll(() => central[Symbol.asyncDispose]())

/** Ten scans at two stations, of which the last was taken back and one has a code that is ambiguous in central. */
beforeEach(async () => {
  await central.sql(
    'TRUNCATE qr_code_scans, edge_gateway.stream, edge_gateway.quarantine, edge_gateway.incident',
  )
  await central.sql(`UPDATE materials SET barcode_data = 'PIECE 3' WHERE material_code LIKE 'MAT-_00'`)
  site = bufferSite(central)
  const reference = {
    code: 'PIECE 3',
    places: [{ table: 'materials', column: 'barcode_data' }],
    known: null,
  } as const
  await deliver([
    ...TEN.map((data, index) =>
      scan(operator, {
        at: at(index),
        data,
        subject: stationOwner(`ST-${index % 2}`),
        reference: index === 3 ? reference : null,
      }),
    ),
    scanUndone(operator, { at: at(9), subject: stationOwner('ST-1') }),
  ])
})

/** @returns how central stood, or `kept` where nothing was pushed */
async function deliver(events: readonly Event[], isOnline = true): Promise<string> {
  await using outbox = await site.open()
  await outbox.append({ at: systemClock.now(), events, states: {} })
  return isOnline ? await upload(outbox, central) : 'kept'
}

const everything = () =>
  central.sql<{ data: string; notes: string }>(
    'SELECT qr_code_data AS data, scanned_at, notes FROM qr_code_scans ORDER BY 2, 3',
  )

async function audit() {
  const { code, out } = await site.run('audit', '--json')
  const { findings } = JSON.parse(out) as {
    findings: readonly { kind: string; table: string; scanner: string; at: string; differences: string[] }[]
  }
  return {
    code,
    findings: findings.map(({ kind, table, scanner, at: when }) => [kind, table, scanner, when]),
  }
}

test('an audit finds every scan once, also one that was taken back and one that is ambiguous', async () => {
  expect((await everything()).map(({ data }) => data)).toEqual(TEN)
  expect(await audit()).toEqual({ code: 0, findings: [] })
})

test('an audit names scans that are gone, double, or say another thing, by their station', async () => {
  await central.sql(`DELETE FROM qr_code_scans WHERE qr_code_data = 'PIECE 1';
    INSERT INTO qr_code_scans (organization_id, qr_code_data, scan_type, scanned_by, scanned_at, notes)
      SELECT organization_id, qr_code_data, scan_type, scanned_by, scanned_at, notes FROM qr_code_scans WHERE qr_code_data = 'PIECE 2';
    UPDATE qr_code_scans SET qr_code_data = 'TEA' WHERE qr_code_data = 'PIECE 4';
    UPDATE qr_code_scans SET notes = 'scanner=ST-1; tea' WHERE qr_code_data = 'PIECE 9'`)
  const { code, findings } = await audit()
  expect(code).toBe(1)
  expect(findings).toEqual([
    ['missing', 'qr_code_scans', 'ST-1', at(1)],
    ['double', 'qr_code_scans', 'ST-0', at(2)],
    ['different', 'qr_code_scans', 'ST-0', at(4)],
    ['different', 'qr_code_scans', 'ST-1', at(9)],
  ])
  expect((await site.run('audit')).out).toContain('data: PIECE 4 here, TEA in central')
})

test('scans that somebody has deleted are sent again, each once and as it became', async () => {
  const before = await everything()
  await central.sql('DELETE FROM qr_code_scans WHERE id % 2 = 0')
  for (let round = 0; round < 2; round += 1)
    expect((await site.run('resend', '--from', '1', '--to', '11')).code).toBe(0)
  expect(await everything()).toEqual(before)
})

test('a scan whose notes somebody has edited is not sent a second time', async () => {
  await central.sql(`UPDATE qr_code_scans SET notes = 'checked by Anna' WHERE qr_code_data = 'PIECE 5'`)
  const { out, err } = await site.run('resend', '--from', '1', '--to', '11')
  expect(out + err).toContain('has somebody edited its notes?')
  expect((await everything()).length).toBe(10)
})

test('a scan in quarantine is listed by its station, shown whole, and lands with a retry', async () => {
  const stranger = 4_000
  await deliver([scan(stranger, { at: at(20), data: 'LATE\u001d1', subject: stationOwner('ST-7') })])
  const listed = await site.run('quarantine', 'list')
  expect(listed.out).toMatch(/^12 {2}ST-7 {2}scan .*central has no user 4000 in this organization/)
  expect((await site.run('quarantine', 'show', '12')).out).toContain('scanType: unknown')
  expect((await site.run('quarantine', 'retry')).out).toContain('0 landed, 1 still in quarantine')
  await central.sql(
    `INSERT INTO users (id, organization_id, email, username, hashed_password) SELECT 4000, organization_id, 'a', 'a', 'x' FROM users WHERE id = $1`,
    [operator],
  )
  expect((await site.run('quarantine', 'retry')).out).toContain('1 landed, 0 still in quarantine')
  expect((await everything()).at(-1)?.data).toBe('LATE\u001d1')
  expect(await audit()).toEqual({ code: 0, findings: [] })
})

test('scans of a station that nobody wants are given up, and rows of a machine of that name are not', async () => {
  const unknown = [1, 2].map((index) => scan(4_001, { at: at(40 + index), subject: stationOwner('PRES-07') }))
  await deliver([...unknown, opened({ subject: machineOwner('PRES-07') })])
  const { out } = await site.run('quarantine', 'discard', '--station', 'PRES-07', '--why', 'a trial')
  expect(out).toContain('2 given up, 1 still in quarantine')
  expect((await site.run('quarantine', 'list')).out).toMatch(/^14 {2}PRES-07 {2}status\.opened/)
})

test('adopting a stream whose row is gone brings the scans that central lacks, and no other twice', async () => {
  await deliver([scan(operator, { at: at(30), data: 'NEW' })], false)
  await central.sql(
    `DELETE FROM edge_gateway.stream; DELETE FROM qr_code_scans WHERE qr_code_data = 'PIECE 6'`,
  )
  expect(await deliver([])).toBe('fenced')
  const { code, out } = await site.run('adopt', '--yes', '--refill')
  expect(code, out).toBe(0)
  expect(out).toContain('3 events still go there, 9 are left out')
  expect(await deliver([])).toBe('connected')
  expect((await everything()).map(({ data }) => data)).toEqual([...TEN, 'NEW'])
  expect(new Set((await everything()).map(({ notes }) => notes.split('undone=').length))).toEqual(
    new Set([1, 2]),
  )
})

test('adopting brings what was taken back of a scan that still lies in quarantine', async () => {
  const late = { at: at(50), subject: stationOwner('ST-7') }
  await deliver([scan(4_002, late)])
  await deliver([scanUndone(4_002, late)], false)
  await central.sql('DELETE FROM edge_gateway.stream')
  expect(await deliver([])).toBe('fenced')
  expect((await site.run('adopt', '--yes')).out).toContain('1 events still go there, 0 are left out')
  await central.sql(
    `INSERT INTO users (id, organization_id, email, username, hashed_password) SELECT 4002, organization_id, 'b', 'b', 'x' FROM users WHERE id = $1`,
    [operator],
  )
  await deliver([])
  await site.run('quarantine', 'retry')
  expect((await everything()).at(-1)?.notes).toMatch(/^scanner=ST-7; undone=/)
})
