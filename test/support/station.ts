/** A station and what comes to it, for tests that need neither a port nor a map file. */
import type { Instant } from '../../src/domain/instant.ts'
import { stationOwner } from '../../src/domain/owner.ts'
import type { BadgeMessage, MachineStanding, ScanMessage, ScannedCode } from '../../src/domain/scan.ts'
import type { StationMap } from '../../src/domain/station-map.ts'
import type { Remembered } from '../../src/domain/subject.ts'
import { type StationSubject, stationSubject } from '../../src/scans/station-subject.ts'

const START_MS = Date.parse('2026-01-31T09:00:00.000Z')
export const STATION = 'ST-12'
const MACHINE = 'PRESS-07'

/** A moment on a clock that is never stepped. */
export function second(seconds: number, boot = 'boot-1'): Instant {
  return { boot, wallMs: START_MS + seconds * 1_000, monoMs: 1_000_000 + seconds * 1_000 }
}

/** A station beside a press, as most of them are; scans without a session are refused. */
export function stationMap(changes: Partial<StationMap> = {}): StationMap {
  return {
    scanner: STATION,
    version: 'v1',
    file: 'devices/station.yaml',
    port: {
      id: STATION,
      subject: stationOwner(STATION),
      transport: 'tcp',
      settings: {},
      framing: { suffix: 'CR' },
    },
    station: { plant: null, location: 'Line 3', machine: MACHINE },
    payload: { prefix: '', aimId: 'optional', dedupeMs: 2_000 },
    operator: { badges: [], idleLogoutMs: 1_800_000, without: 'reject', askMs: 60_000 },
    rules: [],
    steps: { withinMs: 60_000, defaultCommand: null },
    acknowledgement: { good: new Uint8Array(), bad: new Uint8Array() },
    reasons: {},
    ...changes,
  }
}

export function station(map: StationMap, remembered: Partial<Remembered> = {}): StationSubject {
  return stationSubject(map, {
    state: undefined,
    lastSeen: undefined,
    before: undefined,
    now: second(0),
    ...remembered,
  })
}

export function code(data: string, changes: Partial<ScannedCode> = {}): ScannedCode {
  return {
    data,
    aimId: null,
    scanType: 'label',
    meaning: { kind: 'reference' },
    lookup: null,
    fields: {},
    marks: [],
    ...changes,
  }
}

export function scan(seconds: number, scanned: ScannedCode, machine = standing()): ScanMessage {
  const subject = stationOwner(STATION)
  return { kind: 'scan', subject, at: second(seconds), code: scanned, found: null, machine }
}

export function badge(seconds: number, operator: number | null, changes: Partial<BadgeMessage> = {}) {
  return {
    kind: 'badge',
    subject: stationOwner(STATION),
    at: second(seconds),
    badge: `hash-${operator}`,
    operator,
    why: operator === null ? 'nobody works here with it' : null,
    shiftEndMs: null,
    machine: standing(),
    ...changes,
  } satisfies BadgeMessage
}

/** The machine, running, with no stop that wants a reason. */
export function standing(changes: Partial<MachineStanding> = {}): MachineStanding {
  return {
    machine: MACHINE,
    status: 'running',
    workOrder: null,
    reasonFor: null,
    declared: null,
    ...changes,
  }
}
