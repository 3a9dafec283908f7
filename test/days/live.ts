/** Lives a day: plays it into a gateway, and takes down what the gateway was told, by a clock that is always right. */
import type { DeviceMessage } from '../../src/domain/device.ts'
import type { MachineEvent } from '../../src/domain/events/machine.ts'
import type { MachineMap, StatusRule } from '../../src/domain/machine-map.ts'
import type { MachineStanding } from '../../src/domain/scan.ts'
import type { Quality, SignalValue } from '../../src/domain/signal.ts'
import type { Context } from '../../src/domain/subject.ts'
import { Play } from '../support/play.ts'
import type { PlayRecording } from '../support/play-recording.ts'
import { device, press, rule } from '../support/press.ts'
import type { Chapter, Day, Scan, Setting } from './day.ts'

export const PLC = 'PRESS-07/plc'
export const OTHER = 'PRESS-07/other'
/** What came last is judged by then: a heartbeat has beaten, devices have had their time to answer, nothing waits for the time. */
const SETTLED_POLLS = 75
/** A computer without a battery asks for the time after its boot. */
const SET_AFTER_S = 30
/** Left out: a machine that is silent until nobody waits for the time any more. */
const SILENT_MAX_S = 60
/** No computer is back before that. */
const BOOT_S = 20
/** `users.id` */
export const OPERATOR = 7
const MIDNIGHT = Date.UTC(2026, 0, 31)

/** What one message told, with its moments in ms since the day began. */
export type Told =
  | {
      readonly kind: 'reading'
      readonly device: string
      readonly completeTo: number
      readonly samples: readonly {
        readonly at: number
        readonly signal: string
        readonly value: SignalValue
        readonly quality: Quality
      }[]
    }
  | { readonly kind: 'link'; readonly device: string; readonly up: boolean; readonly at: number }
  /** The gateway was away from `at` to `startedAt`, and saw the machine at `backAt`; what it had seen since `knownTo` may be forgotten. */
  | {
      readonly kind: 'away'
      readonly at: number
      readonly knownTo: number
      readonly startedAt: number
      readonly backAt: number
      readonly isReboot: boolean
    }
  /** Somebody scanned; `made` are the events that came of it at once. */
  | {
      readonly kind: 'scan'
      readonly at: number
      readonly scan: Scan
      /** Of a reason. */
      readonly code: string
      readonly standing: MachineStanding
      readonly made: readonly MachineEvent[]
    }

export interface Lived {
  readonly day: Day
  readonly told: readonly Told[]
  readonly events: readonly MachineEvent[]
  /** When each of the events was made. */
  readonly eventsAt: readonly number[]
  /** From each moment on: what the wall clock shows more than the time since the day began. */
  readonly clock: readonly { readonly from: number; readonly offset: number }[]
  readonly end: number
  /** Which of the events came of something that was not recorded because of a kill. */
  readonly unrecorded: ReadonlySet<number>
}

/** @param recording what the gateway records into */
export function live(day: Day, recording?: PlayRecording): Lived {
  return new Life(day, recording).lived()
}

class Life {
  readonly #day: Day
  readonly #play: Play
  readonly #told: Told[] = []
  readonly #clock: { from: number; offset: number }[] = []
  #beats = 0
  #scans = 0

  constructor(day: Day, recording: PlayRecording | undefined) {
    const { setting } = day
    this.#day = day
    const startMs = MIDNIGHT - setting.midnight * setting.pollS * 1_000
    const witness = (message: DeviceMessage) => this.#told.push(this.#noted(message))
    this.#play = new Play(mapOf(setting), startMs, witness, recording)
    if (setting.lateS > 0) this.#play.late(setting.lateS, PLC)
  }

  lived(): Lived {
    this.#lookAtClock()
    this.#play.read({ state: 'ready', fault: 0, order: '', gate: 'closed', power: 1, alive: 0 })
    for (const chapter of this.#day.chapters) this.#live(chapter)
    // So that whatever came last is judged.
    this.#pass(SETTLED_POLLS)
    const { events, eventsLivedMs, livedMs, unrecorded } = this.#play
    return {
      day: this.#day,
      told: this.#told,
      events,
      eventsAt: eventsLivedMs,
      clock: this.#clock,
      end: livedMs,
      unrecorded,
    }
  }

  #live(chapter: Chapter): void {
    if (chapter.kind === 'cut') this.#cut(chapter)
    else if (chapter.kind === 'restart') this.#restart(chapter)
    else if (chapter.kind === 'step') this.#step(chapter.seconds)
    else if (chapter.kind === 'stall') this.#play.stall(this.#seconds(chapter.polls))
    else if (chapter.kind === 'frozen') this.#play.watch(this.#seconds(chapter.polls))
    else if (chapter.kind === 'bad') this.#turnBad(chapter.polls)
    else if (chapter.kind === 'scan') this.#scan(chapter)
    else this.#show(shownBy(chapter), chapter.polls)
  }

