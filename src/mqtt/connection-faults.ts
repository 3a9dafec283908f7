/** What the library reports of a connection, as faults in words. */
import type { IPublishPacket } from 'mqtt'
import { BrokerFault } from './fault.ts'
import { wayFault } from './reach.ts'
import { closedWithoutWord, connectRefused, publishRefused, subscribeRefused } from './reason-codes.ts'
import type { MqttVersion } from './settings.ts'

/** The connection, as faults name it. */
export interface BrokerPeer {
  readonly where: string
  readonly version: MqttVersion
  readonly keepaliveS: number
  readonly clientId: string
  readonly isLoggedIn: boolean
  /** A user stands in the settings. */
  readonly hasUser: boolean
}

/** What the broker says of a message or of subscriptions. */
interface Answer {
  readonly granted?: readonly unknown[]
  readonly properties?: { readonly reasonString?: string } | undefined
}

/** The first code of MQTT that is a refusal. */
const REFUSED_FROM = 128
const PROTOCOL_HINT = 'check that this port speaks MQTT, with TLS or without as the url says'
/** After so much of its keep-alive without an answer the library gives a connection up, in ms a second of it. */
const SILENT_MS_PER_S = 1_500

/** A message was not taken. */
export function publishFault(peer: BrokerPeer, topic: string, error: Error, answer: unknown): BrokerFault {
  const code = 'code' in error ? error.code : undefined
  if (typeof code !== 'number') return errorFault(peer, error)
  const said = (answer as IPublishPacket | undefined)?.properties as Answer['properties']
  return publishRefused({ ...peer, code, said: said?.reasonString }, topic)
}

/** The first subscription that was not taken, if any. */
export function subscribeFault(
  peer: BrokerPeer,
  filters: readonly string[],
  answer: Answer | undefined,
): BrokerFault | undefined {
  const codes = (answer?.granted ?? []).map(Number)
  const index = codes.findIndex((code) => code >= REFUSED_FROM)
  if (index < 0) return undefined
  const said = answer?.properties?.reasonString
  return subscribeRefused({ ...peer, code: codes[index] ?? 0, said }, filters[index] ?? '')
}

/** Something went wrong with the connection, or the login was refused. */
export function errorFault(peer: BrokerPeer, error: Error): BrokerFault {
  const { where, isLoggedIn } = peer
  const code = 'code' in error ? error.code : undefined
  if (isLoggedIn && (code === 'ECONNRESET' || code === 'EPIPE'))
    return closedWithoutWord(where, peer.clientId)
  if (typeof code === 'string') return wayFault(where, error, isLoggedIn ? 'lost' : 'reached')
  if (typeof code === 'number' && !isLoggedIn) return connectRefused({ ...peer, code })
  if (error.message === 'Keepalive timeout') return silent(peer, 'a ping', SILENT_MS_PER_S * peer.keepaliveS)
  const message = `${where} does not answer as a broker does: ${error.message}`
  return new BrokerFault('protocol', message, { hint: PROTOCOL_HINT, cause: error })
}

/** The broker has closed the connection and said nothing. */
export function closed({ where, clientId, isLoggedIn }: BrokerPeer): BrokerFault {
  if (isLoggedIn) return closedWithoutWord(where, clientId)
  const hint = `${PROTOCOL_HINT}; if it does, look into the log of the broker`
  return new BrokerFault('protocol', `${where} closes the connection at the login`, { hint })
}

/** The broker does not answer what was asked of it. */
export function silent({ where, isLoggedIn }: BrokerPeer, what: string, ms: number): BrokerFault {
  const hint = isLoggedIn ? 'check the network between here and the broker, and its load' : PROTOCOL_HINT
  return new BrokerFault('timeout', `${where} has not answered ${what} within ${ms / 1_000} s`, { hint })
}

/** We have called it off ourselves. */
export function stopped(): BrokerFault {
  return new BrokerFault('stopped', 'stopped')
}
