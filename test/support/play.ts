/**
 * Plays a machine into a gateway second by second, and keeps its intervals and downtimes as a reader of the events would.
 * Everything goes through a real pipeline, so a restart knows only what was saved.
 */
import type { DeviceMessage } from '../../src/domain/device.ts'
import type { MachineEvent } from '../../src/domain/events/machine.ts'
import { type Instant, shift } from '../../src/domain/instant.ts'
import type { MachineMap } from '../../src/domain/machine-map.ts'
import { machineOwner } from '../../src/domain/owner.ts'
import type { PlannedTurn } from '../../src/domain/planned-time.ts'
import type { MachineStanding } from '../../src/domain/scan.ts'
import type { Quality, Reading, Sample, SignalValue } from '../../src/domain/signal.ts'
import type { Context } from '../../src/domain/subject.ts'
import type { MachineState } from '../../src/status/state.ts'
import { seesTheSame } from '../../src/status/take-over.ts'
import { dueOf, has, type Played } from './play-device.ts'
import { type End, PlayGateway } from './play-gateway.ts'
import type { PlayRecording } from './play-recording.ts'
import { type DowntimeRow, downtimesOf, type HistoryRow, historyOf, stopsOf, storyOf } from './play-rows.ts'

export const START_MS = Date.UTC(2026, 0, 31, 9)

type Values = Readonly<Record<string, SignalValue>>

interface Restart {
  readonly how?: End
  /** Another boot; a number says by how many seconds its clock is wrong at first. */
  readonly reboot?: boolean | number
  /** So many seconds pass before any device answers. */
  readonly silent?: number
}

interface Cut {
  /** The one that is out; without it all of them. */
  readonly device?: string
  /** Whether the collector notices that the link is gone; if not, the device is merely silent. */
  readonly isTold?: boolean
}

export class Play {
  readonly #gateway: PlayGateway
  readonly #startMs: number
  readonly #devices: readonly Played[]
  #map: MachineMap
  #shown: Readonly<Record<string, Sample>> = {}

  #knownLivedMs = 0
  readonly #witness: (message: DeviceMessage) => void

