/** When the quarantine is tried again: a round in every turn, and from its first row on where somebody asks for that. */
import type { DestinationSession, DestinationTransaction } from '../domain/destination.ts'
import type { QuarantineRounds } from './quarantine.ts'
import { isOurs } from './resync.ts'
import type { UploaderParts } from './uploader-parts.ts'

/** Of one route. */
export class QuarantineRetries {
  readonly #parts: Pick<UploaderParts, 'outbox' | 'log'>
  readonly #rounds: QuarantineRounds
  #isAsked = false

  constructor(parts: Pick<UploaderParts, 'outbox' | 'log'>, rounds: QuarantineRounds) {
    this.#parts = parts
    this.#rounds = rounds
  }

  /** Whether somebody waits for the next round. */
  get isAsked(): boolean {
    return this.#isAsked
  }

  /** The next round begins at the first row. */
  ask(): void {
    this.#isAsked = true
  }

  /** One round; none once the uploader stops. @throws DestinationError */
  async round(session: DestinationSession, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return
    const { outbox, log } = this.#parts
    if (this.#isAsked) this.#rounds.restart()
    this.#isAsked = false
    const mayWrite = ({ head }: DestinationTransaction) => isOurs(head, outbox.identity)
    const landed = await this.#rounds.round(session, mayWrite, signal)
    if (landed > 0) log.info({ event: 'quarantine-landed', landed }, 'rows from the quarantine have landed')
  }
}
