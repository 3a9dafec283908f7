/** Records what a device shows while somebody says what its machine does. It only ever reads. */
import { collectDevice } from '../../collector/collect-device.ts'
import type { Device, DeviceMessage } from '../../domain/device.ts'
import type { Driver } from '../../domain/driver.ts'
import type { LinkState } from '../../domain/health.ts'
import type { Quality, Sample, SignalValue } from '../../domain/signal.ts'
import type { Receipt } from '../../domain/subject.ts'
import { isModbusDriver } from '../../drivers/modbus/driver.ts'
import { isOpcUaDriver } from '../../drivers/opcua/driver.ts'
import type { OpcUaSettings } from '../../drivers/opcua/settings.ts'
import type { LiveParts } from '../live/live-map.ts'
import type { PhaseMeaning, TaughtPhase, TeachRecording, Track, TrackValue } from '../teach/recording.ts'
import { withFloats } from './float-tracks.ts'
import type { RecordedSignal } from './recorded-signals.ts'

/** What somebody says that the machine does. */
export interface PhaseSaid extends PhaseMeaning {
  readonly label: string
  readonly word: string
  readonly lastsMs: number
}

/** A phase, with how it went. */
interface RecordedPhase extends TaughtPhase {
  readonly readings: number
  readonly isOver: boolean
  readonly doubt: string | undefined
}

/** A signal as it stands. */
interface Shown {
  readonly signal: RecordedSignal
  readonly value: TrackValue
  readonly quality: Quality
  readonly sinceMs: number
  readonly changes: number
}

interface TrackCourse {
  readonly signal: RecordedSignal
  readonly points: { atMs: number; value: TrackValue }[]
  quality: Quality
}

interface OpenPhase extends PhaseSaid {
  readonly phase: number
  readonly fromMs: number
  toMs: number
  readings: number
  wasAway: boolean
}

/** Longer courses of one signal prove nothing more; what comes after is taken as unread. */
const POINTS_MAX = 20_000
const READINGS_MIN = 4
const PHASES_MAX = 40
const KEPT: Receipt = { durable: Promise.resolve(), crowded: false }

export class TeachRecorder {
  readonly #courses: ReadonlyMap<string, TrackCourse>
  readonly #collector: ReturnType<typeof collectDevice>
  readonly #parts: LiveParts
  readonly #everyMs: number
  /** What it is asked for comes at every turn; a broker says nothing as long as nothing changes. */
  readonly #isPolled: boolean
  #phases: OpenPhase[] = []
  #count = 0
  #isUp = false

