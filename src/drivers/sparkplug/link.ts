/**
 * An edge node, or a device behind one, as a stream of readings.
 *
 * The first reading is that of a birth, or says that data come which no birth explains. While its node lives, the device counts as
 * in contact, even if nothing changes: Sparkplug sends changes only, and the broker publishes the death of a node that is gone.
 */
import type { Device } from '../../domain/device.ts'
import type { DeviceLink, DriverContext } from '../../domain/driver.ts'
import { LinkLost } from '../../domain/errors.ts'
import { elapsedMs, type Instant, laterOf } from '../../domain/instant.ts'
import type { Reading, Sample } from '../../domain/signal.ts'
import { lossOf } from '../shared/brokers/broker-pool.ts'
import { earlierBy } from '../shared/earlier-by.ts'
import { ReadingBatch } from '../shared/reading-batch.ts'
import type { FollowedNode } from './followed-node.ts'
import { MetricIntake } from './intake.ts'
import type { MetricsOf, NodeNews } from './node-state.ts'
import type { SparkplugDeviceSettings } from './settings.ts'

export type SparkplugDevice = Device<SparkplugDeviceSettings, string>

interface LinkParts {
  readonly device: SparkplugDevice
  readonly context: DriverContext
  readonly node: FollowedNode
  /** Called once, when the link is closed. */
  readonly leave: () => void
  readonly signal: AbortSignal
}

/** A node or a device of which nothing at all comes for so long is not there, or has another name. */
const UNHEARD_MAX_MS = 60_000
const UNHEARD_HINT =
  'compare group, node and device with its topics; one that has nothing new to say speaks where rebirth: request asks it'
/** While its node lives it is in contact more often than this. */
const QUIET_MAX_MS = 10_000
/** The births of the devices follow that of their node at once. Until then, what they showed is what they show. */
const REBORN_WITHIN_MS = 5_000

export class SparkplugLink implements DeviceLink {
  readonly #parts: LinkParts
  readonly #of: MetricsOf
  readonly #intake: MetricIntake
  readonly #batch: ReadingBatch
  readonly #openedAt: Instant
  readonly #end = () => this.#batch.end()
  #lastAt: Instant
  #unfollow = () => {}
  /** Set while the births of the devices are awaited behind that of their node. */
  #stopWaiting: (() => void) | undefined
  /** Everything that was shown up to here has been handed on; undefined before the first reading. */
  #completeTo: Instant | undefined

  constructor(parts: LinkParts) {
    const { device, context, node, signal } = parts
    this.#parts = parts
    this.#batch = new ReadingBatch(context)
    this.#of = device.settings.device ?? null
    this.#intake = new MetricIntake(device.signals)
    this.#openedAt = context.now()
    this.#lastAt = this.#openedAt
    signal.addEventListener('abort', this.#end)
    if (signal.aborted) this.#end()
    this.#unfollow = node.follow({
      news: (news, at) => this.#take(news, at),
      contact: (at) => this.#contact(at),
      lost: (fault) => this.#batch.end(lossOf(device, fault)),
    })
    if (node.standing(this.#of).kind === 'born') void this.#born(this.#openedAt)
    else this.#askForBirth(this.#openedAt)
  }

  get quietMaxMs(): number {
    return this.#parts.device.settings.staleAfterMs ?? QUIET_MAX_MS
  }

  get remark(): string | undefined {
    const standing = this.#parts.node.standing(this.#of)
    return standing.kind === 'unborn' ? `waits for a birth: ${standing.why}` : undefined
  }

  [Symbol.asyncIterator](): AsyncGenerator<Reading> {
    return this.#batch.readings()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#batch.end()
    this.#parts.signal.removeEventListener('abort', this.#end)
    this.#unfollow()
    this.#stopWaiting?.()
    this.#parts.leave()
  }

  #take(news: NodeNews, at: Instant): Promise<void> | undefined {
    const isMine = 'of' in news && news.of === this.#of
    switch (news.kind) {
      case 'born':
        if (isMine) return this.#born(at)
        if (news.of === null) this.#awaitBirth()
        return undefined
      case 'data':
        return isMine ? this.#data(news.shown, at) : undefined
      case 'died':
        if (isMine || news.of === null) this.#died()
        return undefined
      case 'doubted':
        this.#askForBirth(at)
        return this.#completeTo && this.#unknown(at)
      case 'unborn':
        this.#askForBirth(at)
        return isMine ? this.#unknown(at) : undefined
      default:
        return undefined
    }
  }

