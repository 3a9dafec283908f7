/** A machine as it is in truth, with its PLC: what it does, what its registers show, and when it could not be seen. */
import type { Random } from '../random.ts'
import type { VirtualTime } from '../virtual-time.ts'

export const STATES = ['ready', 'run', 'fault', 'setup', 'service'] as const
export type State = (typeof STATES)[number]

/** How the link to it is. `late`: it answers when nobody waits for it any more; `frozen`: it answers, and its program stands still. */
export type LinkState = 'up' | 'silent' | 'refused' | 'late' | 'frozen' | 'bad'

export interface Shown {
  readonly state: State
  readonly fault: number
  /** Parts, as a register of 16 bits counts them. */
  readonly good: number
  readonly alive: number
}

/** A stretch of time in truth, both ends in ms since the life began. */
export interface Span {
  readonly from: number
  readonly to: number
}

const REGISTER = 65_536
const PART_MS = 2_000
/** Seldom shorter than any debounce; sometimes long enough for a downtime, or for a loss. */
const STRETCHES_MS: readonly (readonly [number, number])[] = [
  [800, 8_000],
  [12_000, 45_000],
  [20_000, 60_000],
  [60_000, 120_000],
  [130_000, 220_000],
]

export class Plc {
  readonly code: string
  /** What it did, in order: each from its moment on. */
  readonly truth: { readonly at: number; readonly state: State }[] = []
  /** When it could not be seen. The last one may still go on. */
  readonly blind: { from: number; to: number }[] = []
  readonly #random: Random
  readonly #time: VirtualTime
  #link: LinkState = 'up'
  #fault = 0
  #parts: number
  #partsAt = 0
  #frozen: Shown | undefined
  #isChattering = false
  #isHeld = false

  constructor(code: string, random: Random, time: VirtualTime) {
    this.code = code
    this.#random = random
    this.#time = time
    this.#parts = REGISTER - random.between(1, 120)
    this.turn('ready')
    this.#live()
  }

  get state(): State {
    return this.truth.at(-1)?.state ?? 'ready'
  }

  get link(): LinkState {
    return this.#link
  }

  /** Changes of its state since a moment, for whoever is told of each. */
  changesSince(at: number): readonly { readonly at: number; readonly state: State }[] {
    return this.truth.filter((one) => one.at > at)
  }

  get shown(): Shown {
    if (this.#frozen) return this.#frozen
    this.#count()
    const { nowMs } = this
    const alive = Math.floor(nowMs / 500) % REGISTER
    return { state: this.state, fault: this.#fault, good: this.#parts % REGISTER, alive }
  }

  get nowMs(): number {
    return this.#time.now().monoMs
  }

  turn(state: State): void {
    this.#count()
    if (this.truth.length > 0 && state === this.state) return
    this.#fault = state === 'fault' ? this.#random.pick([101, 210, 999]) : 0
    this.truth.push({ at: this.nowMs, state })
  }

  become(link: LinkState): void {
    const wasBlind = this.#link !== 'up'
    this.#frozen = link === 'frozen' ? this.shown : undefined
    this.#link = link
    const last = this.blind.at(-1)
    if (wasBlind && last) last.to = this.nowMs
    if (link !== 'up') this.blind.push({ from: this.nowMs, to: Number.POSITIVE_INFINITY })
  }

  /** The program begins anew: counters are at 0. */
  reboot(): void {
    this.#count()
    this.#parts = 0
  }

  chatter(isOn: boolean): void {
    this.#isChattering = isOn
  }

  /** It stays as it is. */
  hold(): void {
    this.#isHeld = true
  }

  #live(): void {
    const ms = this.#isChattering
      ? this.#random.pick([20, 300, 500])
      : this.#random.between(...this.#random.pick(STRETCHES_MS))
    this.#time.after(ms, () => {
      if (this.#isHeld) return
      this.turn(
        this.#isChattering && this.state !== 'ready'
          ? 'ready'
          : this.#random.pick(['run', 'run', 'run', 'ready', 'fault', 'fault', 'setup', 'service'] as const),
      )
      this.#live()
    })
  }

  #count(): void {
    const made = Math.floor(this.nowMs / PART_MS) - Math.floor(this.#partsAt / PART_MS)
    if (this.truth.at(-1)?.state === 'run') this.#parts += made
    this.#partsAt = this.nowMs
  }
}
