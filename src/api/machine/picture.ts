/** One machine as it is seen at this moment: what its devices show, which rule decides, and what is about to follow. */
import type { DeviceCollector } from '../../collector/collect-device.ts'
import type { ShownSignal } from '../../collector/signal-record.ts'
import type { Device } from '../../domain/device.ts'
import { type Instant, utcText } from '../../domain/instant.ts'
import type { MachineMap } from '../../domain/machine-map.ts'
import type { SignalSpec, SignalValue } from '../../domain/signal.ts'
import { liveRules } from '../../status/live-rules.ts'
import { type LiveVerdict, liveVerdict } from '../../status/live-verdict.ts'
import type { MachineSubject } from '../../status/machine-subject.ts'
import { addressOf } from '../../workbench/live/address-text.ts'
import { doubtOf } from '../../workbench/live/causes.ts'
import { conditionText, ruleText } from '../../workbench/live/rule-text.ts'
import type { MachineOnWire, SignalOnWire } from './shapes.ts'

/** Moments that were counted back from now differ by less than this between two looks. */
const ROUNDED_MS = 100

/** @param collectors those of its devices */
export function machinePicture(
  { map, memory }: Pick<MachineSubject, 'map' | 'memory'>,
  collectors: readonly Pick<DeviceCollector, 'health' | 'shown'>[],
  now: Instant,
): MachineOnWire {
  const verdict = liveVerdict(map, memory, now)
  const { obstacle } = verdict
  return {
    machine: map.machine,
    file: map.file,
    is_shadow: map.isShadow === true,
    at: utcText(now.wallMs),
    ...verdictOnWire(verdict, now),
    is_transient: verdict.isTransient,
    obstacle: obstacle
      ? { why: obstacle.why, device: obstacle.device, signal: obstacle.signal, detail: obstacle.detail }
      : null,
    rules: liveRules(map, memory, now).map(({ rule, holds, parts }, at) => ({
      text: ruleText(rule),
      is: rule.is,
      decides: at === verdict.rule,
      holds: known(holds),
      conditions: parts.map((part) => ({ text: conditionText(part.condition), holds: known(part.holds) })),
    })),
    devices: collectors.map((collector) => deviceOnWire(collector, map)),
    signals: map.devices.flatMap((device) => signalsOnWire(device, { map, memory, collectors })),
  }
}

interface Seen {
  readonly map: MachineMap
  readonly memory: MachineSubject['memory']
  readonly collectors: Parameters<typeof machinePicture>[1]
}

function signalsOnWire(device: Device, { map, memory, collectors }: Seen): readonly SignalOnWire[] {
  const collector = collectors.find(({ health }) => health().summary.device === device.id)
  const isCurrent = collector?.health().summary.state === 'connected'
  return device.signals.map((spec) => {
    const shown = collector?.shown(spec.name)
    const seen = memory.view.values[spec.name]?.value
    return { ...aboutSignal(map, device, spec), is_current: isCurrent, ...shownOnWire(spec, shown, seen) }
  })
}

function verdictOnWire({ status, next }: LiveVerdict, now: Instant): Pick<MachineOnWire, 'status' | 'next'> {
  const momentIn = (ms: number) => utcText(Math.round((now.wallMs + ms) / ROUNDED_MS) * ROUNDED_MS)
  return {
    status: status
      ? {
          is: status.is,
          reason: status.reason.code,
          since: momentIn(-status.sinceMs),
          downtime_at: status.downtimeInMs === undefined ? null : momentIn(status.downtimeInMs),
        }
      : null,
    next: next ? { is: next.is, reason: next.reason.code, at: momentIn(next.inMs) } : null,
  }
}

function deviceOnWire(
  { health }: Pick<DeviceCollector, 'health'>,
  map: MachineMap,
): MachineOnWire['devices'][number] {
  const { device, state, sinceMs, lastContactMs, error, remark } = health().summary
  return {
    device,
    protocol: map.devices.find(({ id }) => id === device)?.protocol ?? '',
    state,
    since: utcText(sinceMs),
    last_contact: lastContactMs === null ? null : utcText(lastContactMs),
    error: error ?? null,
    remark: remark ?? null,
  }
}

function aboutSignal(map: MachineMap, device: Device, { name, address, type, unit, role }: SignalSpec) {
  return {
    signal: name,
    device: device.id,
    address: addressOf(address, device.protocol),
    type: type ?? null,
    unit: unit ?? null,
    role: role ?? null,
    is_relevant: map.relevantSignals.includes(name),
  }
}

const NOT_READ = {
  is_read: false,
  raw: null,
  raw_hex: null,
  value: null,
  quality: 'bad',
  doubt: null,
  since: null,
} as const

/** @param seen what the rules read: what was seen of it over a while, such as a light that blinks */
function shownOnWire(spec: SignalSpec, shown: ShownSignal | undefined, seen: SignalValue | undefined) {
  if (!shown) return NOT_READ
  const { raw, quality, detail, sinceMs } = shown
  const value = seen ?? shown.value
  return {
    is_read: true,
    raw: valueText(raw),
    raw_hex: hexText(raw),
    value: valueText(value),
    quality,
    doubt: doubtOf({ spec, raw, value, quality, detail }) ?? null,
    since: utcText(sinceMs),
  }
}

function known(holds: boolean | 'unknown'): boolean | null {
  return holds === 'unknown' ? null : holds
}

function valueText(value: SignalValue): string | null {
  return value === null ? null : String(value)
}

/** Whole numbers of at least 0 only: what a smaller one is in hexadecimal depends on how many registers it has. */
function hexText(value: SignalValue): string | null {
  const isWhole = typeof value === 'bigint' || (typeof value === 'number' && Number.isSafeInteger(value))
  if (!isWhole || value < 0) return null
  const digits = value.toString(16).toUpperCase()
  return `0x${digits.padStart(Math.ceil(digits.length / 4) * 4, '0')}`
}
