/** What a gateway of a pair knows of itself, of the other one, and of the lease, as it was last heard. */
import type { DestinationError } from '../domain/errors.ts'
import type { Health } from '../domain/health.ts'
import type { PairHealth, PairNews, PairRole, PairWord } from '../domain/lease.ts'
import type { LogIdentity } from '../domain/outbox.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Log } from '../runtime/log.ts'
import { isFree, type Self } from './decide.ts'
import type { PairedLine, TakeoverCondition } from './line.ts'
import type { PairSettings } from './settings.ts'
import { type PairStanding, roleIn } from './standing.ts'
import { GATEWAY_GONE_MS, type PairView, pairTroubles } from './troubles.ts'

/** Told to people wherever a gateway says why it could not take over. */
const FENCED =
  "central has another log under this gateway's name: stop the other computer of this name, or adopt"

interface OutlookParts {
  readonly settings: PairSettings
  readonly gateway: string
  readonly outbox: { readonly identity: LogIdentity }
  /** Whether the route into central has found that it must not write there. */
  readonly isFenced: () => boolean
  readonly clock: Clock
  readonly log: Log
}

/** Filled by the service of the pair; decides nothing. */
export class PairOutlook {
  readonly #parts: OutlookParts
  readonly #startedAtMs: number
  /** Whether all device maps have been read: before that it cannot take over. */
  areMapsRead = false
  /** Undefined until the machines are about to be read. */
  line: PairedLine | undefined
  #other: PairView['other']
  #third: PairView['third'] = []
  #away: PairView['away']
  #unready: PairView['unready']
  #clockOffsetMs: number | null = null
  /** Of the connection that is open. */
  #freeSinceMs: number | undefined
  #hasSeenHeld = false
  #landed: PairNews['landed']

  constructor(parts: OutlookParts) {
    this.#parts = parts
    this.#startedAtMs = parts.clock.now().wallMs
  }

  /** A connection to central is open; what was seen on the one before says nothing on this one. */
  connected(clockOffsetMs: number): void {
    this.#clockOffsetMs = clockOffsetMs
    this.#freeSinceMs = undefined
    this.#hasSeenHeld = false
  }

  hear({ lease, gateways, landed }: PairNews): void {
    this.#landed = landed
    const { gateway, clock, log, settings } = this.#parts
    const [other, ...more] = gateways.filter((one) => one.gateway !== gateway)
    const now = clock.now()
    if (this.#away && now.wallMs - this.#away.sinceMs > settings.leaseMs)
      log.info({ event: 'pair-lease-back' }, 'the lease of the pair can be asked for again')
    this.#away = undefined
    this.#other = other && { ...other, seenAtMs: now.wallMs - other.seenAgoMs }
    this.#third = more.filter(({ seenAgoMs }) => seenAgoMs < GATEWAY_GONE_MS).map((one) => one.gateway)
    if (lease && !isFree(lease)) {
      this.#freeSinceMs = undefined
      this.#hasSeenHeld = true
    } else this.#freeSinceMs ??= now.monoMs
  }

  notHeard(error: DestinationError): void {
    const { clock, log } = this.#parts
    if (!this.#away)
      log.warn(
        { event: 'pair-lease-away', code: error.code, error },
        'the lease of the pair cannot be asked for',
      )
    this.#away ??= { sinceMs: clock.now().wallMs, why: error.message }
  }

  /** What this gateway tells the other one of itself. */
  word(role: PairRole): PairWord {
    const { unable, blind } = this.#condition()
    const why = unable ?? blind
    const sinceMs = this.#unready?.sinceMs ?? this.#parts.clock.now().wallMs
    this.#unready = why === null ? undefined : { sinceMs, why }
    return { role, unready: why, mapsHash: this.line?.mapsHash ?? '' }
  }

  /** What the next step is decided on. */
  self(standing: PairStanding): Self {
    const { settings, gateway, clock } = this.#parts
    const { epoch, knownEpoch } = standing
    const { unable, blind } = this.#condition()
    const other = this.#other
    return {
      ...{ gateway, role: roleIn(standing), epoch: epoch ?? 0, knownEpoch },
      canTakeOver: unable !== null ? 'no' : blind !== null ? 'poorly' : 'yes',
      ...{ leaseMs: settings.leaseMs, nowMs: clock.now().monoMs },
      isStarting: !this.areMapsRead,
      isFenced: this.#isFenced,
      ...{ freeSinceMs: this.#freeSinceMs, hasSeenHeld: this.#hasSeenHeld },
      readyOther:
        other && other.unready === null && other.seenAgoMs < settings.leaseMs ? other.gateway : undefined,
    }
  }

  health(standing: PairStanding): Health<PairHealth> {
    const { settings, clock } = this.#parts
    const { sinceMs, superseded } = standing
    const role = roleIn(standing)
    const other = this.#other
    const { unable, blind } = this.#condition()
    const summary: PairHealth = {
      ...{ pair: settings.name, role, sinceMs, superseded, unready: unable ?? blind },
      other: other
        ? { gateway: other.gateway, role: other.role, unready: other.unready, seenAtMs: other.seenAtMs }
        : null,
    }
    const view: PairView = {
      ...{ pair: settings.name, role, leaseMs: settings.leaseMs, nowMs: clock.now().wallMs },
      ...{
        away: this.#away,
        unready: this.#unready,
        other,
        third: this.#third,
        clockOffsetMs: this.#clockOffsetMs,
      },
      ...{ mapsHash: this.line?.mapsHash ?? '', startedAtMs: this.#startedAtMs },
    }
    return { summary, troubles: pairTroubles(view) }
  }

  /** By what central said last, since two computers of one name would else take the lease from each other, and by what the route found. */
  get #isFenced(): boolean {
    const { outbox, isFenced } = this.#parts
    const landed = this.#landed
    return isFenced() || (landed !== undefined && !isSameLog(landed, outbox.identity))
  }

  #condition(): TakeoverCondition {
    if (this.#isFenced) return { unable: FENCED, blind: null }
    if (this.line && this.areMapsRead) return this.line.condition()
    return { unable: 'it is starting, and its device maps are not all read yet', blind: null }
  }
}

/** Whether central has a stream from this very log, and not from another one of the same name. */
export function isSameLog(landed: LogIdentity, own: LogIdentity): boolean {
  return landed.incarnation === own.incarnation && landed.epoch === own.epoch
}
