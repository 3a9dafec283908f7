/** What fails beside the events and holds none of them up: logged when it begins, and shown for as long as it lasts. */
import type { DestinationSession } from '../domain/destination.ts'
import { withHint } from '../domain/errors.ts'
import type { Trouble } from '../domain/health.ts'
import type { Log } from '../runtime/log.ts'

/** The troubles of one destination, as its last session said. */
export class BesideTroubles {
  readonly #log: Pick<Log, 'warn'>
  #troubles: readonly Trouble[] = []

  constructor(log: Pick<Log, 'warn'>) {
    this.#log = log
  }

  get troubles(): readonly Trouble[] {
    return this.#troubles
  }

  /** Takes over what the session says now, and logs what is new in it. */
  look({ troubles }: Pick<DestinationSession, 'troubles'>): void {
    for (const { code, what, hint } of troubles)
      if (!this.#troubles.some((known) => known.code === code))
        this.#log.warn({ event: 'trouble-began', code }, withHint(what, hint))
    this.#troubles = troubles
  }
}
