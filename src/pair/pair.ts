/**
 * One gateway of a pair: asks central again and again who is the active one, and makes the machines of this gateway follow.
 *
 * It holds on to one rule: nothing of a machine is stored before the lease is held and what central has of the machine is known, and
 * whatever was stored after the lease was lost never leaves this gateway.
 */
import { DestinationError } from '../domain/errors.ts'
import type { Health } from '../domain/health.ts'
import type {
  LeaseKeeper,
  LeaseSession,
  MovableFence,
  PairHealth,
  PairNews,
  PairRole,
} from '../domain/lease.ts'
import type { LogIdentity, Outbox } from '../domain/outbox.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Log } from '../runtime/log.ts'
import type { Service } from '../runtime/service.ts'
import { decide, type PairStep, type Self } from './decide.ts'
import type { PairedLine } from './line.ts'
import { isSameLog, PairOutlook } from './outlook.ts'
import type { PairSettings } from './settings.ts'
import { PAIR, type PairStanding, roleIn, standingOf } from './standing.ts'
import { leaveOutSuperseded, type SupersededLog } from './superseded.ts'

/** The active one renews so many times within a lease; a stand-by looks at least once a second. */
const RENEWALS = 4
const LOOK_MAX_MS = 1_000
/** Between two attempts to connect. */
const RECONNECT_MS = 500
/** At a start nothing is recorded before central was asked, unless it does not answer for so long. */
const FIRST_WORD_MAX_MS = 3_000
/** At a hand-over what is recorded has so long to get to central. */
const DRAIN_MAX_MS = 3_000
const DRAIN_LOOK_MS = 50

/** What a pair stands on. */
export interface PairParts {
  readonly settings: PairSettings
  readonly gateway: string
  readonly keeper: LeaseKeeper
  /** What the route into central may write; it follows the standing. */
  readonly fence: MovableFence
  readonly outbox: SupersededLog &
    Pick<Outbox, 'append' | 'cursor' | 'states'> & { readonly identity: LogIdentity }
  /** The consumer of the log that brings rows to central. */
  readonly route: string
  /** Whether that route has found that it must not write there. */
  readonly isFenced: () => boolean
  readonly clock: Clock
  readonly log: Log
}

/** @param wasAlone whether the log holds machines that were recorded before there was a pair */
export async function createPair(parts: PairParts, wasAlone: boolean): Promise<Pair> {
  const { outbox, clock } = parts
  const saved = (await outbox.states())[PAIR]
  const { seq: tailSeq } = await outbox.tail()
  const { incarnation } = outbox.identity
  const life = { incarnation, tailSeq, nowMs: clock.now().wallMs, wasAlone }
  const standing = standingOf(saved, life)
  // Machines that it stands by for have states in the log too: the next start must not take them for its own.
  if (standing !== saved) await outbox.append({ at: clock.now(), events: [], states: { [PAIR]: standing } })
  return new Pair(parts, standing)
}

/** The service. */
export class Pair implements Service {
  readonly name = 'pair'
  readonly #parts: PairParts
  readonly #heard = Promise.withResolvers<void>()
  readonly #outlook: PairOutlook
  #standing: PairStanding
  #recordsMachines: boolean

  constructor(parts: PairParts, standing: PairStanding) {
    this.#parts = parts
    this.#standing = standing
    this.#recordsMachines = standing.epoch !== null
    this.#outlook = new PairOutlook(parts)
    this.#moveFence()
  }

  get role(): PairRole {
    return roleIn(this.#standing)
  }

  /** Whether what machines do is stored: also before it is on disk that it is not any more. */
  get recordsMachines(): boolean {
    return this.#recordsMachines
  }

  /** All device maps have been read: from now on it could take over. */
  areMapsRead(): void {
    this.#outlook.areMapsRead = true
  }

  /** The machines are about to be read: waits until it is known for whom, as far as central says so soon. */
  async serve(line: PairedLine, signal: AbortSignal): Promise<void> {
    this.#outlook.line = line
    const { clock } = this.#parts
    await Promise.race([this.#heard.promise, clock.sleep(FIRST_WORD_MAX_MS, signal)])
  }

  async run(signal: AbortSignal): Promise<void> {
    const { keeper, clock } = this.#parts
    while (!signal.aborted) {
      try {
        await using session = await keeper.connect(signal)
        this.#outlook.connected(session.clockOffsetMs)
        // What has ended the connection before may have ended that of the route too, on which nobody waits for an answer.
        if (this.role === 'stand-by') this.#parts.fence.doubt()
        await this.#useSession(session, signal)
      } catch (error) {
        if (!(error instanceof DestinationError)) throw error
        if (signal.aborted) return
        this.#outlook.notHeard(error)
        this.#heard.resolve()
      }
      await clock.sleep(RECONNECT_MS, signal)
    }
  }

  health(): Health<PairHealth> {
    return this.#outlook.health(this.#standing)
  }

  get #self(): Self {
    return this.#outlook.self(this.#standing)
  }

  /** Until the connection breaks or the stop. Whoever stops gives the lease back: the other one need not wait. */
  async #useSession(session: LeaseSession, signal: AbortSignal): Promise<void> {
    const { clock, settings } = this.#parts
    while (!signal.aborted) {
      await this.#beat(session, signal)
      const renewMs = settings.leaseMs / RENEWALS
      await clock.sleep(this.role === 'active' ? renewMs : Math.min(renewMs, LOOK_MAX_MS), signal)
    }
    const { epoch } = this.#standing
    const heir = this.#self.readyOther
    if (epoch) await session.release(epoch, heir)
  }

  async #beat(session: LeaseSession, signal: AbortSignal): Promise<void> {
    const { epoch } = this.#standing
    const word = this.#outlook.word(this.role)
    // What central has under this name another computer has said, and may be at work.
    const isHeard = !this.#self.isFenced
    const news =
      epoch === null ? await session.look(isHeard ? word : undefined) : await session.renew(epoch, word)
    this.#outlook.hear(news)
    const step = decide(this.#self, news.lease)
    await this.#carryOut(step, session, { news, signal })
    this.#heard.resolve()
  }

  async #carryOut(
    step: PairStep,
    session: LeaseSession,
    { news, signal }: { readonly news: PairNews; readonly signal: AbortSignal },
  ): Promise<void> {
    const { lease } = news
    if (step === 'take') {
      const epoch = await session.take(lease)
      const aliveMs = this.#parts.clock.now().wallMs - (lease?.renewedAgoMs ?? 0)
      if (epoch !== undefined) await this.#takeOver(epoch, aliveMs, signal)
    }
    if (step === 'step down') await this.#stepDown(session, this.#landed(news))
    if (step === 'give up') await this.#giveUp(session, this.#landed(news))
    if (step === 'hand over') await this.#handOver(session)
  }

