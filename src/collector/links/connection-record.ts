/**
 * One device's connections, and which of them are events: each that is reported as up is reported as down as well, with its whole
 * duration. Where a connection comes and goes again and again, only so many are reported; the others are counted.
 */
import type { ConnectionMessage } from '../../domain/connection.ts'
import { EVENT_VERSION } from '../../domain/events/event.ts'
import type { LinkEvent } from '../../domain/events/link.ts'
import { elapsedMs, type Instant, laterOf, utcText } from '../../domain/instant.ts'
import type { Owner } from '../../domain/owner.ts'

/** So many connections of a device are reported one right after the other. */
const REPORTED_IN_A_ROW = 10
/** After those, one for each of these times: 240 a day. */
const REPORTED_EVERY_MS = 6 * 60_000

/** A connection that was reported as up, and is to be reported as down. */
export interface ReportedConnection {
  readonly device: string
  readonly of: Owner
  readonly connectedAt: Instant
  /** When it ended, and why; null while it lasts. */
  readonly ended: { readonly at: Instant; readonly cause: string } | null
}

/** How the connection is now. */
type Present =
  | { readonly up: true; readonly since: Instant }
  | { readonly up: false; readonly at: Instant; readonly cause: string }

/** Follows the connection to one device from the start of the gateway on. */
export class ConnectionRecord {
  readonly #device: string
  readonly #of: Owner
  #reported: ReportedConnection | null
  #present: Present | undefined
  /** Whether it was reported that the device is away. */
  #isDownReported = false
  #flaps = 0
  /** How many connections may be reported at once, and when that was last counted. */
  #credit = REPORTED_IN_A_ROW
  #creditAt: Instant | undefined

  constructor(
    { device, of }: Pick<ReportedConnection, 'device' | 'of'>,
    reported: ReportedConnection | null = null,
  ) {
    this.#device = device
    this.#of = of
    this.#reported = reported
  }

  /** The connection that was reported as up last, and not yet as down. */
  get reported(): ReportedConnection | null {
    return this.#reported
  }

  /** @param isTaken whether anybody takes events of connections now: what comes and goes while nobody does is not counted */
  take({ up, at, cause = 'the connection was lost' }: ConnectionMessage, isTaken: boolean): void {
    const before = this.#present
    if (up) {
      if (!before?.up) this.#present = { up, since: at }
      return
    }
    this.#present = { up, at, cause }
    if (!before?.up) return
    const isOfReported = this.#reported !== null && this.#reported.ended === null
    if (isOfReported) this.end(at, cause)
    else if (isTaken) this.#flaps += 1
  }

  /** The connection that was reported as up has ended. It never ends before it began. */
  end(at: Instant, cause: string): void {
    if (this.#reported === null || this.#reported.ended !== null) return
    this.#reported = { ...this.#reported, ended: { at: laterOf(this.#reported.connectedAt, at), cause } }
  }

  /** What is to be reported by now. */
  events(now: Instant): readonly LinkEvent[] {
    return [...this.#ending(), ...this.#beginning(now), ...this.#neverUp()]
  }

  /** On the monotonic clock, in ms: when there is something to report; undefined where there is nothing. */
  get dueMs(): number | undefined {
    if (this.#reported?.ended) return Number.NEGATIVE_INFINITY
    if (this.#reported || !this.#present) return undefined
    if (!this.#present.up) return this.#isDownReported ? undefined : Number.NEGATIVE_INFINITY
    const missing = Math.max(0, 1 - this.#credit)
    return (this.#creditAt?.monoMs ?? Number.NEGATIVE_INFINITY) + missing * REPORTED_EVERY_MS
  }

  #ending(): readonly LinkEvent[] {
    const reported = this.#reported
    if (!reported?.ended) return []
    const { connectedAt, ended } = reported
    this.#reported = null
    this.#isDownReported = true
    const durationMs = Math.max(0, Math.round(elapsedMs(connectedAt, ended.at)))
    const { cause } = ended
    return [this.#event(ended.at, { up: false, connectedAt: stamp(connectedAt), durationMs, cause })]
  }

  #beginning(now: Instant): readonly LinkEvent[] {
    const present = this.#present
    if (this.#reported || !present?.up || !this.#mayReport(now)) return []
    this.#reported = { device: this.#device, of: this.#of, connectedAt: present.since, ended: null }
    this.#isDownReported = false
    const said = { up: true, connectedAt: stamp(present.since), durationMs: null, cause: null }
    return [this.#event(present.since, said)]
  }

  /** A device that was not reached since the gateway runs: said once. */
  #neverUp(): readonly LinkEvent[] {
    const present = this.#present
    if (this.#reported || this.#isDownReported || !present || present.up) return []
    this.#isDownReported = true
    const said = { up: false, connectedAt: null, durationMs: null, cause: present.cause }
    return [this.#event(present.at, said)]
  }

  #event(at: Instant, said: Pick<LinkEvent, 'up' | 'connectedAt' | 'durationMs' | 'cause'>): LinkEvent {
    const flaps = this.#flaps
    this.#flaps = 0
    const head = { v: EVENT_VERSION, kind: 'link', at: stamp(at), subject: this.#of } as const
    return { ...head, device: this.#device, ...said, flaps }
  }

  #mayReport(now: Instant): boolean {
    const earned = this.#creditAt ? elapsedMs(this.#creditAt, now) / REPORTED_EVERY_MS : 0
    this.#credit = Math.min(REPORTED_IN_A_ROW, this.#credit + earned)
    this.#creditAt = now
    if (this.#credit < 1) return false
    this.#credit -= 1
    return true
  }
}

function stamp({ wallMs }: Instant): string {
  return utcText(Math.round(wallMs))
}
