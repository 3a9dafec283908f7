/**
 * A map played live: its devices are read by the real drivers, and its rules judged by the real derivation. Nothing is stored, and
 * nothing is sent anywhere: what the derivation gives as events is dropped.
 */
import { collectDevice } from '../../collector/collect-device.ts'
import type { Device, DeviceMessage } from '../../domain/device.ts'
import type { Driver } from '../../domain/driver.ts'
import type { LinkState } from '../../domain/health.ts'
import type { Instant } from '../../domain/instant.ts'
import { interpret } from '../../domain/interpret.ts'
import type { MachineMap } from '../../domain/machine-map.ts'
import type { Quality, Sample, SignalSpec, SignalValue } from '../../domain/signal.ts'
import type { Receipt } from '../../domain/subject.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { Log } from '../../runtime/log.ts'
import { derive, type Input } from '../../status/derive.ts'
import { type LiveVerdict, liveVerdict } from '../../status/live-verdict.ts'
import { resumeMemory } from '../../status/resume.ts'
import { type Memory, newState } from '../../status/state.ts'

/** What a map is played with. */
export interface LiveParts {
  readonly drivers: readonly Driver[]
  readonly clock: Clock
  /** From 0 to 1, for the jitter of the back-off. */
  readonly random: () => number
  readonly log: Log
  /** Where drivers keep their certificates. */
  readonly stateFolder: string
}

/** A signal at this moment. */
export interface LiveSignal {
  readonly spec: SignalSpec
  readonly device: Device
  /** What the device gave, before mask, names and scale; undefined before the first sample. */
  readonly raw: SignalValue | undefined
  readonly value: SignalValue
  readonly quality: Quality
  readonly detail: string | undefined
  /** For how long it has shown this; undefined before the first sample. */
  readonly ageMs: number | undefined
}

/** A device at this moment. */
interface LiveDevice {
  readonly id: string
  readonly state: LinkState
  /** Why it is not connected, and what to do. */
  readonly error: string | undefined
}

/** Everything at this moment. */
export interface LivePicture {
  readonly atMs: number
  readonly devices: readonly LiveDevice[]
  readonly signals: readonly LiveSignal[]
  readonly verdict: LiveVerdict
}

interface Shown {
  readonly raw: SignalValue
  readonly value: SignalValue
  readonly quality: Quality
  readonly detail: string | undefined
  readonly at: Instant
}

const TICK_MS = 250
const STORED: Receipt = { durable: Promise.resolve(), crowded: false }

/** One map, from now on. */
export class LiveMap {
  readonly map: MachineMap
  readonly #parts: LiveParts
  readonly #collectors: readonly ReturnType<typeof collectDevice>[]
  /** Of the signals whose raw values come here. */
  readonly #specs: ReadonlyMap<string, SignalSpec>
  readonly #shown = new Map<string, Shown>()
  #memory: Memory

  constructor(map: MachineMap, parts: LiveParts) {
    this.map = map
    this.#parts = parts
    this.#specs = new Map(
      map.devices
        .filter((device) => isDecodedHere(device, parts.drivers))
        .flatMap(({ signals }) => signals.map((spec) => [spec.name, spec] as const)),
    )
    this.#memory = resumeMemory(newState(), parts.clock.now())
    this.#collectors = map.devices.map((device) =>
      collectDevice({
        ...parts,
        device: playedDevice(device, parts.drivers),
        driver: driverOf(device, parts.drivers),
        deliver: (message) => this.#take(message),
      }),
    )
  }

  /** Reads until aborted. Ends with an error that is not a device's. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#ticking(signal), ...this.#collectors.map((collector) => collector.run(signal))])
  }

  picture(): LivePicture {
    const now = this.#parts.clock.now()
    return {
      atMs: now.wallMs,
      devices: this.#collectors.map((collector) => {
        const { device: id, state, error, remark } = collector.health().summary
        // What a link waits for; once it is connected its signals say more.
        return { id, state, error: error ?? (state === 'connecting' ? remark : undefined) }
      }),
      signals: this.map.devices.flatMap((device) =>
        device.signals.map((spec) => this.#signal(device, spec, now)),
      ),
      verdict: liveVerdict(this.map, this.#memory, now),
    }
  }

  #signal(device: Device, spec: SignalSpec, now: Instant): LiveSignal {
    const shown = this.#shown.get(spec.name)
    if (!shown) {
      return {
        spec,
        device,
        raw: undefined,
        value: null,
        quality: 'bad',
        detail: undefined,
        ageMs: undefined,
      }
    }
    const { raw, quality, detail, at } = shown
    // What the rules read may be what was seen of it over a while, such as a light that blinks.
    const value = this.#memory.view.values[spec.name]?.value ?? shown.value
    return { spec, device, raw, value, quality, detail, ageMs: Math.max(0, now.monoMs - at.monoMs) }
  }

  async #ticking(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#parts.clock.sleep(TICK_MS, signal)
      this.#derive({ kind: 'tick', at: this.#parts.clock.now() })
    }
  }

  #take(message: DeviceMessage): Receipt {
    if (message.kind === 'link') this.#derive(message)
    else {
      const samples = message.reading.samples.map((sample) => this.#meant(sample))
      this.#derive({ ...message, reading: { ...message.reading, samples } })
    }
    return STORED
  }

  /** The raw value as the map means it: what a driver does with the map's own signals. */
  #meant(sample: Sample): Sample {
    const { signal, value: raw, quality, at, detail } = sample
    const spec = this.#specs.get(signal)
    if (!spec) {
      this.#shown.set(signal, { raw, value: raw, quality, detail, at })
      return sample
    }
    const { value, fault } = interpret(raw, spec)
    const isRefused = quality === 'good' && fault !== undefined
    const meant = {
      raw,
      value,
      quality: isRefused ? 'bad' : quality,
      detail: isRefused ? fault : detail,
      at,
    } as const
    this.#shown.set(signal, meant)
    const said = meant.detail === undefined ? {} : { detail: meant.detail }
    return { signal, value, quality: meant.quality, at, ...said }
  }

  #derive(input: Input): void {
    this.#memory = derive(this.map, this.#memory, input).memory
  }
}

/**
 * A protocol that says itself how its values are stored may put words of its own in place of numbers, by the names of the map. So
 * its driver gets the signals as they are, and its values come as they are meant.
 */
function isDecodedHere(device: Device, drivers: readonly Driver[]): boolean {
  return driverOf(device, drivers).typeRequired
}

/** The device as it is read here, which a gateway may be reading as well. */
function playedDevice(device: Device, drivers: readonly Driver[]): Device {
  const settings = driverOf(device, drivers).besideGateway?.(device.settings) ?? device.settings
  const signals = isDecodedHere(device, drivers) ? device.signals.map(rawSpec) : device.signals
  return { ...device, settings, signals }
}

/** A signal as the device gives it: what the map makes of the value is done here, so that both can be shown. */
function rawSpec({
  mask: _m,
  names: _n,
  invalid: _i,
  expect: _e,
  scale: _s,
  offset: _o,
  ...spec
}: SignalSpec): SignalSpec {
  return spec
}

function driverOf({ protocol }: Device, drivers: readonly Driver[]): Driver {
  const driver = drivers.find((one) => one.protocol === protocol)
  // Maps are only compiled for what there is.
  if (!driver) throw new Error(`nothing speaks ${protocol}`)
  return driver
}