  #born(at: Instant): Promise<void> | undefined {
    this.#stopWaiting?.()
    this.#stopWaiting = undefined
    const standing = this.#parts.node.standing(this.#of)
    if (standing.kind !== 'born') return undefined
    return this.#push(at, this.#intake.born(standing.metrics, whose(this.#parts.node, this.#of), at), at)
  }

  #data(shown: Extract<NodeNews, { kind: 'data' }>['shown'], at: Instant): Promise<void> | undefined {
    const samples = this.#intake.changed(shown, this.#completeTo ?? this.#openedAt)
    const newest = samples.at(-1)?.at ?? this.#heldBack(at)
    return this.#push(at, samples, laterOf(newest, this.#heldBack(at)))
  }

  /** Nothing that was shown is known to be so any more. */
  #unknown(at: Instant): Promise<void> | undefined {
    const standing = this.#parts.node.standing(this.#of)
    if (standing.kind !== 'unborn') return undefined
    return this.#push(at, this.#intake.unknown(this.#advised(standing.why), at), at)
  }

  #advised(why: string): string {
    const asks = this.#parts.device.settings.rebirth === 'request'
    return asks ? why : `${why}; it is known again with the next birth, for which rebirth: request would ask`
  }

  #died(): void {
    const { node, device } = this.#parts
    const absence = absenceOf(device, node, this.#lastAt)
    if (absence) this.#batch.end(absence)
  }

  /** The node was born again, and its devices will be. */
  #awaitBirth(): void {
    this.#stopWaiting?.()
    this.#stopWaiting = this.#parts.context.after(REBORN_WITHIN_MS, () => {
      this.#stopWaiting = undefined
      if (this.#completeTo) void this.#unknown(this.#parts.context.now())
    })
  }

  #contact(at: Instant): void {
    const { node, device } = this.#parts
    const absence = absenceOf(device, node, at)
    const isBorn = node.standing(this.#of).kind === 'born'
    if (absence) this.#batch.end(absence)
    else if (isBorn) void this.#push(at, [], this.#heldBack(at))
    else if (!this.#completeTo && elapsedMs(this.#openedAt, at) > UNHEARD_MAX_MS)
      this.#batch.end(silent(device, node, { code: 'link-unheard', ms: UNHEARD_MAX_MS, hint: UNHEARD_HINT }))
    if (!isBorn && !this.#stopWaiting) this.#askForBirth(at)
  }

  #heldBack(at: Instant): Instant {
    return earlierBy(this.#parts.node.heldBackMs, at)
  }

  #push(at: Instant, samples: readonly Sample[], completeTo: Instant): Promise<void> | undefined {
    this.#completeTo = laterOf(this.#completeTo ?? completeTo, completeTo)
    // The broker's word is of when it was asked, and a message may have come since then.
    this.#lastAt = laterOf(this.#lastAt, at)
    return this.#batch.add(samples, this.#lastAt, this.#completeTo)
  }

  #askForBirth(at: Instant): void {
    const { node, device } = this.#parts
    if (device.settings.rebirth === 'request') node.askForBirth(at)
  }
}

/** Why nobody can say what a device shows now: it is dead, or has said nothing for too long. */
export function absenceOf(device: SparkplugDevice, node: FollowedNode, at: Instant): LinkLost | undefined {
  const { device: of = null, staleAfterMs: ms } = device.settings
  const standing = node.standing(of)
  if (standing.kind === 'dead') return new LinkLost(`${device.id}: ${standing.why}`, { code: 'link-dead' })
  const heardAt = node.heardAt(of)
  const isStale = ms !== undefined && heardAt !== undefined && elapsedMs(heardAt, at) > ms
  return isStale ? silent(device, node, { code: 'link-stale', ms }) : undefined
}

interface Silence {
  readonly code: string
  readonly ms: number
  readonly hint?: string
}

function silent(device: SparkplugDevice, node: FollowedNode, { ms, ...options }: Silence): LinkLost {
  const { device: of = null } = device.settings
  const heard =
    node.devices.length > 0 && of !== null ? `; heard behind its node: ${node.devices.join(', ')}` : ''
  const seconds = Math.round(ms / 1_000)
  return new LinkLost(
    `${device.id}: nothing has come of ${whose(node, of)} for ${seconds} s${heard}`,
    options,
  )
}

function whose(node: FollowedNode, of: MetricsOf): string {
  return of === null ? node.name : `${node.name}/${of}`
}
