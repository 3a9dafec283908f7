/**
 * A gateway for plays: a real pipeline on clocks that the play moves, and a log in memory that keeps what was saved as the disk
 * would. It can be stopped, killed, stalled and started again in the same boot or another one; what a start knows is what was
 * saved, and nothing else.
 */
import type { DeviceMessage } from '../../src/domain/device.ts'
import type { MachineEvent } from '../../src/domain/events/machine.ts'
import { type Instant, shift } from '../../src/domain/instant.ts'
import type { MachineMap } from '../../src/domain/machine-map.ts'
import type { OutboxEntry } from '../../src/domain/outbox.ts'
import { machineOwner, type Owner } from '../../src/domain/owner.ts'
import type { PlannedMessage } from '../../src/domain/planned-time.ts'
import type { Context, MesStatusMessage, ServiceMessage } from '../../src/domain/subject.ts'
import { recordedMachine } from '../../src/gateway/recorded-machine.ts'
import { Pipeline } from '../../src/pipeline.ts'
import type { Clock } from '../../src/runtime/clock.ts'
import { createLog } from '../../src/runtime/log.ts'
import { isMachineSubject, type MachineSubject, machineSubject } from '../../src/status/machine-subject.ts'
import type { PlayRecording } from './play-recording.ts'

/** The pipeline beats every second. Where polls are rarer than every ten seconds, ten beats a poll are enough, and quicker. */
const BEAT_MS = 1_000
const BEATS_A_POLL = 10
/** By then a commit is on disk for certain. */
const SYNCED_MS = 1_000
/** What is recorded is written so often, where the log is synced by then: a real recorder waits for that. */
const FLUSH_MS = 5_000
/** A computer has been up for so long when the gateway starts on it. */
const BOOT_MS = 15_000
const log = createLog('silent')

/** How a run of the gateway ends: `stop` as by SIGTERM; `kill` as by SIGKILL; `power`: what the disk had not synced yet is lost as well. */
export type End = 'stop' | 'kill' | 'power'

/** An event on disk, with the moment in truth at which it was made. */
interface Kept {
  readonly livedMs: number
  readonly event: MachineEvent
}

export class PlayGateway {
  readonly #map: () => MachineMap
  readonly #beatMs: number
  readonly #kept: Kept[] = []
  readonly #states = new Map<string, unknown>()
  /** The newest entry, of which a power cut leaves nothing. */
  #newest: OutboxEntry = { at: { boot: '', wallMs: 0, monoMs: 0 }, events: [], states: {} }
  #newestLivedMs = 0
  #storedLivedMs = 0
  #storedBeforeMs = 0
  #syncedLivedMs = 0
  #pipeline: Pipeline | undefined
  #now: Instant
  #boots = 1
  #livedMs = 0
  /** The monotonic moment of the next beat; undefined while no gateway runs. */
  #beatAtMs: number | undefined

  readonly #recording: PlayRecording | undefined
  #flushedLivedMs = 0
  #recordedEvents = 0
  readonly #unrecorded = new Set<number>()

  constructor(map: () => MachineMap, startMs: number, recording?: PlayRecording) {
    this.#map = map
    this.#recording = recording
    const pollMs = Math.min(...map().devices.map((device) => device.pollMs))
    this.#beatMs = Math.max(BEAT_MS, pollMs / BEATS_A_POLL)
    this.#now = { boot: 'boot-1', wallMs: startMs, monoMs: 1_000_000 }
  }

  get now(): Instant {
    return this.#now
  }

  /** What is on disk, in order. */
  get events(): readonly MachineEvent[] {
    return this.#kept.map(({ event }) => event)
  }

  /** For each event on disk: when it was made, in truth. */
  get eventsLivedMs(): readonly number[] {
    return this.#kept.map(({ livedMs }) => livedMs)
  }

  /** When the newest state of the machine on disk was made, in truth: that the gateway ran says nothing of the machine. */
  get storedLivedMs(): number {
    return this.#storedLivedMs
  }

  /** How much time has passed in truth since the play began, whatever clocks say. */
  get livedMs(): number {
    return this.#livedMs
  }

  /** Which of the events came of something that was not recorded because of a kill. */
  get unrecorded(): ReadonlySet<number> {
    return this.#unrecorded
  }

  get subject(): MachineSubject {
    const subject = this.#pipeline?.subjects[0]
    if (!subject || !isMachineSubject(subject)) throw new Error('no machine is in place')
    return subject
  }

  get isRunning(): boolean {
    return this.#pipeline !== undefined
  }

