/** The connections of one gateway to brokers: devices with the same broker and the same login share one. */
import { createHash } from 'node:crypto'
import type { DriverContext } from '../../../domain/driver.ts'
import { LinkLost } from '../../../domain/errors.ts'
import { type BrokerOptions, openBroker } from '../../../mqtt/broker.ts'
import { BrokerFault, type BrokerFaultKind } from '../../../mqtt/fault.ts'
import { type BrokerSettings, brokerName } from '../../../mqtt/settings.ts'
import { within } from '../../../runtime/within.ts'
import { lastingId } from './lasting-id.ts'
import { type BrokerLease, SharedBroker } from './shared-broker.ts'

/** How devices want their connection to be. */
interface PoolSettings {
  readonly broker: BrokerSettings
  /** `persistent`: the broker keeps what comes while the gateway is away. */
  readonly session: 'clean' | 'persistent'
}

/** A broker that cannot be reached is tried again so soon, however many devices ask. */
const AGAIN_MS = 500
/** One that has answered with a refusal, later: some lock out who tries too often, and two with one client id would never rest. */
const REFUSED_AGAIN_MS = 4_000
const REFUSALS: readonly BrokerFaultKind[] = ['login', 'tls', 'version', 'taken-over', 'protocol']
/** How long a broker keeps a persistent session for us, where it speaks MQTT 5. */
const SESSION_KEPT_S = 7 * 24 * 3_600
/** MQTT 3.1.1, section 3.1.3.1: every broker takes so many characters. */
const CLIENT_ID_LENGTH = 23

interface Pooled {
  readonly broker: BrokerSettings
  readonly shared: SharedBroker
  readonly stop: AbortController
}

/** Disposing it closes all connections. */
export class BrokerPool implements AsyncDisposable {
  readonly #shared = new Map<string, Pooled>()
  /** When a broker may be tried again, by the monotonic clock. */
  readonly #againMs = new Map<string, number>()

  /**
   * Gives a device the use of a connection that it shares with others; the first of them opens it.
   * @throws LinkLost
   */
  async enter(settings: PoolSettings, context: DriverContext, signal: AbortSignal): Promise<BrokerLease> {
    const key = sharedKey(settings, context)
    const waitMs = (this.#againMs.get(key) ?? 0) - context.now().monoMs
    if (waitMs > 0 && (this.#shared.get(key)?.shared.isOver ?? true)) await context.sleep(waitMs, signal)
    await this.#freeClientId(key, settings.broker)
    const { shared } = this.#sharedOf(key, settings, context)
    const entering = shared.enter()
    try {
      return await within(entering, { clock: context, signal }, () => {
        // A lease that comes later is given back.
        void entering.then((lease) => lease[Symbol.asyncDispose]()).catch(() => {})
        throw new LinkLost('stopped', { code: 'link-stopped' })
      })
    } catch (error) {
      throw brokerLinkLost(error)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(
      [...this.#shared.values()].map(({ shared, stop }) => {
        stop.abort()
        return shared.close()
      }),
    )
  }

  #sharedOf(key: string, settings: PoolSettings, context: DriverContext): Pooled {
    const known = this.#shared.get(key)
    if (known && !known.shared.isOver) return known
    const stop = new AbortController()
    const shared = new SharedBroker({
      context,
      isSessionKept: settings.session === 'persistent',
      open: async (onMessage) => {
        try {
          const session = await sessionOf(settings, context)
          const options = { ...session, onMessage, clock: context, log: context.log }
          const connection = await openBroker(settings.broker, { ...options, signal: stop.signal })
          const { lost, where, certificateEndsMs: endsMs } = connection
          if (endsMs !== undefined) context.shown?.({ name: where, endsMs })
          lost.addEventListener('abort', () => this.#noteFault(key, lost.reason, context), { once: true })
          return connection
        } catch (error) {
          this.#noteFault(key, error, context)
          throw error
        }
      },
    })
    const pooled = { broker: settings.broker, shared, stop }
    this.#shared.set(key, pooled)
    return pooled
  }

  /**
   * A client id is one connection's. Two devices that give the same one, and differ in something else, would cut each other for
   * ever; who has it keeps it.
   * @throws LinkLost
   */
  async #freeClientId(key: string, broker: BrokerSettings): Promise<void> {
    for (const [otherKey, { broker: other, shared }] of this.#shared) {
      if (otherKey === key || shared.isOver || !hasSameClientId(other, broker)) continue
      if (shared.isUnused) await shared.close()
      else throw clientIdTaken(broker)
    }
  }

  #noteFault(key: string, error: unknown, context: DriverContext): void {
    const isRefusal = error instanceof BrokerFault && REFUSALS.includes(error.kind)
    this.#againMs.set(key, context.now().monoMs + (isRefusal ? REFUSED_AGAIN_MS : AGAIN_MS))
  }
}

/** A fault of the broker as the loss of a device's link that it is; whatever is none stays what it is. */
export function brokerLinkLost(error: unknown): unknown {
  if (!(error instanceof BrokerFault)) return error
  const { message, hint, kind } = error
  const options = { ...(hint !== undefined && { hint }), cause: error, code: `link-${kind}` }
  return new LinkLost(message, options)
}

/** The loss of a broker as the loss of a device behind it, which people look for by its name. */
export function lossOf({ id }: { readonly id: string }, fault: LinkLost): LinkLost {
  const { code, hint, message } = fault
  return new LinkLost(`${id}: ${message}`, { code, cause: fault, ...(hint !== undefined && { hint }) })
}

function hasSameClientId(one: BrokerSettings, other: BrokerSettings): boolean {
  const { clientId, host, port } = one
  return clientId !== undefined && clientId === other.clientId && host === other.host && port === other.port
}

function clientIdTaken(broker: BrokerSettings): LinkLost {
  const message = `${brokerName(broker)}: the client_id ${broker.clientId} is that of another connection of this gateway, which differs in something else`
  const hint =
    'write the same url, user, password_file, tls, version, keepalive and session in all maps with this client_id, or give each its own'
  return new LinkLost(message, { code: 'link-client-id', hint })
}

async function sessionOf(
  settings: PoolSettings,
  { stateFolder }: DriverContext,
): Promise<Partial<BrokerOptions>> {
  if (settings.session === 'clean') return { clean: true }
  const clientId = lastingClientId(settings, await lastingId(stateFolder))
  return { clean: false, sessionExpiryS: SESSION_KEPT_S, clientId }
}

/** The same at each start, and another one for each gateway, broker and login. */
function lastingClientId(settings: PoolSettings, gatewayId: string): string {
  const digest = createHash('sha256').update(gatewayId).update(JSON.stringify(settings)).digest('hex')
  return `millrace${digest}`.slice(0, CLIENT_ID_LENGTH)
}

/** Devices share a connection if all of this is the same. */
function sharedKey(settings: PoolSettings, { stateFolder }: DriverContext): string {
  return JSON.stringify([stateFolder, settings])
}
