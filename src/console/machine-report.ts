/** What `status --json` says of a machine. */
import type { ConfigFault } from '../domain/errors.ts'
import type { Health, MachineHealth, MapsHealth } from '../domain/health.ts'
import { utcText } from '../domain/instant.ts'
import { machineOwner } from '../domain/owner.ts'

/** One machine. */
export interface MachineReport {
  readonly machine: string
  readonly status: string | null
  readonly since: string | null
  readonly reason: string | null
  readonly work_order: string | null
  /** `users.id` of who is badged in at it. */
  readonly operator: number | null
  /** The status that somebody has declared. */
  readonly declared: string | null
  /** The shift in which it was last seen. */
  readonly shift: string | null
  readonly data_age_s: number | null
  readonly map: {
    readonly file: string
    readonly loaded_at: string
    readonly faults: readonly ConfigFault[]
  } | null
}

/** @param maps says which map it has */
export function machineReport(
  machine: MachineHealth,
  { maps, nowMs }: { readonly maps: Health<MapsHealth>; readonly nowMs: number },
): MachineReport {
  const map = maps.summary.inForce.find(({ owner }) => owner === machineOwner(machine.machine))
  return {
    machine: machine.machine,
    status: machine.status,
    since: machine.sinceMs === null ? null : utcText(machine.sinceMs),
    reason: machine.reason,
    work_order: machine.workOrder,
    operator: machine.operator,
    declared: machine.declared,
    shift: machine.shift,
    data_age_s: secondsSince(machine.lastSeenMs, nowMs),
    map: map ? { file: map.file, loaded_at: utcText(map.loadedAtMs), faults: map.faults } : null,
  }
}

/** How long ago a moment is, to a tenth of a second; null where there is none. */
export function secondsSince(atMs: number | null, nowMs: number): number | null {
  return atMs === null ? null : Math.max(0, Math.round((nowMs - atMs) / 100) / 10)
}