  #show(values: Readonly<Record<string, SignalValue>>, polls: number): void {
    this.#play.live(values, 0)
    this.#pass(polls)
  }

  #turnBad(polls: number): void {
    this.#play.show({ state: 'run' }, 0, 'bad')
    this.#pass(polls)
    this.#play.live({ state: 'ready' }, 0)
  }

  #scan({ scan, polls }: Extract<Chapter, { kind: 'scan' }>): void {
    this.#scans += 1
    // Never at the very moment of a reading: which of the two came first would be anybody's guess.
    this.#play.skip(0.01)
    const code = `R${this.#scans}`
    const { standing, livedMs: at, events } = this.#play
    const before = events.length
    this.#play.say({ operator: OPERATOR, ...saidBy(scan, code) })
    const made = this.#play.events.slice(before)
    this.#told.push({ kind: 'scan', at, scan, code, standing, made })
    // By then it is on disk, whatever happens to the power.
    this.#pass(Math.max(polls, 2 / this.#day.setting.pollS))
  }

  #step(seconds: number): void {
    this.#play.stepWallClock(seconds)
    this.#lookAtClock()
    // A leap is believed when it has lasted for a minute; a gateway that ends before then does not know it.
    this.#pass(75)
  }

  #cut({ device: part, told, polls }: Extract<Chapter, { kind: 'cut' }>): void {
    const id = part === 'plc' ? PLC : part === 'other' ? OTHER : undefined
    const cut = id === undefined ? { isTold: told } : { device: id, isTold: told }
    this.#play.cut(this.#seconds(polls), this.#beat(), cut)
  }

  #restart({ how, reboot, polls, silent }: Extract<Chapter, { kind: 'restart' }>): void {
    const at = this.#play.livedMs
    const place = this.#told.length
    const away = Math.max(reboot ? BOOT_S : 0, this.#seconds(polls))
    const isUnset = reboot && !this.#day.setting.battery
    this.#play.restart(away, this.#beat(), {
      how,
      reboot: isUnset ? -away : reboot,
      silent: isUnset ? Math.min(this.#seconds(silent), SILENT_MAX_S) : this.#seconds(silent),
    })
    // What was read since the last but one poll before the last thing saved may be forgotten.
    const knownTo = Math.min(at, this.#play.knownLivedMs) - (how === 'stop' ? 0 : this.#seconds(1))
    const backAt = this.#play.livedMs
    this.#told.splice(place, 0, {
      kind: 'away',
      at,
      knownTo,
      startedAt: at + away * 1_000,
      backAt,
      isReboot: reboot,
    })
    this.#lookAtClock()
    if (isUnset) this.#setAfterBoot(away)
  }

  #setAfterBoot(seconds: number): void {
    this.#pass(SET_AFTER_S / this.#day.setting.pollS)
    this.#play.stepWallClock(seconds)
    this.#lookAtClock()
    this.#pass(15)
  }

  /** Time passes; the heart beats with every poll. */
  #pass(polls: number): void {
    if (!this.#day.setting.heart) {
      this.#play.watch(this.#seconds(polls))
      return
    }
    for (let left = polls; left > 0; left -= 1) {
      this.#play.live(this.#beat(), this.#seconds(Math.min(1, left)))
    }
  }

  #beat(): Readonly<Record<string, SignalValue>> {
    if (!this.#day.setting.heart) return {}
    this.#beats += 1
    return { alive: this.#beats }
  }

  #seconds(polls: number): number {
    return polls * this.#day.setting.pollS
  }

  #lookAtClock(): void {
    const from = this.#play.livedMs
    const offset = this.#play.now.wallMs - from
    if (Math.abs(offset - (this.#clock.at(-1)?.offset ?? Number.NaN)) < 0.5) return
    this.#clock.push({ from, offset })
  }

  #noted(message: DeviceMessage): Told {
    const now = this.#play.now
    const moment = (at: { readonly monoMs: number }) => this.#play.livedMs + at.monoMs - now.monoMs
    if (message.kind === 'link')
      return { kind: 'link', device: message.device, up: message.up, at: this.#play.livedMs }
    const { completeTo, samples } = message.reading
    return {
      kind: 'reading',
      device: message.device,
      completeTo: moment(completeTo),
      samples: samples.map(({ at, signal, value, quality }) => ({ at: moment(at), signal, value, quality })),
    }
  }
}

function saidBy(scan: Scan, code: string): Omit<Context, 'kind' | 'subject' | 'at'> {
  switch (scan.kind) {
    case 'order':
      return { workOrder: scan.order }
    case 'reason':
      return { reason: { code, category: 'process', operator: OPERATOR, isNewStop: scan.isNewStop } }
    case 'declare':
      return { declared: { status: scan.status, reason: code, operator: OPERATOR } }
    case 'release':
      return { declared: null }
  }
}

function shownBy(chapter: Extract<Chapter, { kind: 'state' | 'gate' | 'order' }>) {
  switch (chapter.kind) {
    case 'state':
      return { state: chapter.state, fault: chapter.code }
    case 'gate':
      return { gate: chapter.open ? 'open' : 'closed' }
    case 'order':
      return { order: chapter.order }
  }
}

function mapOf(setting: Setting): MachineMap {
  const own = ['state', 'fault', 'order', 'alive']
  const other = setting.devices === 'one' ? [] : [device(OTHER, ['gate', 'power'])]
  const devices = [device(PLC, own), ...other].map((one) => ({ ...one, pollMs: setting.pollS * 1_000 }))
  const gate: StatusRule = {
    ...rule('idle', { gate: 'open' }, 2_000),
    reason: { kind: 'fixed', code: 'gate_open' },
  }
  const rules = [...(setting.devices === 'gate' ? [gate] : []), ...press().rules]
  const { stops, onCommLoss } = press()
  return press({
    devices,
    rules: setting.debounced ? rules : rules.map((one) => ({ ...one, forMs: 0, releaseMs: 0 })),
    stops: setting.debounced ? stops : { ...stops, ignoreStopBelowMs: 0, ignoreRunBelowMs: 0 },
    onCommLoss: { ...onCommLoss, afterMs: afterMsOf(setting) },
    heartbeats: setting.heart ? [{ signal: 'alive', staleAfterMs: staleAfterMsOf(setting) }] : [],
    ...(setting.staffed ? {} : { workOrderSignal: 'order' }),
  })
}

export function afterMsOf({ pollS }: Setting): number {
  return Math.max(30_000, 3_000 * pollS)
}

export function staleAfterMsOf({ pollS }: Setting): number {
  return Math.max(10_000, 3_000 * pollS)
}
