/** What the edge node has to say: births, deaths and data of its devices, as messages in their order. Nothing is sent here. */
import { outward } from '../../../domain/events/outward.ts'
import type { MachineHealth } from '../../../domain/health.ts'
import type { StoredEvent } from '../../../domain/outbox.ts'
import { isMachine, machineOwner, type Owner } from '../../../domain/owner.ts'
import type { FeedContext } from '../context.ts'
import type { FeedMessage } from '../publish.ts'
import { standsInPlant } from '../topics.ts'
import type { Devices, PresentDevice } from './devices.ts'
import type { EdgeMessages } from './edge-messages.ts'
import { eventValues } from './event-values.ts'
import type { FeedDevice } from './feed-device.ts'

interface EdgeNodeParts {
  readonly messages: EdgeMessages
  readonly devices: Devices
  readonly context: FeedContext
}

/** History has all gone out when none has come for so long. */
const QUIET_MS = 2_000

export class EdgeNode {
  readonly #parts: EdgeNodeParts
  /** Devices that were born in this session and have not died. */
  readonly #alive = new Set<FeedDevice>()
  /** What was captured before the session was born is history. */
  #bornAtMs: number | undefined
  #lastHistoryMonoMs = Number.NEGATIVE_INFINITY

  constructor(parts: EdgeNodeParts) {
    this.#parts = parts
  }

  /** The node, and everything that is there, with what it shows now. */
  births(): readonly FeedMessage[] {
    const { messages, context } = this.#parts
    const { wallMs } = context.now()
    this.#bornAtMs ??= wallMs
    this.#alive.clear()
    const properties = {
      'Gateway/Name': context.gateway,
      'Gateway/Organization': context.organization,
      'Gateway/Plant': context.plant,
    }
    const own = messages.birth(properties, wallMs)
    return [own, ...this.#present().map(({ device, standing }) => this.#birth(device, standing))]
  }

  /**
   * An event as data, behind the birth of its device where the host does not know the device yet, or where history has brought newer
   * values than the host knows. Empty where the event never leaves the gateway.
   */
  event(stored: StoredEvent): readonly FeedMessage[] {
    const { subject } = stored.event
    const { context, devices, messages } = this.#parts
    const event = standsInPlant(subject) ? outward(stored, context) : undefined
    if (!event) return []
    const { wallMs, monoMs } = context.now()
    const device = devices.of(subject)
    const wasBuffered = this.wasBuffered(stored)
    if (wasBuffered) this.#lastHistoryMonoMs = monoMs
    const isUnknown = !this.#alive.has(device) || (device.hasNews && !wasBuffered)
    const birth = isUnknown ? [this.#birth(device, this.#standingOf(subject))] : []
    const data = device.data(eventValues(event), wasBuffered)
    return [...birth, messages.deviceData(device.name, data, wallMs)]
  }

  /** Births of devices that have come, deaths of those that have gone, and what changed beside the events. */
  news(): readonly FeedMessage[] {
    const { messages, context } = this.#parts
    const { wallMs, monoMs } = context.now()
    const isQuiet = monoMs - this.#lastHistoryMonoMs > QUIET_MS
    const gone = new Set(this.#alive)
    const news: FeedMessage[] = []
    for (const { device, standing } of this.#present()) {
      gone.delete(device)
      const isUnknown = !this.#alive.has(device) || (device.hasNews && isQuiet)
      if (isUnknown) news.push(this.#birth(device, standing))
      const changes = standing ? device.changes(standing, wallMs) : []
      if (changes.length > 0) news.push(messages.deviceData(device.name, changes, wallMs))
    }
    for (const device of gone) news.push(this.#death(device))
    return news
  }

  /**
   * Whether an event was captured when nobody could hear it. A clock that was put back would make history of everything that comes
   * until it is where it was: then the session counts as born at the new time.
   */
  wasBuffered({ capturedAtMs }: StoredEvent): boolean {
    this.#bornAtMs = Math.min(this.#bornAtMs ?? 0, this.#parts.context.now().wallMs)
    return capturedAtMs < this.#bornAtMs
  }

  #present(): readonly PresentDevice[] {
    const { context, devices } = this.#parts
    return devices.present(context.standings(), context.stations())
  }

  #birth(device: FeedDevice, standing: MachineHealth | undefined): FeedMessage {
    const { context, messages } = this.#parts
    const { wallMs } = context.now()
    this.#alive.add(device)
    return messages.deviceBirth(device.name, device.birth(standing, wallMs), wallMs)
  }

  #death(device: FeedDevice): FeedMessage {
    const { context, messages } = this.#parts
    this.#alive.delete(device)
    return messages.deviceDeath(device.name, context.now().wallMs)
  }

  #standingOf(owner: Owner): MachineHealth | undefined {
    if (!isMachine(owner)) return undefined
    return this.#parts.context.standings().find(({ machine }) => machineOwner(machine) === owner)
  }
}