  async #takeOver(epoch: number, aliveMs: number, signal: AbortSignal): Promise<void> {
    const { keeper, outbox, clock, log, settings } = this.#parts
    const sinceMs = clock.now().wallMs
    const standing = { ...this.#standing, epoch, knownEpoch: epoch, sinceMs }
    if (this.role === 'active') return this.#become(standing)
    const line = this.#outlook.line
    if (!line) throw new Error('a gateway takes over only once it reads its machines')
    const latest = await keeper.latestRows(line.machines, signal)
    const { seq: historySeq } = await outbox.tail()
    this.#standing = { ...standing, historySeq }
    this.#moveFence()
    this.#parts.fence.doubt()
    this.#recordsMachines = true
    await line.takeOver(latest, aliveMs, this.#standing)
    const fields = { pair: settings.name, epoch, machines: line.machines.length }
    log.warn({ event: 'pair-took-over', ...fields }, 'this gateway is the active one of its pair now')
  }

  /** @param landedSeq up to there central has what this gateway has recorded */
  async #stepDown(session: LeaseSession, landedSeq: number): Promise<void> {
    const { outbox, clock, log, settings } = this.#parts
    this.#recordsMachines = false
    await this.#outlook.line?.standBy()
    const { epoch, historySeq: before, knownEpoch, superseded } = this.#standing
    const historySeq = Math.max(landedSeq, before)
    // Nothing behind it may be written any more, also of what a batch that is under way has read before.
    this.#standing = { ...this.#standing, historySeq }
    this.#parts.fence.epoch = null
    this.#parts.fence.historySeq = historySeq
    const found = await leaveOutSuperseded(outbox, historySeq)
    await this.#become({
      ...this.#standing,
      ...{ epoch: null, knownEpoch: Math.max(knownEpoch, epoch ?? 0), sinceMs: clock.now().wallMs },
      superseded: superseded + found.count,
    })
    log.warn(
      { event: 'pair-stands-by', pair: settings.name, epoch, superseded: found.count },
      'this gateway stands by now: the other one of its pair is the active one',
    )
    if (found.count === 0) return
    const { incarnation } = outbox.identity
    await session.tellSuperseded({ pair: settings.name, epoch, incarnation, afterSeq: historySeq, ...found })
  }

  /** What this gateway has missed while it was away, the other one has seen: it takes over at once. */
  async #giveUp(session: LeaseSession, landedSeq: number): Promise<void> {
    const { epoch } = this.#standing
    const heir = this.#self.readyOther
    await this.#stepDown(session, landedSeq)
    if (epoch) await session.release(epoch, heir)
  }

  /** Records nothing from now on, brings what it has to central, and only then gives the lease back. */
  async #handOver(session: LeaseSession): Promise<void> {
    const { outbox, clock, route } = this.#parts
    const { epoch } = this.#standing
    const heir = this.#self.readyOther
    this.#recordsMachines = false
    await this.#outlook.line?.standBy()
    const untilMs = clock.now().monoMs + DRAIN_MAX_MS
    const { seq: tailSeq } = await outbox.tail()
    let landed = await outbox.cursor(route)
    while (landed.seq < tailSeq && clock.now().monoMs < untilMs) {
      await clock.sleep(DRAIN_LOOK_MS)
      landed = await outbox.cursor(route)
    }
    await this.#stepDown(session, landed.seq)
    if (epoch) await session.release(epoch, heir)
  }

  /** What central has of another log says nothing of this one. */
  #landed({ landed }: PairNews): number {
    return landed && isSameLog(landed, this.#parts.outbox.identity) ? landed.seq : 0
  }

  async #become(standing: PairStanding): Promise<void> {
    const { outbox, clock } = this.#parts
    this.#standing = standing
    this.#moveFence()
    await outbox.append({ at: clock.now(), events: [], states: { [PAIR]: standing } })
  }

  #moveFence(): void {
    const { fence } = this.#parts
    fence.epoch = this.#standing.epoch
    fence.historySeq = this.#standing.historySeq
  }
}
