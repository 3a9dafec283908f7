/**
 * How closely each machine must have been watched, from its device map and the times when it was out of sight. The maps are
 * read here without the gateway's own code: if the gateway misread one, the two would differ.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { parseDuration } from '../runtime/units.ts'
import type { DarkWindows } from './dark-windows.ts'
import type { Truth } from './reconcile/facts.ts'
import { type Sight, union } from './reconcile/sight.ts'

/** Simulators and gateway read the same clock, and the truth is written before a change can be seen: little is needed. */
const EARLY_MS = 50

/** A poll may come this late on a computer that is busy with a database, machines and tests. */
const LATE_MS = 2_000

/** On such a computer a status must be in sight this much longer before it must have been recorded. */
const BUSY_MS = 500

/** After a fault of the link the gateway may wait this long before it tries again. */
const RECONNECT_MAX_MS = 10_000

/** How each machine of a day was watched, once its truth and its dark windows are known. */
export type Views = (truth: Truth, dark: Pick<DarkWindows, 'of'>) => Readonly<Record<string, Sight>>

interface WrittenMap {
  readonly machine: string
  readonly device: { readonly poll?: string }
  readonly signals: Readonly<Record<string, { readonly role?: string; readonly settle?: string }>>
  readonly stops?: {
    readonly ignore_stop_below?: string
    readonly ignore_run_below?: string
    readonly micro_stop_below?: string
  }
  readonly status: readonly { readonly for?: string; readonly release?: string }[]
}

/** @param devicesFolder that of the gateway: its YAML files are maps of machines and scanners; profiles are in a folder below */
export function readSights(devicesFolder: string): Views {
  const maps = readdirSync(devicesFolder)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => parse(readFileSync(join(devicesFolder, file), 'utf8')) as WrittenMap | { scanner: string })
    .filter((map) => 'machine' in map)
  return (truth, dark) =>
    Object.fromEntries(
      maps.map((map) => {
        const faults = truth.faults.filter(({ machine }) => machine === map.machine)
        const hidden = faults.map(({ fromMs, toMs }) => ({ fromMs, toMs: toMs + RECONNECT_MAX_MS }))
        return [map.machine, { ...sharpness(map), darkWindows: union([...dark.of(map.machine), ...hidden]) }]
      }),
    )
}

function sharpness({ device, signals, stops, status }: WrittenMap): Omit<Sight, 'darkWindows'> {
  const pollMs = durationMs(device.poll, '1s')
  const debouncesMs = status.flatMap((rule) => [durationMs(rule.for, '2s'), durationMs(rule.release, '0s')])
  const ignoredMs = [durationMs(stops?.ignore_stop_below, '2s'), durationMs(stops?.ignore_run_below, '10s')]
  const codes = Object.values(signals).filter(({ role }) => role === 'fault_code')
  const settlesMs = codes.map(({ settle }) => durationMs(settle, '5s'))
  const observableFromMs = 2 * pollMs + Math.max(...debouncesMs, ...ignoredMs) + BUSY_MS
  return {
    microStopBelowMs: durationMs(stops?.micro_stop_below, '120s'),
    observableFromMs,
    reasonFromMs: observableFromMs + Math.max(0, ...settlesMs),
    earlyMs: EARLY_MS,
    lateMs: pollMs + LATE_MS,
  }
}

function durationMs(written: string | undefined, otherwise: string): number {
  return parseDuration(written ?? otherwise) ?? 0
}
