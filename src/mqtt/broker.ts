/** Opens a connection to a broker: the way there, TLS, login, and the last will. It never tries again by itself. */
import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import type { IClientOptions } from 'mqtt'
import { type Clock, systemClock } from '../runtime/clock.ts'
import type { BrokerLog } from './broker-log.ts'
import { type BrokerConnection, OpenConnection } from './connection.ts'
import { BrokerFault } from './fault.ts'
import type { MessageListener } from './incoming.ts'
import { readPassword, readTlsTexts } from './login.ts'
import { CONNECT_MAX_MS, reachBroker } from './reach.ts'
import type { BrokerSettings, MqttVersion } from './settings.ts'

/** What the broker publishes for us when the connection breaks; not where it is closed by us. */
export interface LastWill {
  readonly topic: string
  readonly payload: Buffer | string
  readonly qos: 0 | 1
  readonly retain: boolean
}

/** A will, or how it is made once the broker is reached and nothing was said yet: for wills that count connections. */
export type WillSource = LastWill | (() => Promise<LastWill>)

/** How one connection differs from others with the same settings. */
export interface BrokerOptions {
  /** Where the settings name none. A session that the broker keeps needs one that is the same the next time. */
  readonly clientId?: string
  readonly will?: WillSource
  /** MQTT 5: the broker publishes the will also where we say goodbye, as Sparkplug wants it. False if not given. */
  readonly willAtGoodbye?: boolean
  /** False: the broker keeps subscriptions, and what comes for them while we are away. True if not given. */
  readonly clean?: boolean
  /** How long it keeps them, where it speaks MQTT 5; those of 3.1.1 have a limit of their own. */
  readonly sessionExpiryS?: number
  /**
   * Takes each message that comes. While a promise that it returns is open, nothing more is read from the broker: so nothing
   * piles up here.
   */
  readonly onMessage?: MessageListener
  readonly log: BrokerLog
  readonly signal: AbortSignal
  readonly clock?: Pick<Clock, 'after'>
}

/** MQTT 5: what is longer the broker keeps to itself. A picture of a camera below `#` must not fill the memory. */
const PACKET_BYTES_MAX = 16_777_216
/** Messages that the broker may send before it waits for acknowledgements. */
const RECEIVE_MAX = 1_000
const PROTOCOL_LEVEL = { '5': 5, '3.1.1': 4 } as const

/** @throws BrokerFault */
export async function openBroker(
  settings: BrokerSettings,
  options: BrokerOptions,
): Promise<BrokerConnection> {
  try {
    return await openAs(settings.version ?? '5', settings, options)
  } catch (error) {
    if (settings.version !== undefined || !mayBeOld(error)) throw error
    return openAs('3.1.1', settings, options)
  }
}

/** Brokers that know no version 5 refuse it, or just hang up. */
function mayBeOld(error: unknown): boolean {
  return error instanceof BrokerFault && (error.kind === 'version' || error.kind === 'protocol')
}

async function openAs(
  version: MqttVersion,
  settings: BrokerSettings,
  options: BrokerOptions,
): Promise<BrokerConnection> {
  const { signal, clock = systemClock, onMessage, log } = options
  const password = await readPassword(settings)
  const tls = await readTlsTexts(settings)
  const { MqttClient } = await import('mqtt')
  const clientId = settings.clientId ?? options.clientId ?? randomClientId()
  const socket = await reachBroker(settings, tls, { clock, signal })
  const will = await willFor(options, socket)
  const login = {
    ...loginOptions(version, settings, options),
    ...(will && { will: { ...will, payload: Buffer.from(will.payload) } }),
    clientId,
    ...(password !== undefined && { password }),
  }
  const client = new MqttClient(() => socket, login)
  const { willAtGoodbye = false } = options
  const listening = { log, ...(onMessage && { onMessage }) }
  const opened = { settings, version, clientId, socket, clock, willAtGoodbye, ...listening }
  const connection = new OpenConnection(client, opened)
  await connection.login(signal)
  return connection
}

/** What happens to the socket while the will is made shows when something is sent over it. */
async function willFor({ will }: BrokerOptions, socket: Socket): Promise<LastWill | undefined> {
  if (typeof will !== 'function') return will
  const ignore = () => {}
  socket.on('error', ignore)
  try {
    return await will()
  } catch (error) {
    socket.destroy()
    throw error
  } finally {
    socket.off('error', ignore)
  }
}

/** One that no other connection has: for sessions that nobody continues. */
function randomClientId(): string {
  return `millrace-${randomBytes(6).toString('hex')}`
}

function loginOptions(
  version: MqttVersion,
  settings: BrokerSettings,
  options: BrokerOptions,
): IClientOptions {
  const { user, keepaliveS } = settings
  const { clean = true, sessionExpiryS = 0 } = options
  return {
    ...(user !== undefined && { username: user }),
    protocolVersion: PROTOCOL_LEVEL[version],
    protocolId: 'MQTT',
    clean,
    keepalive: keepaliveS,
    // Whoever connects again decides when, and what of the unsent is still wanted: the library must do neither.
    reconnectPeriod: 0,
    resubscribe: false,
    queueQoSZero: false,
    connectTimeout: 2 * CONNECT_MAX_MS,
    timerVariant: 'native',
    ...(version === '5' && {
      properties: {
        sessionExpiryInterval: sessionExpiryS,
        receiveMaximum: RECEIVE_MAX,
        maximumPacketSize: PACKET_BYTES_MAX,
      },
    }),
  }
}
