/**
 * What recorded devices showed, as an edited map means it. Signals are found again by where they are read, whatever they are called
 * now, and their values are worked out again from what the device gave. What was not recorded is never invented: it is a value of bad quality,
 * of which nothing is derived.
 */
import type { Device, DeviceMessage } from '../domain/device.ts'
import type { Instant } from '../domain/instant.ts'
import { interpret } from '../domain/interpret.ts'
import type { MachineMap } from '../domain/machine-map.ts'
import { type Reading, rawOf, type Sample, type SignalSpec } from '../domain/signal.ts'
import type { RecordedSettings } from '../recording/segment.ts'
import type { Input } from '../status/derive.ts'

/** A signal of the edited map that nothing was recorded of. */
export interface MissingSignal {
  readonly device: string
  readonly signal: string
}

const NOT_RECORDED = 'it was not recorded: the map that was in force then did not read it'

/** A signal of the edited map, and the recorded one that is read from the same place. */
interface Source {
  readonly edited: SignalSpec
  readonly recorded: SignalSpec
  /** Whether both maps make the same of its values. */
  readonly isMeantAlike: boolean
}

/** A device of the edited map, and the recorded one that it is. */
interface Pairing {
  readonly device: Device
  readonly recorded: Device
  /** By the name of the recorded signal. */
  readonly sources: ReadonlyMap<string, readonly Source[]>
  readonly missing: readonly string[]
}

/** What is said last of a signal. */
type Said = Pick<Sample, 'value' | 'quality' | 'detail'>

/** From the map under which a segment was recorded to another one. */
export class Translation {
  /** By the recorded device. */
  readonly #pairings: ReadonlyMap<string, readonly Pairing[]>
  readonly missing: readonly MissingSignal[]
  /** Devices of the edited map of which nothing was recorded. */
  readonly absent: readonly string[]
  /** Devices of the edited map that are reached in another way than the recorded ones, and are taken for them. */
  readonly moved: readonly string[]
  /** By device of the edited map; of those in contact. */
  readonly #said = new Map<string, Map<string, Said>>()

  constructor(recorded: MachineMap, edited: MachineMap) {
    const pairs = edited.devices.map((device) => [device, counterpartOf(device, recorded, edited)] as const)
    const pairings = pairs.flatMap(([device, counterpart]) =>
      counterpart ? [pairing(device, counterpart)] : [],
    )
    this.#pairings = Map.groupBy(pairings, (one) => one.recorded.id)
    this.missing = [
      ...pairings.flatMap(({ device, missing }) => missing.map((signal) => ({ device: device.id, signal }))),
      ...pairs.flatMap(([{ id, signals }, counterpart]) =>
        counterpart ? [] : signals.map(({ name }) => ({ device: id, signal: name })),
      ),
    ]
    this.absent = pairs.flatMap(([{ id }, counterpart]) => (counterpart ? [] : [id]))
    this.moved = pairings
      .filter((one) => fingerprintOf(one.device) !== fingerprintOf(one.recorded))
      .map(({ device }) => device.id)
  }

  /** What the edited map gets of an input. */
  take(input: Input): readonly Input[] {
    if (input.kind !== 'reading' && input.kind !== 'link') return [input]
    return (this.#pairings.get(input.device) ?? []).map((one) => this.#message(input, one))
  }

  /** What a device showed at a moment, as its first reading. */
  shown(device: string, samples: readonly Sample[], at: Instant): readonly Input[] {
    return (this.#pairings.get(device) ?? []).map((one) => {
      this.#said.delete(one.device.id)
      const dated = samples.map((sample) => ({ ...sample, at }))
      return this.#reading(one, { at, completeTo: at, samples: dated })
    })
  }

