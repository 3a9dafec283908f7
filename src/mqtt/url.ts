/** Reads the URL of a broker. */
import { readHost } from '../documents/host.ts'
import { nearestWord } from '../documents/nearest-word.ts'

/** Where a broker listens, and whether it speaks TLS there. */
export interface BrokerAddress {
  readonly host: string
  readonly port: number
  readonly isSecure: boolean
}

/** An address, or why the URL names none and what would be right. Neither text repeats the URL: it may hold a password. */
type UrlReading = BrokerAddress | { readonly fault: string; readonly hint: string }

/** As IANA has registered them: the second one is for TLS. */
const PORTS: Readonly<Record<string, number>> = { mqtt: 1883, mqtts: 8883 }
const PORT_MAX = 65_535
const EXAMPLE = 'write it as mqtt://broker.plant.example or mqtts://broker.plant.example:8883'
/** What other programs write for the same. */
const OTHER_SCHEMES: Readonly<Record<string, string>> = {
  tcp: 'write mqtt://',
  ssl: 'write mqtts://',
  tls: 'write mqtts://',
  ws: 'MQTT over WebSocket is not spoken here: ask for the broker’s port for MQTT, mostly 1883',
  wss: 'MQTT over WebSocket is not spoken here: ask for the broker’s port for MQTT, mostly 8883',
}

export function readBrokerUrl(written: string): UrlReading {
  const [, scheme = '', login, place = '', rest = ''] =
    /^([a-z][a-z\d+.-]*):\/\/([^/?#]*@)?([^/?#@]*)(.*)$/i.exec(written.trim()) ?? []
  const standard = PORTS[scheme.toLowerCase()]
  if (standard === undefined) return { fault: 'this is not the URL of a broker', hint: schemeHint(scheme) }
  if (login !== undefined)
    return { fault: 'a URL holds nobody who logs in', hint: 'write user and password_file beside it' }
  if (rest !== '' && rest !== '/') return { fault: 'the URL of a broker ends behind its port', hint: EXAMPLE }
  const [, host = '', digits] = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(place) ?? []
  const port = digits === undefined ? standard : Number(digits)
  if (host === '') return { fault: 'the URL names no host', hint: EXAMPLE }
  if (port < 1 || port > PORT_MAX)
    return { fault: `no port is ${digits}: they are 1 to ${PORT_MAX}`, hint: EXAMPLE }
  const reading = readHost(host)
  if ('fault' in reading) return { fault: `the URL names no host: ${reading.fault}`, hint: reading.hint }
  return { host: reading.host, port, isSecure: scheme.toLowerCase() === 'mqtts' }
}

function schemeHint(scheme: string): string {
  const known = OTHER_SCHEMES[scheme.toLowerCase()]
  if (known) return known
  const nearest = nearestWord(scheme.toLowerCase(), Object.keys(PORTS))
  return nearest ? `did you mean ${nearest}://?` : EXAMPLE
}
