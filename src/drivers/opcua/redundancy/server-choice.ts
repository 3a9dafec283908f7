/**
 * Which of the servers that stand in for each other a device is read from. Only one of them has a subscription, so no change
 * comes twice. The first that answers and is healthy is taken; among those that are not, the one with the highest service level.
 */
import type { DriverContext } from '../../../domain/driver.ts'
import { LinkLost } from '../../../domain/errors.ts'
import type { OpcUaDevice, OpcUaSession } from '../session/session.ts'
import { sessionFault } from '../session/session-faults.ts'
import type { OpcUaSessions } from '../session/sessions.ts'
import { isFitter, isHealthy, serviceLevel } from './service-level.ts'

/** A device in the session of one of its servers. */
export interface Entered {
  /** As if its map named this server alone. */
  readonly device: OpcUaDevice
  readonly session: OpcUaSession
  readonly level: number
}

/** One for each driver. */
export class ServerChoice {
  readonly #sessions: OpcUaSessions
  /** The server that each device was read from last, by the device's id. */
  readonly #last = new Map<string, string>()

  constructor(sessions: OpcUaSessions) {
    this.#sessions = sessions
  }

  /**
   * Enters the fittest server. After a lost link the others are asked first.
   * @throws LinkLost, when none of them can be used
   */
  async enter(device: OpcUaDevice, context: DriverContext, signal: AbortSignal): Promise<Entered> {
    const last = this.#last.get(device.id)
    const servers = atEachServer(device)
    const order = [
      ...servers.filter(({ settings }) => settings.url !== last),
      ...servers.filter(({ settings }) => settings.url === last),
    ]
    const best = await this.#fittest(order, context, signal)
    this.#last.set(device.id, best.device.settings.url)
    return best
  }

  /** Whether another server is fitter than the one that a device is read from. */
  async isAnotherFitter(
    { device, session: _, level }: Entered,
    context: DriverContext,
    signal: AbortSignal,
  ): Promise<boolean> {
    const others = atEachServer(device).filter(({ settings }) => settings.url !== device.settings.url)
    const best = await this.#fittest(others, context, signal).catch(() => undefined)
    await best?.session.close()
    return best !== undefined && isFitter(best.level, level)
  }

  async #fittest(
    servers: readonly OpcUaDevice[],
    context: DriverContext,
    signal: AbortSignal,
  ): Promise<Entered> {
    let best: Entered | undefined
    const faults: LinkLost[] = []
    for (const device of servers) {
      const entered = await this.#enterOne(device, context, signal)
      if (entered instanceof LinkLost) {
        faults.push(entered)
        continue
      }
      const [fitter, other] = !best || entered.level > best.level ? [entered, best] : [best, entered]
      best = fitter
      await other?.session.close()
      if (isHealthy(best.level)) break
    }
    if (best) return best
    throw faults.length === 1 ? faults[0] : allFaults(servers, faults)
  }

  async #enterOne(
    device: OpcUaDevice,
    context: DriverContext,
    signal: AbortSignal,
  ): Promise<Entered | LinkLost> {
    let session: OpcUaSession | undefined
    try {
      session = await this.#sessions.enter(device, context, signal)
      return { device, session, level: await serviceLevel(session) }
    } catch (error) {
      const fault = sessionFault(device, error)
      this.#sessions.refused(device, fault, context)
      await session?.close()
      return fault
    }
  }
}

function atEachServer(device: OpcUaDevice): readonly OpcUaDevice[] {
  const { url, urls = [url] } = device.settings
  return urls.map((one) => ({ ...device, settings: { ...device.settings, url: one } }))
}

/** The words of all, and the advice of the first. */
function allFaults([device]: readonly OpcUaDevice[], faults: readonly LinkLost[]): LinkLost {
  const [first] = faults
  const begin = `${device?.id}: `
  const said = faults.map(({ message }) =>
    message.startsWith(begin) ? message.slice(begin.length) : message,
  )
  return new LinkLost(`${begin}none of its servers can be used: ${said.join('; ')}`, {
    code: first?.code ?? 'link-unreachable',
    ...(first?.hint !== undefined && { hint: first.hint }),
    cause: first,
  })
}