  #message(input: DeviceMessage, one: Pairing): DeviceMessage {
    if (input.kind === 'reading') return this.#reading(one, input.reading)
    this.#said.delete(one.device.id)
    return { ...input, device: one.device.id }
  }

  #reading({ device, sources, missing }: Pairing, reading: Reading): DeviceMessage {
    const { id, subject } = device
    const said = this.#said.get(id) ?? new Map<string, Said>()
    const isFirst = !this.#said.has(id)
    this.#said.set(id, said)
    const samples = reading.samples.flatMap((sample) =>
      (sources.get(sample.signal) ?? []).map((source) => translated(sample, source, said)),
    )
    const absent = isFirst ? missing.map((signal) => absentSample(signal, reading.at)) : []
    return { kind: 'reading', device: id, subject, reading: { ...reading, samples: [...samples, ...absent] } }
  }
}

/** The device of the same name; else the one that is reached in the same way; else the only one. */
function counterpartOf(device: Device, recorded: MachineMap, edited: MachineMap): Device | undefined {
  const { devices } = recorded
  const alike = devices.filter(({ protocol }) => protocol === device.protocol)
  return (
    alike.find(({ id }) => id === device.id) ??
    alike.find((one) => fingerprintOf(one) === fingerprintOf(device)) ??
    (devices.length === 1 && edited.devices.length === 1 ? alike[0] : undefined)
  )
}

function fingerprintOf({ settings }: Device): string {
  return (settings as RecordedSettings).fingerprint
}

function pairing(device: Device, recorded: Device): Pairing {
  const byPlace = Map.groupBy(recorded.signals, (signal) => placeOf(recorded, signal))
  const found = device.signals.flatMap((edited) => {
    const alike = byPlace.get(placeOf(device, edited)) ?? []
    // Several signals may be parts of one word.
    const signal = alike.find(({ name }) => name === edited.name) ?? alike[0]
    return signal ? [{ edited, recorded: signal, isMeantAlike: isMeantAlike(edited, signal) }] : []
  })
  const sources = Map.groupBy(found, (source) => source.recorded.name)
  const names = new Set(found.map(({ edited }) => edited.name))
  const missing = device.signals.map(({ name }) => name).filter((name) => !names.has(name))
  return { device, recorded, sources, missing }
}

/** From where and as what a signal is read: what decides which value a device gives for it. */
function placeOf({ settings }: Device, { address, type }: SignalSpec): string {
  return JSON.stringify([address, type, (settings as RecordedSettings).wordOrder])
}

function isMeantAlike(one: SignalSpec, other: SignalSpec): boolean {
  return JSON.stringify(meaningOf(one)) === JSON.stringify(meaningOf(other))
}

function meaningOf({ mask, names, invalid, expect, scale, offset, unit }: SignalSpec) {
  return [mask, names, invalid, expect, scale, offset, unit]
}

function translated(
  sample: Sample,
  { edited, recorded, isMeantAlike }: Source,
  said: Map<string, Said>,
): Sample {
  const { name } = edited
  if (isMeantAlike) return { ...sample, signal: name }
  const { meansTheSame: _, ...meant } = meantBy(edited, sample, givenBy(sample, recorded))
  const before = said.get(name)
  said.set(name, meant)
  const isSame =
    before?.value === meant.value && before.quality === meant.quality && before.detail === meant.detail
  return isSame ? { ...meant, meansTheSame: true } : meant
}

/** What the device itself said of its value: what the former map held against it does not count. */
function givenBy(sample: Sample, recorded: SignalSpec): Pick<Sample, 'quality' | 'detail'> {
  const { quality, detail, word } = sample
  const { fault } = interpret(rawOf(sample), recorded, word)
  const isOfMap = quality === 'bad' && fault !== undefined && fault === detail
  if (isOfMap) return { quality: 'good' }
  return detail === undefined ? { quality } : { quality, detail }
}

function meantBy(spec: SignalSpec, sample: Sample, given: Pick<Sample, 'quality' | 'detail'>): Sample {
  const raw = rawOf(sample)
  const { value, fault } = interpret(raw, spec, sample.word)
  const { detail: _, ...rest } = sample
  const said =
    given.quality === 'good' && fault !== undefined ? ({ quality: 'bad', detail: fault } as const) : given
  return { ...rest, ...said, signal: spec.name, value, raw }
}

function absentSample(signal: string, at: Instant): Sample {
  return { signal, value: null, quality: 'bad', at, detail: NOT_RECORDED }
}
