import { expect, test } from 'vitest'
import { composeReport, type ReportParts } from '../../../src/console/report.ts'
import type { DeviceHealth, Health, ScannerHealth, UploadHealth } from '../../../src/domain/health.ts'
import { NO_DEVICE_COUNTS, NO_DURATIONS, NO_PUSH_COUNTS } from '../../support/no-counts.ts'

const central: Health<UploadHealth> = {
  summary: {
    route: 'central',
    must: 'deliver',
    state: 'connected',
    sinceMs: 0,
    lastSeq: 0,
    clockOffsetMs: null,
    quarantineCount: 0,
    refused: [],
    counts: NO_PUSH_COUNTS,
  },
  troubles: [],
}

const NOTHING = { summary: [], troubles: [] }

function reportOf(
  devices: Health<readonly DeviceHealth[]>,
  scanners: Health<readonly ScannerHealth[]> = NOTHING,
  forecasts: NonNullable<ReportParts['forecasts']> = new Map(),
) {
  return composeReport({
    gateway: 'edge-1',
    version: '0',
    startedAtMs: 0,
    nowMs: 0,
    routes: [central],
    routeFiles: NOTHING,
    forecasts,
    outbox: {
      summary: { pending: 0, oldestPendingAtMs: null, bytes: 0, maxBytes: 0, consumers: [] },
      troubles: [],
    } as unknown as Parameters<typeof composeReport>[0]['outbox'],
    machines: [],
    devices,
    scanners,
    stations: [],
    maps: { summary: { inForce: [], passedOver: [] }, troubles: [] },
    configuration: {
      summary: {
        kind: 'files',
        from: 'devices',
        release: null,
        signer: null,
        sinceMs: null,
        checkedAtMs: null,
      },
      troubles: [],
    },
    usersReadAtMs: null,
    own: [],
  })
}

test('ten thousand signals that are not good fill no report, which says how many more there are', () => {
  const signals = Array.from({ length: 10_000 }, (_, index) => ({
    signal: `s${index}`,
    device: 'PRESS-07',
    quality: 'bad' as const,
    detail: 'exception 2',
    sinceMs: 1_000,
  }))
  const troubles = signals.map(({ signal, device }) => ({
    code: 'signal-bad',
    what: signal,
    sinceMs: 1,
    device,
    signal,
  }))
  const device: DeviceHealth = {
    device: 'PRESS-07',
    subject: 'machine:PRESS-07',
    state: 'connected',
    sinceMs: 0,
    lastContactMs: 0,
    signals,
    counts: NO_DEVICE_COUNTS,
  }
  const report = reportOf({ summary: [device], troubles })
  expect(report.signals.length + report.signals_more).toBe(10_000)
  expect(report.signals[0]).toEqual({
    machine: 'PRESS-07',
    signal: 's0',
    device: 'PRESS-07',
    quality: 'bad',
    detail: 'exception 2',
    since: '1970-01-01T00:00:01.000Z',
    needed: true,
  })
  expect(report.degraded.at(-1)).toMatchObject({ code: 'signal-bad', what: 'and 9800 more of this kind' })
  expect(JSON.stringify(report).length).toBeLessThan(250_000)
})

test('a scanner is shown with its port, its last answer and what came of its scans', () => {
  const scanner: ScannerHealth = {
    scanner: 'ST-12',
    subject: 'station:ST-12',
    state: 'connected',
    sinceMs: 1_000,
    where: '/dev/ttyACM0',
    remark: null,
    lastScanMs: 2_000,
    lastAnswer: { verdict: 'bad', why: 'nobody has scanned a badge here', atMs: 2_004 },
    counts: { good: 7, bad: 1, late: 0, unsent: 0, discardedBytes: 12 },
    answerTimes: NO_DURATIONS,
    noticed: [{ what: 'no rule of its map takes the code', count: 2, lastMs: 1_500 }],
    lastDiscarded: { why: 'longer than 4096 bytes', atMs: 1_600 },
  }
  expect(reportOf(NOTHING, { summary: [scanner], troubles: [] }).scanners).toEqual([
    {
      scanner: 'ST-12',
      state: 'connected',
      since: '1970-01-01T00:00:01.000Z',
      where: '/dev/ttyACM0',
      last_scan: '1970-01-01T00:00:02.000Z',
      last_answer: {
        verdict: 'bad',
        why: 'nobody has scanned a badge here',
        at: '1970-01-01T00:00:02.004Z',
      },
      good: 7,
      bad: 1,
      late: 0,
      unsent: 0,
      discarded_bytes: 12,
      last_discarded: { why: 'longer than 4096 bytes', at: '1970-01-01T00:00:01.600Z' },
      operator: null,
      held: 0,
      work_orders: [],
      refused: [],
      noticed: [{ what: 'no rule of its map takes the code', count: 2, last: '1970-01-01T00:00:01.500Z' }],
    },
  ])
})

test('a lost scanner degrades the gateway, and is named', () => {
  const trouble = { code: 'scanner-lost', what: 'ST-12: unplugged', sinceMs: 1_000, scanner: 'ST-12' }
  const report = reportOf(NOTHING, { summary: [], troubles: [trouble] })
  expect(report).toMatchObject({ healthy: false, degraded: [{ code: 'scanner-lost', scanner: 'ST-12' }] })
})

test('a route that is watched says what becomes of what waits for it', () => {
  const forecast = { outlook: 'drains', minutes: 12, in_per_min: 60, out_per_min: 660 } as const
  expect(reportOf(NOTHING, NOTHING, new Map([['central', forecast]])).routes).toMatchObject([{ forecast }])
  expect(reportOf(NOTHING).routes[0]).not.toHaveProperty('forecast')
})
