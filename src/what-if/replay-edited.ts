/**
 * Replays a recorded machine under an edited map, as if that had been in force since the first segment. It goes on over all segments
 * with what it remembers itself; only its inputs come from the recording.
 */

import type { MachineEvent } from '../domain/events/machine.ts'
import type { Instant } from '../domain/instant.ts'
import type { MachineMap } from '../domain/machine-map.ts'
import type { TimeSpan } from '../history/timeline.ts'
import type { RecordedSegment } from '../recording/read-recording.ts'
import type { Input } from '../status/derive.ts'
import { type MachineSubject, machineSubject } from '../status/machine-subject.ts'
import { seesTheSame } from '../status/take-over.ts'
import { atOf } from '../status/time-unknown.ts'
import { type Obstacle, whyUnseen } from '../status/why-unseen.ts'
import { noteMissing, type ReplayListener, rememberedIn, type SegmentEnd } from './replay.ts'
import { type MissingSignal, Translation } from './translation.ts'

/** What could not be known. */
interface EditedReplay {
  /** Signals that the edited map reads and that were not recorded. */
  readonly missing: readonly MissingSignal[]
  /** Devices that the edited map reaches in another way. */
  readonly moved: readonly string[]
  /** When the rules would have needed such a signal. */
  readonly undecided: readonly TimeSpan[]
  readonly subject: MachineSubject | undefined
}

/** @param edited as it would be recorded */
export function replayEdited(
  segments: readonly RecordedSegment[],
  edited: MachineMap,
  listener: ReplayListener,
): EditedReplay {
  const player = new EditedPlayer(edited, listener)
  for (const segment of segments) player.play(segment)
  return player.result
}

class EditedPlayer {
  readonly #edited: MachineMap
  readonly #listener: ReplayListener
  readonly #missing = new Map<string, MissingSignal>()
  readonly #absent = new Set<string>()
  readonly #moved = new Set<string>()
  readonly #undecided: { fromMs: number; toMs: number }[] = []
  #translation: Translation
  #subject: MachineSubject | undefined
  #end: SegmentEnd | undefined
  #isUndecided = false

  constructor(edited: MachineMap, listener: ReplayListener) {
    this.#edited = edited
    this.#listener = listener
    this.#translation = new Translation(edited, edited)
  }

  get result(): EditedReplay {
    return {
      missing: [...this.#missing.values()],
      moved: [...this.#moved],
      undecided: this.#undecided,
      subject: this.#subject,
    }
  }

  play(segment: RecordedSegment): void {
    noteMissing(this.#end, segment, this.#listener)
    this.#begin(segment)
    let at = segment.began
    this.#end = { at, how: undefined }
    for (const entry of segment.entries()) {
      if (entry.kind === 'input') {
        at = atOf(entry.input)
        for (const input of this.#translation.take(entry.input)) this.#take(input)
        continue
      }
      if (entry.kind === 'retired') this.#retire(at)
      this.#end = { at: entry.kind === 'stopped' ? entry.at : at, how: entry.kind }
      return
    }
    this.#end = { at, how: undefined }
  }

  #begin(segment: RecordedSegment): void {
    const { map, snapshot, began } = segment
    const goesOn = this.#end?.how === 'over' && snapshot.kind === 'goes-on'
    if (!goesOn || !seesTheSame(this.#translatedFrom ?? map, map)) this.#translate(map)
    if (!this.#subject) this.#takeOver(segment)
    else if (snapshot.kind === 'start') {
      const { aliveAt } = snapshot
      const state: unknown = JSON.parse(JSON.stringify(this.#subject.state))
      this.#subject = this.#made({ state, lastSeen: undefined, aliveAt, before: undefined, now: began })
    } else if (!goesOn) this.#goOnBehindGap(segment)
  }

  #translatedFrom: MachineMap | undefined

  #translate(map: MachineMap): void {
    this.#translatedFrom = map
    this.#translation = new Translation(map, this.#edited)
    for (const one of this.#translation.missing) this.#missing.set(`${one.device} ${one.signal}`, one)
    for (const device of this.#translation.absent) this.#absent.add(device)
    for (const device of this.#translation.moved) this.#moved.add(device)
  }

  /** From the machine as it was under the map of then. */
  #takeOver(segment: RecordedSegment): void {
    const { map, snapshot, began } = segment
    this.#subject = this.#made(rememberedIn(snapshot, map, began))
    this.#listener.begins?.(this.#subject, segment)
    if (snapshot.kind === 'goes-on' && !seesTheSame(map, this.#edited)) this.#show(segment)
  }

  /** Nothing was seen in between; then the devices show what they show. */
  #goOnBehindGap(segment: RecordedSegment): void {
    const from = this.#end?.at ?? segment.began
    this.#take({ kind: 'stall', from, to: segment.began })
    const subject = this.#subject?.owner
    for (const { id } of this.#edited.devices)
      if (subject) this.#take({ kind: 'link', device: id, subject, up: false, at: segment.began })
    this.#show(segment)
  }

  #show({ snapshot, began }: RecordedSegment): void {
    if (snapshot.kind !== 'goes-on') return
    for (const { device, samples } of snapshot.shown)
      for (const input of this.#translation.shown(device, samples, began)) this.#take(input)
  }

  #made(remembered: Parameters<typeof machineSubject>[1]): MachineSubject {
    return machineSubject(this.#edited, remembered)
  }

  #take(input: Input): void {
    if (!this.#subject) return
    const at = atOf(input)
    this.#listener.came(this.#subject.take(input).events as readonly MachineEvent[], at)
    if (this.#missing.size > 0) this.#noteUndecided(at)
  }

  #retire(at: Instant): void {
    if (!this.#subject) return
    const { events, state } = this.#subject.retire()
    this.#listener.came(events as readonly MachineEvent[], at)
    this.#subject = this.#made({
      state: JSON.parse(JSON.stringify(state ?? null)) ?? undefined,
      lastSeen: undefined,
      before: undefined,
      now: at,
    })
  }

  #noteUndecided(at: Instant): void {
    const obstacle = this.#obstacle(at)
    const isUndecided = obstacle !== undefined && this.#isMissing(obstacle)
    const last = this.#undecided.at(-1)
    if (this.#isUndecided && last) last.toMs = at.wallMs
    else if (isUndecided) this.#undecided.push({ fromMs: at.wallMs, toMs: at.wallMs })
    this.#isUndecided = isUndecided
  }

  #obstacle(at: Instant): Obstacle | undefined {
    if (!this.#subject || this.#subject.isWaiting) return undefined
    const { durable: state, view } = this.#subject.memory
    return whyUnseen({ map: this.#edited, state, view }, at)
  }

  /** A device of which nothing was recorded is none that was away. */
  #isMissing({ signal, device }: Obstacle): boolean {
    if (signal === null) return device !== null && this.#absent.has(device)
    return [...this.#missing.values()].some((one) => one.signal === signal)
  }
}
