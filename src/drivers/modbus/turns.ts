/** Whose request is sent next on a line: in the order in which they came, except that silent units do not hold up the others. */
import type { LineRead, LineUser } from './line-read.ts'

/** A unit that missed so many answers in a row, with all their repeats, is called silent, until it answers. */
const SILENT_AFTER = 2
/**
 * After each wait for a silent unit, none of them is asked for so many times as long: at first a few times, so that a unit that
 * was restarted is soon found, then twice as many after each further wait. In the end all silent units together take a twentieth
 * of the line, whatever their number.
 */
const OTHERS_SHARE_FIRST = 3
const OTHERS_SHARE_MAX = 19
/** On a wire a silent unit is waited for so long only, unless it was slower when it last answered. */
const PROBE_MS = 250
/** It may have become slower since, or may never have been heard because it is: this one of so many waits is as long as may be. */
const FULL_PROBE_EVERY = 8
/**
 * A gateway may go on waiting for a unit when we do not any more, and answers nobody meanwhile. So the next one gets this much
 * longer, as long as the line has been silent for less than the limit.
 */
const GRACE_MS = 2_000
const GRACE_WITHIN_MS = 10_000

/** What comes next: a request, or nothing before a moment of the monotonic clock. */
type Turn = { readonly read: LineRead } | { readonly atMs: number }

/** The requests that wait for one line, at most one of each unit. */
export class Turns {
  #waiting: LineRead[] = []
  /** How many answers in a row each unit has missed, by unit id: they outlast the links, which come and go. */
  readonly #missed = new Map<number, number>()
  /** Ids of the units that have ever answered. */
  readonly #known = new Set<number>()
  /** The first unit that missed an answer since the line was last heard, and when it was asked. */
  #firstMissed: { readonly unit: number; readonly askedMs: number } | undefined
  #silentAgainMs = 0

  get isEmpty(): boolean {
    return this.#waiting.length === 0
  }

  /** Those who wait, in order. */
  get users(): readonly LineUser[] {
    return this.#waiting.map(({ user }) => user)
  }

  add(read: LineRead): void {
    this.#waiting.push(read)
  }

  forget(user: LineUser): void {
    this.#waiting = this.#waiting.filter((read) => read.user !== user)
  }

  clear(): void {
    this.#waiting = []
  }

  /**
   * The first request whose time has come, or when that of the next one comes. `readyMs` says from when on the line itself lets
   * a unit be asked; `users` are all that are on the line.
   */
  next(nowMs: number, readyMs: (read: LineRead) => number, users: Iterable<LineUser>): Turn | undefined {
    let atMs = Number.POSITIVE_INFINITY
    const others = this.#missed.size === 0 ? [] : [...users].filter(({ unit }) => !this.isSilent(unit))
    for (const [nth, read] of this.#waiting.entries()) {
      const isHeldUp = others.length > 0 && this.isSilent(read.user.unit)
      const startMs = Math.max(readyMs(read), isHeldUp ? this.#silentAgainMs : 0)
      if (startMs <= nowMs) {
        this.#waiting.splice(nth, 1)
        return { read }
      }
      atMs = Math.min(atMs, startMs)
    }
    return Number.isFinite(atMs) ? { atMs } : undefined
  }

  /** The line was busy for nothing since the first unit missed an answer: all of that counts for the silent ones. */
  answered(unit: number, nowMs: number): void {
    this.#known.add(unit)
    if (this.#missed.size > 0) this.#missed.delete(unit)
    const first = this.#firstMissed
    if (!first) return
    this.#firstMissed = undefined
    if (this.isSilent(first.unit)) this.#restSilent(first.unit, first.askedMs, nowMs)
  }

  /** A unit that was asked at `askedMs` gave no answer until now. */
  missed(unit: number, askedMs: number, nowMs: number): void {
    this.#firstMissed ??= { unit, askedMs }
    this.#missed.set(unit, (this.#missed.get(unit) ?? 0) + 1)
    if (this.isSilent(unit)) this.#restSilent(unit, askedMs, nowMs)
  }

  /** How much longer than usual a unit is to be waited for, because the line may still be busy with another one. */
  graceMs(unit: number, nowMs: number): number {
    const first = this.#firstMissed
    const mayBeBusy = first && first.unit !== unit && nowMs - first.askedMs < GRACE_WITHIN_MS
    return mayBeBusy && !this.isSilent(unit) ? GRACE_MS : 0
  }

  /** Whether a unit has missed its last answers. */
  isSilent(unit: number): boolean {
    return (this.#missed.get(unit) ?? 0) >= SILENT_AFTER
  }

  /** Whether a unit has answered before, and not missed its last answers. */
  isThere(unit: number): boolean {
    return this.#known.has(unit) && !this.isSilent(unit)
  }

  /** How long a silent unit is waited for on a wire. */
  probeMs({ user, patienceMs, timeoutMs }: LineRead): number {
    const isFull = (this.#missed.get(user.unit) ?? 0) % FULL_PROBE_EVERY === 0
    if (isFull) return timeoutMs
    return patienceMs < timeoutMs ? patienceMs : Math.min(timeoutMs, PROBE_MS)
  }

  #restSilent(unit: number, fromMs: number, nowMs: number): void {
    const waits = (this.#missed.get(unit) ?? 0) - SILENT_AFTER
    const share = Math.min(OTHERS_SHARE_FIRST * 2 ** waits, OTHERS_SHARE_MAX)
    this.#silentAgainMs = Math.max(this.#silentAgainMs, nowMs + share * (nowMs - fromMs))
  }
}
