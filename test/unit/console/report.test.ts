import { expect, test } from 'vitest'
import { composeReport } from '../../../src/console/report.ts'
import type { DeviceHealth, Health, UploadHealth } from '../../../src/domain/health.ts'

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
  },
  troubles: [],
}

function reportOf(devices: Health<readonly DeviceHealth[]>) {
  return composeReport({
    gateway: 'edge-1',
    version: '0',
    startedAtMs: 0,
    nowMs: 0,
    routes: [central],
    outbox: {
      summary: { pending: 0, oldestPendingAtMs: null, bytes: 0, maxBytes: 0, consumers: [] },
      troubles: [],
    } as unknown as Parameters<typeof composeReport>[0]['outbox'],
    machines: [],
    devices,
    maps: { summary: { inForce: [], passedOver: [] }, troubles: [] },
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
