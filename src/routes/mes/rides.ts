/**
 * Rows of other routes that come along in the transaction of the MES's rows, so that both are there or neither is. The MES never waits
 * for them: a ride that is refused or slow is taken back, and whoever had it brings its rows by itself, for a while at least.
 */
import { DestinationError } from '../../domain/errors.ts'
import type { Instant } from '../../domain/instant.ts'
import type { LogPosition } from '../../domain/outbox.ts'
import { readSettingsText, settingNames, settingsText } from '../../postgres/begin.ts'
import type { Link } from '../../postgres/link.ts'
import type { RiddenBatch, Rider, Riders } from '../route-kind.ts'

/** How long one statement of a ride may take. After {@link TOGETHER_MAX_MS} for all of them together no statement is begun. */
const RIDE_SETTINGS = { statement_timeout: '1s', lock_timeout: '300ms' }
const TOGETHER_MAX_MS = 1_000
/** So long a route whose ride failed is not taken along again. */
const PAUSE_MS = 60_000

/** What rides are taken with. */
interface RideParts {
  readonly link: Link
  readonly riders: Riders
  readonly now: () => Instant
  /** The MES's own settings of a transaction. */
  readonly context: Readonly<Record<string, string>>
}

/** The rides of one session. */
export class Rides {
  readonly #parts: RideParts
  /** Who has come along in the transaction that is open, and how far. */
  #aboard: [Rider, LogPosition][] = []

  constructor(parts: RideParts) {
    this.#parts = parts
  }

  /** A transaction has begun. */
  begin(): void {
    this.#aboard = []
  }

  /** Takes along every route that has come exactly as far as the batch begins. @throws DestinationError only where the link itself is lost */
  async take(batch: RiddenBatch): Promise<void> {
    const { riders, now } = this.#parts
    const endMs = now().monoMs + TOGETHER_MAX_MS
    for (const rider of riders) {
      const nowMs = now().monoMs
      if (nowMs >= endMs) return
      if (nowMs < rider.pause.untilMs) continue
      // Before the ride: one that costs the link itself must not cost the next one too.
      rider.pause.untilMs = nowMs + PAUSE_MS
      const at = await this.#takeOne(rider, batch, endMs)
      if (at === 'refused') continue
      rider.pause.untilMs = nowMs
      if (at) this.#aboard.push([rider, at])
    }
  }

  /** The transaction is committed. */
  committed(): void {
    for (const [rider, at] of this.#aboard) rider.arrived(at)
  }

  async #takeOne(
    rider: Rider,
    batch: RiddenBatch,
    endMs: number,
  ): Promise<LogPosition | 'refused' | undefined> {
    const { link, now } = this.#parts
    const turns = oneByOne(link, () => now().monoMs >= endMs)
    try {
      const usual = await this.#begin({ search_path: rider.searchPath, ...RIDE_SETTINGS })
      const at = await rider.ride(turns.link, batch)
      await turns.end()
      // Whatever a function of the site has set would otherwise hold for the MES's rows.
      await link.script(`SET CONSTRAINTS ALL IMMEDIATE; RELEASE SAVEPOINT ride; ${settingsText(usual)}`)
      return at
    } catch {
      await turns.end()
      // Whatever it was: its own session meets it again, and tells people. Where the link is lost, this fails as well.
      await link.script('ROLLBACK TO SAVEPOINT ride; RELEASE SAVEPOINT ride')
      return 'refused'
    }
  }

  /** Sets a savepoint, and the settings of a ride. @returns the settings that held before */
  async #begin(settings: Readonly<Record<string, string>>): Promise<Readonly<Record<string, string>>> {
    const { link, context } = this.#parts
    const held = readSettingsText(settingNames(context))
    const answers = await link.script(`${held}; SAVEPOINT ride; ${settingsText(settings)}`)
    return answers[0]?.rows[0]
  }
}

/**
 * Sends each statement only when the one before is answered. Of several that are sent together each might take as long as one may,
 * and whatever was sent late might be carried out behind the savepoint.
 */
function oneByOne(link: Link, isOver: () => boolean) {
  let last: Promise<unknown> = Promise.resolve()
  let isEnded = false
  const inTurn = <Answer>(send: () => Promise<Answer>): Promise<Answer> => {
    const answer = last.then(() => (isEnded || isOver() ? Promise.reject(tooSlow(link)) : send()))
    last = answer.catch(() => undefined)
    return answer
  }
  const bounded: Link = {
    ...link,
    query: (text, values) => inTurn(() => link.query(text, values)),
    script: (text) => inTurn(() => link.script(text)),
  }
  /** Nothing more is sent. */
  const end = () => {
    isEnded = true
    return last
  }
  return { link: bounded, end }
}

function tooSlow({ peer: { name, where } }: Link): DestinationError {
  return new DestinationError(
    `${name}-slow`,
    `${name} at ${where} needed too long for rows that came along`,
    {
      refusal: 'wait',
    },
  )
}
