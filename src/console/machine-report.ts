/** What `status --json` says of one machine. */
import type { ConfigFault } from '../domain/errors.ts'
import type { Health, MachineHealth, MapsHealth } from '../domain/health.ts'
import { utcText } from '../domain/instant.ts'
import { machineOwner } from '../domain/owner.ts'

/** One of `machines`. */
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
  /** Of a pulse machine whose map has `learn: suggest`: the cycle of its map, and the one that was seen, if enough were. */
  readonly pulse?: { readonly ideal_cycle_s: number; readonly observed_cycle_s: number | null }
  /** Nothing of it is stored or leaves the gateway; absent of all others. */
  readonly shadow?: true
  /** Since when it is in shadow; absent of all others. */
  readonly shadow_since?: string
  readonly map: {
    readonly file: string
    readonly loaded_at: string
    readonly faults: readonly ConfigFault[]
    /** What its latest change since the gateway's start has changed. */
    readonly changed: { readonly at: string; readonly what: string } | null
  } | null
}

/** How a machine stands, and which map it has. `nowMs`: ms since 1970. */
export function machineReport(
  machine: MachineHealth,
  { maps, nowMs }: { readonly maps: Health<MapsHealth>; readonly nowMs: number },
): MachineReport {
  const map = maps.summary.inForce.find(({ owner }) => owner === machineOwner(machine.machine))
  const { pulse } = machine
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
    ...(machine.shadowSinceMs !== undefined && {
      shadow: true as const,
      shadow_since: utcText(machine.shadowSinceMs),
    }),
    map: map ? mapReport(map) : null,
    ...(pulse && { pulse: pulseReport(pulse) }),
  }
}

function mapReport({
  file,
  loadedAtMs,
  faults,
  changed,
}: MapsHealth['inForce'][number]): MachineReport['map'] {
  const told = changed && { at: utcText(changed.atMs), what: changed.what }
  return { file, loaded_at: utcText(loadedAtMs), faults, changed: told }
}

/** In seconds with one decimal; null where it never was. */
export function secondsSince(atMs: number | null, nowMs: number): number | null {
  return atMs === null ? null : Math.max(0, Math.round((nowMs - atMs) / 100) / 10)
}

function pulseReport({ idealCycleMs, observedCycleMs }: NonNullable<MachineHealth['pulse']>) {
  return {
    ideal_cycle_s: idealCycleMs / 1_000,
    observed_cycle_s: observedCycleMs === null ? null : Math.round(observedCycleMs / 100) / 10,
  }
}