  constructor(device: Device, signals: readonly RecordedSignal[], driver: Driver, parts: LiveParts) {
    this.#parts = parts
    this.#everyMs = device.pollMs
    this.#isPolled = isModbusDriver(driver) || isOpcUaDriver(driver)
    this.#courses = new Map(
      signals.map((signal) => [signal.spec.name, { signal, points: [], quality: 'bad' as const }]),
    )
    this.#collector = collectDevice({
      ...parts,
      device: {
        ...device,
        settings: polledSettings(device, driver),
        signals: signals.map(({ spec }) => spec),
      },
      driver,
      deliver: (message) => this.#take(message),
    })
  }

  get everyMs(): number {
    return this.#everyMs
  }

  get size(): number {
    return this.#courses.size
  }

  /** Reads until aborted. */
  async run(signal: AbortSignal): Promise<void> {
    await this.#collector.run(signal)
  }

  link(): {
    readonly state: LinkState
    readonly error: string | undefined
    readonly remark: string | undefined
  } {
    const { state, error, remark } = this.#collector.health().summary
    return { state, error, remark }
  }

  /** A phase that is recorded ends where the next one begins. */
  begin({ lastsMs, ...said }: PhaseSaid): void {
    this.end()
    const fromMs = this.#nowMs()
    this.#count += 1
    const phase = {
      ...said,
      lastsMs,
      phase: this.#count,
      fromMs,
      toMs: fromMs + lastsMs,
      readings: 0,
      wasAway: !this.#isUp,
    }
    this.#phases = [...this.#phases, phase].slice(-PHASES_MAX)
  }

  /** Ends the phase that is recorded, if there is one. */
  end(): void {
    const now = this.#nowMs()
    for (const phase of this.#phases) phase.toMs = Math.min(phase.toMs, now)
  }

  forget(number: number): void {
    this.#phases = this.#phases.filter(({ phase }) => phase !== number)
  }

  phases(): readonly RecordedPhase[] {
    const now = this.#nowMs()
    return this.#phases.map(({ lastsMs: _, readings, wasAway, ...phase }) => {
      const isOver = phase.toMs <= now
      const isThin = this.#isPolled && isOver && readings < READINGS_MIN
      const doubt = wasAway
        ? 'the device was away meanwhile'
        : isThin
          ? 'hardly anything was read meanwhile'
          : undefined
      return { ...phase, readings, isOver, doubt }
    })
  }

  shown(): readonly Shown[] {
    return [...this.#courses.values()].flatMap(({ signal, points, quality }) => {
      const last = points.at(-1)
      return last
        ? [{ signal, value: last.value, quality, sinceMs: last.atMs, changes: points.length - 1 }]
        : []
    })
  }

  nowMs(): number {
    return this.#nowMs()
  }

  /**
   * All of the phases that are over and were read.
   * @param without names of signals that are left out
   */
  recording(without: ReadonlySet<string>): TeachRecording {
    const phases = this.phases().filter(({ isOver, doubt }) => isOver && doubt === undefined)
    const tracks = [...this.#courses.values()].filter(({ points }) => points.length > 0).map(trackOf)
    return {
      tracks: withFloats(tracks).filter(({ name }) => !without.has(name)),
      phases,
      everyMs: this.#everyMs,
      endMs: this.#nowMs(),
    }
  }

  #nowMs(): number {
    const { wallMs } = this.#parts.clock.now()
    return wallMs
  }

  #take(message: DeviceMessage): Receipt {
    const now = this.#nowMs()
    const open = this.#phases.find(({ fromMs, toMs }) => fromMs <= now && now < toMs)
    if (message.kind === 'link') {
      this.#isUp = message.up
      if (!message.up && open) open.wasAway = true
      return KEPT
    }
    this.#isUp = true
    if (open) open.readings += 1
    for (const sample of message.reading.samples) this.#note(sample)
    return KEPT
  }

  #note({ signal, value, quality, at }: Sample): void {
    const course = this.#courses.get(signal)
    if (!course) return
    course.quality = quality
    const shown = quality === 'good' ? plain(value) : null
    if (course.points.at(-1)?.value === shown) return
    const isFull = course.points.length >= POINTS_MAX
    if (!isFull) course.points.push({ atMs: at.wallMs, value: shown })
    else if (course.points.length === POINTS_MAX) course.points.push({ atMs: at.wallMs, value: null })
  }
}

/** A server that samples as slowly as it likes would hide a light that blinks, so it is asked. */
function polledSettings({ settings }: Device, driver: Driver): unknown {
  return isOpcUaDriver(driver) ? { ...(settings as OpcUaSettings), mode: 'poll' } : settings
}

function plain(value: SignalValue): TrackValue {
  return typeof value === 'bigint' ? Number(value) : value
}

function trackOf({ signal, points }: TrackCourse): Track {
  const { spec, keys, isNamed, bitKeys } = signal
  const isInterpreted = [spec.names, spec.mask, spec.scale, spec.offset].some((key) => key !== undefined)
  const kind = kindOf(signal, points)
  return { name: spec.name, kind, keys, isNamed, isInterpreted, points, ...(bitKeys && { bitKeys }) }
}

/** By what it showed: a server says of its numbers whether they are whole, and a map does of registers. */
function kindOf({ spec }: RecordedSignal, points: TrackCourse['points']): Track['kind'] {
  const values = points.flatMap(({ value }) => (value === null ? [] : [value]))
  if (values.some((value) => typeof value === 'string')) return 'text'
  if (values.length > 0 && values.every((value) => typeof value === 'boolean')) return 'bit'
  const isMeasured =
    spec.type === 'f32' || spec.type === 'f64' || spec.scale !== undefined || spec.offset !== undefined
  const isWord = values.every((value) => typeof value === 'number' && Number.isInteger(value) && value >= 0)
  return isWord && !isMeasured ? 'word' : 'number'
}
