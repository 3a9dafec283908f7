/** How the upload to one route comes along: in which state its destination is, how far it has come, and what it says of its health. */
import type { DestinationSession } from '../domain/destination.ts'
import type { Health, UploadHealth } from '../domain/health.ts'
import type { Backoff } from '../runtime/backoff.ts'
import { announce } from './announce.ts'
import { BesideTroubles } from './beside-troubles.ts'
import type { Pushed } from './push.ts'
import { PushTally } from './push-tally.ts'
import type { QuarantineRounds } from './quarantine.ts'
import type { Agreement } from './resync.ts'
import { createRouteWatch, type RouteWatch, routeTroubles } from './route-watch.ts'
import type { UploaderParts } from './uploader-parts.ts'

interface ProgressParts {
  /** Reset by every success, so that the next failure is tried again soon. */
  readonly delays: Backoff
  readonly rounds: QuarantineRounds
}

/** Of one route, from the start of its uploader on. */
export class UploadProgress {
  readonly watch: RouteWatch
  readonly tally = new PushTally()
  readonly #parts: Pick<UploaderParts, 'route' | 'clock' | 'log'>
  readonly #delays: Backoff
  readonly #rounds: QuarantineRounds
  readonly #beside: BesideTroubles
  #lastSeq = 0
  #clockOffsetMs: number | null = null
  #certificateEndsMs: number | undefined

  constructor(parts: Pick<UploaderParts, 'route' | 'clock' | 'log'>, { delays, rounds }: ProgressParts) {
    const { route, clock, log } = parts
    this.#parts = parts
    this.#delays = delays
    this.#rounds = rounds
    this.watch = createRouteWatch(route, clock, log)
    this.#beside = new BesideTroubles(log)
  }

  /** Takes over what a session says besides the events, as it was measured when both sides were compared. */
  compared(session: DestinationSession): void {
    this.#clockOffsetMs = session.clockOffsetMs
    this.#certificateEndsMs = session.certificateEndsMs
    this.lookBeside(session)
  }

  /** Takes over what fails beside the events. */
  lookBeside(session: DestinationSession): void {
    this.#beside.look(session)
  }

  /** Both sides agree on a position. A destination that refused a batch counts as connected only once something lands. */
  agreed(agreement: Agreement): void {
    this.#lastSeq = agreement.at.seq
    const { state } = this.watch.standing
    if (agreement.kind !== 'in step') announce(agreement, this.watch, this.#parts)
    else if (state !== 'connected' && state !== 'waiting') this.watch.become('connected')
  }

  /** A batch has landed, and some of its events may have been set aside. */
  landed({ at, setAside }: Extract<Pushed, { kind: 'landed' }>): void {
    this.#lastSeq = at.seq
    this.#rounds.add(setAside)
    this.watch.refused(setAside, at.seq)
    this.succeeded()
  }

  /** Something succeeded: the delays begin small again, and a destination that refused a batch takes them again. */
  succeeded(): void {
    this.#delays.reset()
    if (this.watch.standing.state === 'waiting') this.watch.become('connected')
  }

  health(): Health<UploadHealth> {
    const { route, clock } = this.#parts
    const summary = {
      route: route.name,
      must: route.must,
      ...this.watch.standing,
      lastSeq: this.#lastSeq,
      clockOffsetMs: this.#clockOffsetMs,
      quarantineCount: this.#rounds.count,
      refused: this.#rounds.refused,
      ...(this.#certificateEndsMs !== undefined && { certificateEndsMs: this.#certificateEndsMs }),
      counts: this.tally.soFar,
    }
    const nowMs = clock.now().wallMs
    const troubles = [
      ...routeTroubles(summary, nowMs),
      ...this.watch.unsteady(nowMs),
      ...this.#beside.troubles,
    ]
    return { summary, troubles }
  }
}
