/** What a small gateway would know at a scrape: one machine with its device, one scanner, one route. */
import type { ReportParts } from '../../src/console/report.ts'
import type { GatewaySight } from '../../src/metrics/sight.ts'
import { NO_DEVICE_COUNTS, NO_DURATIONS, NO_PUSH_COUNTS } from './no-counts.ts'

const NOW_MS = Date.UTC(2026, 5, 1)

/** @param report what is to be otherwise in its report */
export function measuredSight(report: Partial<ReportParts> = {}): GatewaySight {
  return {
    report: { ...reportParts(), ...report },
    isReady: true,
    program: {
      ...{ cpuS: 12.5, residentBytes: 80_000_000, openFiles: 30, threads: 12 },
      ...{ heapUsedBytes: 20_000_000, heapLimitBytes: 200_000_000 },
      loopDelay: { medianMs: 0.1, p99Ms: 2, maxMs: 15 },
    },
    clock: { steps: 0, lastStepMs: null, isSynchronised: true, errorMaxMs: 1.5 },
    flash: { startedBytes: 2_000_000, totalBytes: 5_000_000, dayBytes: 1_000_000, budgetBytes: null },
    files: { sizes: [{ file: 'outbox.db', bytes: 4_096 }], disk: { freeBytes: 50, sizeBytes: 100 } },
    certificates: [{ use: 'server', name: 'central', endsMs: NOW_MS + 86_400_000 }],
  }
}

function reportParts(): ReportParts {
  const troubles = [] as const
  return {
    gateway: 'edge-1',
    version: '1.2.3',
    startedAtMs: NOW_MS - 3_600_000,
    nowMs: NOW_MS,
    routes: [
      {
        troubles,
        summary: {
          ...{ route: 'central', must: 'deliver', state: 'connected', sinceMs: NOW_MS - 1_000, lastSeq: 7 },
          ...{ clockOffsetMs: 12, quarantineCount: 0, refused: [], counts: NO_PUSH_COUNTS },
        },
      },
    ],
    routeFiles: { summary: [], troubles },
    outbox: { summary: outboxStats(), troubles },
    machines: [
      {
        troubles,
        summary: {
          ...{
            machine: 'PRESS-07',
            status: 'running',
            sinceMs: NOW_MS - 60_000,
            reason: null,
            workOrder: null,
          },
          ...{ operator: null, declared: null, shift: null, lastSeenMs: NOW_MS - 500, signals: [] },
        },
      },
    ],
    devices: {
      troubles,
      summary: [
        {
          ...{
            device: 'PRESS-07',
            subject: 'machine:PRESS-07',
            state: 'connected',
            sinceMs: NOW_MS - 60_000,
          },
          ...{ lastContactMs: NOW_MS - 500, signals: [], counts: NO_DEVICE_COUNTS },
        },
      ],
    },
    scanners: { summary: [], troubles },
    stations: [],
    maps: { summary: { inForce: [], passedOver: [] }, troubles },
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
    own: troubles,
  }
}

function outboxStats(): ReportParts['outbox']['summary'] {
  return {
    ...{
      lastSeq: 7,
      pending: 0,
      oldestPendingAtMs: null,
      bytes: 4_096,
      heldOpenBytes: 0,
      maxBytes: 8_000_000_000,
    },
    consumers: [{ name: 'central', must: 'deliver', pending: 0, oldestPendingAtMs: null, missed: 0 }],
    ...{ blocked: null, uncommitted: 0 },
    commitTimes: { ...NO_DURATIONS, boundsMs: [1, 10], counts: [1, 2, 3], sumMs: 50 },
  }
}
