/**
 * When a value changed. The server's source timestamp is more exact than the moment of receipt, but its clock may be
 * wrong: it counts only if it lies between the last contact and now, give or take 5 s.
 */
import { type Instant, shift } from '../../domain/instant.ts'

const CLOCK_TOLERANCE_MS = 5_000

/** One for each link: it remembers the last contact, and the latest moment of each signal. */
export class SourceTime {
  readonly #latest = new Map<number, Instant>()
  readonly #connectedAt: Instant
  #contact: Instant

  constructor(connectedAt: Instant) {
    this.#connectedAt = connectedAt
    this.#contact = connectedAt
  }

  /** Never later than `receivedAt`, and never before the signal's previous sample or the connection. */
  of(index: number, source: Date | null | undefined, receivedAt: Instant): Instant {
    const believed = this.#believe(source, receivedAt)
    const before = this.#latest.get(index) ?? this.#connectedAt
    const at = before.monoMs > believed.monoMs ? before : believed
    this.#latest.set(index, at)
    return at
  }

  /** To be called after each message: values of the next one changed after it, or not much before. */
  contact(at: Instant): void {
    this.#contact = at
  }

  #believe(source: Date | null | undefined, receivedAt: Instant): Instant {
    if (!source) return receivedAt
    const ageMs = receivedAt.wallMs - source.getTime()
    // By the monotonic clock: after a long silence the server's queue brings values that are as old as the silence.
    const ageMaxMs = receivedAt.monoMs - this.#contact.monoMs + CLOCK_TOLERANCE_MS
    if (Number.isNaN(ageMs) || ageMs > ageMaxMs || ageMs < -CLOCK_TOLERANCE_MS) return receivedAt
    return ageMs <= 0 ? receivedAt : shift(receivedAt, -ageMs)
  }
}
