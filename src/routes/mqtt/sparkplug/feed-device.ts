/** One machine or station as a device of Sparkplug: its name, its metrics, and the newest value that is known of each. */
import type { MachineHealth } from '../../../domain/health.ts'
import { isMachine, type Owner, ownerCode } from '../../../domain/owner.ts'
import { NO_DATA } from '../../../domain/status.ts'
import type { MetricValue } from '../../../mqtt/sparkplug/metric-value.ts'
import { levelOf } from '../topics.ts'
import type { HeldValue } from './event-values.ts'
import {
  FIELDS,
  MACHINE_METRICS,
  type MetricDefinition,
  PRESENT_METRICS,
  STATION_METRICS,
} from './metrics.ts'

/** A value with its time; `at` undefined: it never had one. */
interface KnownValue {
  readonly value: MetricValue | null
  readonly at: number | undefined
}

/** A metric as a birth says it. */
export interface BirthValue extends HeldValue {
  readonly alias: number
}

/** A value as data say it: of the present, or of a time that has passed. */
export interface DataValue extends BirthValue {
  readonly isHistorical: boolean
}

/** Aliases are unique within the edge node: each device has a range of its own, which is wider than its metrics. */
const ALIAS_RANGE = 256
/** When the interval of status began that goes on. */
const SINCE = FIELDS.Status.get('started_at')?.name ?? ''
const UNKNOWN: KnownValue = { value: null, at: undefined }
const STATION_PREFIX = 'station:'

/** The name of a machine or station as a device; a machine and a station of one code are two devices. */
export function deviceName(owner: Owner): string {
  const level = levelOf(ownerCode(owner))
  if (!isMachine(owner)) return `${STATION_PREFIX}${level}`
  return level.startsWith(STATION_PREFIX) ? level.replace(':', '%3A') : level
}

/** Whether a machine is seen; one that is not is dead to a host, whatever it did last. */
export function isSeen({ status, reason }: MachineHealth): boolean {
  return status !== null && reason !== NO_DATA
}

export class FeedDevice {
  readonly name: string
  readonly #metrics: readonly MetricDefinition[]
  readonly #aliases: ReadonlyMap<string, number>
  /** The newest value of each metric, by its name. */
  readonly #known = new Map<string, KnownValue>()
  /** When the newest value was taken that the host was shown as the present one, by name. */
  readonly #shownAt = new Map<string, number>()
  /** History has brought what the host was not shown as present. */
  #hasNews = false

  /** @param number counted from 1 over all devices of the edge node */
  constructor(owner: Owner, number: number) {
    this.name = deviceName(owner)
    this.#metrics = isMachine(owner) ? MACHINE_METRICS : STATION_METRICS
    this.#aliases = new Map(this.#metrics.map(({ name }, index) => [name, number * ALIAS_RANGE + index]))
  }

  /** Whether a birth would show more than the host knows as the present. */
  get hasNews(): boolean {
    return this.#hasNews
  }

  /** What every metric shows now, in the order of time as Sparkplug wants it. @param nowMs the time of what is not known */
  birth(standing: MachineHealth | undefined, nowMs: number): readonly BirthValue[] {
    if (standing) this.#takeStanding(standing, nowMs)
    this.#hasNews = false
    this.#shownAt.clear()
    const values = this.#metrics.map((metric) => {
      const { value, at } = this.#known.get(metric.name) ?? UNKNOWN
      if (at !== undefined) this.#shownAt.set(metric.name, at)
      return { metric, value, at: at ?? nowMs, alias: this.#aliasOf(metric) }
    })
    return values.sort((a, b) => a.at - b.at)
  }

  /**
   * Takes what an event says.
   * @param wasBuffered it was captured when nobody could hear it: then it is history, whatever it says
   */
  data(values: readonly HeldValue[], wasBuffered: boolean): readonly DataValue[] {
    const data = values.map((held) => {
      const isHistorical = wasBuffered || held.at < (this.#shownAt.get(held.metric.name) ?? 0)
      this.#keep(held, isHistorical)
      return { ...held, isHistorical, alias: this.#aliasOf(held.metric) }
    })
    return data.sort((a, b) => a.at - b.at)
  }

  /** What a machine shows beside its events, where that is not what it showed last. */
  changes(standing: MachineHealth, nowMs: number): readonly DataValue[] {
    const changed = presentValues(standing, nowMs).filter(
      ({ metric, value }) => this.#known.get(metric.name)?.value !== value,
    )
    return this.data(changed, false)
  }

  #keep({ metric: { name }, value, at }: HeldValue, isHistorical: boolean): void {
    const known = this.#known.get(name)?.at
    if (known === undefined || at >= known) {
      this.#known.set(name, { value, at })
      if (isHistorical) this.#hasNews = true
    }
    if (!isHistorical) this.#shownAt.set(name, at)
  }

  /**
   * The status of a machine is known better than from the last event that has gone out. Of an interval whose event has still to go out,
   * more than that is not known.
   */
  #takeStanding(standing: MachineHealth, nowMs: number): void {
    const { sinceMs } = standing
    const known = this.#known.get(SINCE)?.value
    if (sinceMs !== null && (typeof known !== 'number' || sinceMs > known)) {
      for (const { name } of FIELDS.Status.values()) this.#known.set(name, { value: null, at: sinceMs })
    }
    for (const held of [...statusValues(standing), ...presentValues(standing, nowMs)]) {
      const known = this.#known.get(held.metric.name)
      if (known?.value === held.value) continue
      this.#known.set(held.metric.name, { value: held.value, at: Math.max(held.at, known?.at ?? 0) })
    }
  }

  #aliasOf({ name }: MetricDefinition): number {
    return this.#aliases.get(name) ?? 0
  }
}

function statusValues({ status, sinceMs, reason, workOrder }: MachineHealth): readonly HeldValue[] {
  if (status === null || sinceMs === null) return []
  const values = { status, started_at: sinceMs, reason, work_order: workOrder }
  return Object.entries(values).flatMap(([field, value]) => {
    const metric = FIELDS.Status.get(field)
    return metric ? [{ metric, value, at: sinceMs }] : []
  })
}

function presentValues({ operator, declared, shift }: MachineHealth, nowMs: number): readonly HeldValue[] {
  return [
    { metric: PRESENT_METRICS.operator, value: operator === null ? null : BigInt(operator), at: nowMs },
    { metric: PRESENT_METRICS.declared, value: declared, at: nowMs },
    { metric: PRESENT_METRICS.shift, value: shift, at: nowMs },
  ]
}