  /**
   * @param witness is told of all that the gateway is told
   * @param recording what the gateway records into
   */
  constructor(
    map: MachineMap,
    startMs = START_MS,
    witness: (message: DeviceMessage) => void = () => {},
    recording?: PlayRecording,
  ) {
    this.#witness = witness
    this.#map = map
    this.#startMs = startMs
    this.#gateway = new PlayGateway(() => this.#map, startMs, recording)
    this.#devices = map.devices.map((device) => ({
      device,
      isUp: true,
      isNew: false,
      everyMs: device.pollMs,
      dueMs: 0,
      lateMs: undefined,
      changes: [],
    }))
    this.#gateway.start()
  }

  get now(): Instant {
    return this.#gateway.now
  }

  /** How much time has passed in truth, whatever clocks say, in ms. */
  get livedMs(): number {
    return this.#gateway.livedMs
  }

  /** When what the latest start knows was saved, in truth. */
  get knownLivedMs(): number {
    return this.#knownLivedMs
  }

  get state(): MachineState {
    return this.#gateway.subject.state as MachineState
  }

  /** What `status` shows of the machine. */
  get health() {
    return this.#gateway.subject.health()
  }

  /** Somebody scans something at the machine's station. */
  say(said: Omit<Context, 'kind' | 'subject' | 'at'>, secondsAgo = 0): this {
    const at = shift(this.now, -secondsAgo * 1_000)
    this.#gateway.deliver({ kind: 'context', subject: machineOwner(this.#map.machine), at, ...said })
    return this
  }

  /** People take the machine out of service in the MES, or back into it. */
  service(isInService: boolean): this {
    const subject = machineOwner(this.#map.machine)
    this.#gateway.deliver({ kind: 'service', subject, at: this.now, isInService })
    return this
  }

  /**
   * The gateway learns of shifts and breaks: from how many seconds after the start on which is so, for the next ten days. None: no
   * shift is defined. `[[0, 'Early'], [60, 'BREAK'], [90, 'Early'], [600, 'NO_SHIFT']]`
   */
  plan(turns: readonly (readonly [seconds: number, what: string])[]): this {
    const known = turns.map(([seconds, what]) => turnOf(this.#startMs + seconds * 1_000, what))
    const end = { atMs: this.#startMs + 10 * 86_400_000, unplanned: null, shift: null }
    const subject = machineOwner(this.#map.machine)
    const planned = known.length === 0 ? [] : [...known, end]
    this.#gateway.deliver({ kind: 'planned', subject, at: this.now, planned })
    return this
  }

  /**
   * The gateway reads what `machines.status` says in central, where it said something else itself last.
   * @param said for its newest row, unless an older one was the last that had landed
   */
  mes(status: string, said: string, rowMs = this.state.lastStampMs): this {
    const subject = machineOwner(this.#map.machine)
    this.#gateway.deliver({
      kind: 'mes-status',
      subject,
      at: this.now,
      status,
      said: { status: said, rowMs },
    })
    return this
  }

  /** What the machine's station knows of it now. */
  get standing(): MachineStanding {
    return this.#gateway.subject.standing(this.now)
  }

  /** The device is polled this often from now on. */
  every(seconds: number, device?: string): this {
    for (const played of this.#named(device)) played.everyMs = seconds * 1_000
    return this
  }

  /** From now on the device sends its changes itself: they arrive so late, with the moment of the change. */
  late(seconds: number, device?: string): this {
    for (const played of this.#named(device)) played.lateMs = seconds * 1_000
    return this
  }

  /** The device is off, and nobody ever reached it. */
  off(device: string): this {
    for (const played of this.#named(device)) played.isUp = false
    return this
  }

  /** The machine shows these values from now on: they are read at once, and it is polled for so long. */
  show(values: Values, seconds: number, quality: Quality = 'good'): this {
    this.#change(values, quality)
    this.#poll(true)
    return this.watch(seconds)
  }

  /** The machine shows these values from now on, and nobody looks before the next poll is due. */
  live(values: Values, seconds: number): this {
    this.#change(values, 'good')
    return this.watch(seconds)
  }

  /** One reading, at this very moment. */
  read(values: Values): this {
    return this.show(values, 0)
  }

  /** Time passes, and devices are polled when they are due. */
  watch(seconds: number): this {
    const untilMs = this.now.monoMs + seconds * 1_000
    while (this.now.monoMs < untilMs) {
      const dueMs = Math.min(...this.#devices.map(dueOf))
      this.#gateway.pass(Math.max(0, Math.min(untilMs, dueMs) - this.now.monoMs))
      this.#poll(false)
      if (!Number.isFinite(dueMs)) break
    }
    return this
  }

  /** Time passes, the gateway runs, and no device says anything. */
  skip(seconds: number): this {
    this.#gateway.pass(seconds * 1_000)
    return this
  }

  /** The process stands still for so long, and finds everything as it was. */
  stall(seconds: number): this {
    this.#gateway.stall(seconds * 1_000)
    return this
  }

  /** A cable is out for so long, while other devices are polled. On return the machine shows all its values again. */
  cut(seconds: number, values: Values = {}, { device, isTold = true }: Cut = {}): this {
    for (const played of this.#named(device)) {
      played.isUp = false
      if (isTold) this.#link(played, false)
    }
    this.watch(seconds)
    this.#change(values, 'good')
    for (const played of this.#named(device)) {
      played.isUp = true
      if (!isTold) continue
      played.isNew = true
      this.#link(played, true)
    }
    this.#poll(true)
    return this
  }

  /** The gateway ends and starts again after so long, knowing what was saved; then the machine shows all its values again. */
  restart(seconds: number, values: Values = {}, { how = 'stop', reboot, silent = 0 }: Restart = {}): this {
    this.#gateway.end(how)
    this.#knownLivedMs = this.#gateway.storedLivedMs
    this.#gateway.pass(seconds * 1_000)
    if (reboot) this.#gateway.reboot(seconds * 1_000, typeof reboot === 'number' ? reboot * 1_000 : 0)
    this.#gateway.start()
    this.skip(silent)
    this.#change(values, 'good')
    for (const played of this.#devices) {
      if (!played.isUp) continue
      played.isNew = true
      this.#link(played, true)
    }
    this.#poll(true)
    return this
  }

  /** Another version of the machine's map comes into force. Where it reads anything else, its devices are connected anew. */
  reload(map: MachineMap): this {
    const isReadAnew = !seesTheSame(this.#map, map)
    this.#map = map
    this.#gateway.reload()
    for (const played of this.#devices) played.isNew ||= isReadAnew
    return this
  }

  /** The file of the map is taken away, and laid back after so long. */
  withdraw(seconds: number): this {
    this.#gateway.remove()
    this.skip(seconds)
    this.#gateway.reload()
    for (const played of this.#devices) played.isNew = true
    this.#poll(true)
    return this
  }

  /** The wall clock is set; the monotonic one does not notice. */
  stepWallClock(seconds: number): this {
    this.#gateway.stepWallClock(seconds * 1_000)
    return this
  }

  #named(device: string | undefined): readonly Played[] {
    return this.#devices.filter((played) => device === undefined || played.device.id === device)
  }

  #change(values: Values, quality: Quality): void {
    const at = this.now
    const samples = Object.entries(values).map(([signal, value]) => ({ signal, value, quality, at }))
    for (const sample of samples) {
      this.#shown = { ...this.#shown, [sample.signal]: sample }
      this.#devices.find(({ device }) => has(device, sample.signal))?.changes.push(sample)
    }
  }

  /** Reads the devices that are due, or all of them. */
  #poll(isNow: boolean): void {
    for (const played of this.#devices) {
      if (!played.isUp || !(isNow || dueOf(played) <= this.now.monoMs)) continue
      played.dueMs = this.now.monoMs + played.everyMs
      const { id, subject } = played.device
      this.#deliver({ kind: 'reading', device: id, subject, reading: this.#reading(played) })
    }
  }

  #reading(played: Played): Reading {
    const at = this.now
    const { device, lateMs, isNew } = played
    played.isNew = false
    const completeTo = shift(at, -(lateMs ?? 0))
    const isDue = (sample: Sample) => sample.at.boot !== at.boot || sample.at.monoMs <= completeTo.monoMs
    const due = isNew
      ? Object.values(this.#shown).filter(({ signal }) => has(device, signal))
      : played.changes.filter(isDue)
    played.changes = isNew ? [] : played.changes.filter((sample) => !isDue(sample))
    const isOfNow = lateMs === undefined || isNew
    // A driver reckons from the moment of the receipt how long ago a change was, whatever was done to the clock meanwhile.
    const samples = due.map((sample) => ({
      ...sample,
      at: isOfNow ? at : shift(at, sample.at.monoMs - at.monoMs),
    }))
    return { at, completeTo, samples }
  }

  #deliver(message: DeviceMessage): void {
    this.#witness(message)
    this.#gateway.deliver(message)
  }

  #link({ device: { id, subject } }: Played, up: boolean): void {
    this.#deliver({ kind: 'link', device: id, subject, up, at: this.now })
  }

  /** What is on disk. */
  get events(): readonly MachineEvent[] {
    return this.#gateway.events
  }

  /** For each of the events: when it was made, in truth. */
  get eventsLivedMs(): readonly number[] {
    return this.#gateway.eventsLivedMs
  }

  /** Which of the events came of something that was not recorded because of a kill. */
  get unrecorded(): ReadonlySet<number> {
    return this.#gateway.unrecorded
  }

  get history(): readonly HistoryRow[] {
    return historyOf(this.events)
  }

  get downtimes(): readonly DowntimeRow[] {
    return downtimesOf(this.events)
  }

  /** History in short, seconds from the start: `+60 down mechanical_failure`. */
  get story(): readonly string[] {
    return storyOf(this.history, this.#startMs)
  }

  /** Downtimes in short: `+60..+660 mechanical_failure equipment 10 min`. */
  get stops(): readonly string[] {
    return stopsOf(this.downtimes, this.#startMs)
  }
}

function turnOf(atMs: number, what: string): PlannedTurn {
  if (what === 'NO_SHIFT') return { atMs, unplanned: what, shift: null }
  if (what === 'BREAK') return { atMs, unplanned: what, shift: 'Early' }
  return { atMs, unplanned: null, shift: what }
}