  start(): void {
    const clock: Clock = { now: () => this.#now, sleep: async () => {}, after: () => () => {} }
    const outbox = {
      append: async (entry: OutboxEntry) => this.#append(entry),
      uncommitted: 0,
      states: async () => ({}),
    }
    this.#recording?.start(() => this.#now)
    this.#flushedLivedMs = this.#livedMs
    this.#recordedEvents = this.#kept.length
    this.#pipeline = new Pipeline({ outbox, clock, log }, this.#saved())
    this.reload()
    this.#pipeline.beat()
    this.#beatAtMs = this.#now.monoMs + this.#beatMs
  }

  /** Puts the map, or another version of it, in place. */
  reload(): void {
    this.#pipeline?.put(machineOwner(this.#map().machine), (remembered) =>
      recordedMachine(machineSubject(this.#map(), remembered), remembered, this.#recording?.recorder),
    )
  }

  /** The map's file was taken away. */
  remove(): void {
    this.#pipeline?.remove(machineOwner(this.#map().machine))
  }

  end(how: End): void {
    if (how === 'stop') this.#pipeline?.beat(true)
    if (how === 'power') this.#loseNewest()
    if (how !== 'stop')
      for (let nth = this.#recordedEvents; nth < this.#kept.length; nth++) this.#unrecorded.add(nth)
    this.#recording?.end(how === 'stop' ? 'stop' : 'kill')
    this.#pipeline = undefined
    this.#beatAtMs = undefined
  }

  deliver(message: DeviceMessage | Context | ServiceMessage | MesStatusMessage | PlannedMessage): void {
    this.#pipeline?.deliver(message)
  }

  /** Time passes; a gateway that runs has its beat every second. */
  pass(ms: number): void {
    const untilMs = this.#now.monoMs + ms
    while (this.#beatAtMs !== undefined && this.#beatAtMs <= untilMs) {
      this.#live(this.#beatAtMs - this.#now.monoMs)
      this.#pipeline?.beat()
      this.#flushRecording()
      this.#beatAtMs += this.#beatMs
    }
    this.#live(untilMs - this.#now.monoMs)
  }

  #flushRecording(): void {
    const isSynced = this.#livedMs - this.#newestLivedMs > SYNCED_MS
    if (!this.#recording || !isSynced || this.#livedMs - this.#flushedLivedMs < FLUSH_MS) return
    this.#recording.flush()
    this.#flushedLivedMs = this.#livedMs
    this.#recordedEvents = this.#kept.length
  }

  /** The process stands still, as by SIGSTOP or in a paused virtual machine. */
  stall(ms: number): void {
    this.#live(ms)
    if (this.#beatAtMs !== undefined) this.#beatAtMs = this.#now.monoMs
  }

  #live(ms: number): void {
    this.#now = shift(this.#now, ms)
    this.#livedMs += ms
  }

  /** The computer has started again since nothing ran, `offMs` ago. Its clock shows `clockErrorMs` more than is right. */
  reboot(offMs: number, clockErrorMs = 0): void {
    this.#boots += 1
    const wallMs = this.#now.wallMs + clockErrorMs
    this.#now = { boot: `boot-${this.#boots}`, wallMs, monoMs: Math.min(BOOT_MS, offMs) }
  }

  /** The wall clock is set; the monotonic one does not notice. */
  stepWallClock(ms: number): void {
    this.#now = { ...this.#now, wallMs: this.#now.wallMs + ms }
  }

  #append(entry: OutboxEntry): void {
    this.#sync()
    this.#newest = entry
    this.#newestLivedMs = this.#livedMs
    this.#storedBeforeMs = this.#storedLivedMs
    if (machineOwner(this.#map().machine) in entry.states) this.#storedLivedMs = this.#livedMs
    for (const event of entry.events as unknown as readonly MachineEvent[]) {
      this.#kept.push({ livedMs: this.#livedMs, event })
    }
  }

  #sync(): void {
    this.#syncedLivedMs = this.#newestLivedMs
    for (const owner in this.#newest.states) {
      const state = this.#newest.states[owner as Owner]
      if (state === null) this.#states.delete(owner)
      else this.#states.set(owner, state)
    }
  }

  #loseNewest(): void {
    if (this.#livedMs - this.#newestLivedMs > SYNCED_MS) return
    this.#kept.length -= this.#newest.events.length
    this.#newest = { ...this.#newest, events: [], states: {} }
    this.#newestLivedMs = this.#syncedLivedMs
    this.#storedLivedMs = this.#storedBeforeMs
  }

  /** What the disk gives back: JSON, the newest of each owner. What a start has read is not lost any more. */
  #saved(): Readonly<Record<Owner, unknown>> {
    this.#sync()
    this.#newest = { ...this.#newest, events: [], states: {} }
    return JSON.parse(JSON.stringify(Object.fromEntries(this.#states)))
  }
}
