/** Why a signal has no usable value, in words with which a technician can mend it. The node stands in them as in the map. */
import { nearestWord } from '../../documents/nearest-word.ts'
import { nodeText, type OpcUaAddress } from './address.ts'

/** A status code, as the server names it. */
interface NamedStatus {
  readonly name: string
  readonly description: string
}

interface Words {
  readonly codes: RegExp
  readonly what: string
  readonly hint: string
}

const BAD: readonly Words[] = [
  {
    codes: /^BadNodeId|^BadObjectDeleted/,
    what: 'the server has no such node',
    hint: 'capital and small letters count; compare it with the PLC project or an OPC UA browser; a PLC download may have renamed it',
  },
  {
    codes: /^BadAttributeIdInvalid/,
    what: 'this node holds no value: it is a folder, an object or a method',
    hint: 'name the variable below it',
  },
  {
    codes: /^BadUserAccessDenied|^BadSecurityModeInsufficient/,
    what: 'the server does not let this user read it',
    hint: 'give the user the right to read it in the server, or set user and password_file',
  },
  {
    codes: /^BadNotReadable/,
    what: 'the server does not let anybody read it',
    hint: 'make it readable over OPC UA in the PLC project',
  },
  {
    codes: /^BadNoCommunication|^BadNotConnected|^BadDeviceFailure|^BadSensorFailure|^BadOutOfService/,
    what: 'the server gets no value of it from the device behind',
    hint: 'check that device, and the cable between it and the server',
  },
  {
    codes: /^BadWaitingForInitialData/,
    what: 'the server has no value of it yet',
    hint: 'if this stays, check the device behind the server',
  },
  {
    codes: /^BadConfigurationError/,
    what: 'it is not configured rightly in the server',
    hint: "mend it in the server's own tool",
  },
  {
    codes: /^BadTooManyMonitoredItems|^BadOutOfMemory|^BadResourceUnavailable/,
    what: 'the server watches no more values',
    hint: 'ask for fewer signals, raise the limit in the server, or use mode: poll',
  },
  {
    codes: /TooLarge$|^BadEncodingLimitsExceeded/,
    what: 'its value is larger than the server sends in one message',
    hint: 'name a node that holds one value',
  },
]

/** A value of bad quality, by the server's status code. */
export function badStatusText(address: OpcUaAddress, status: NamedStatus): string {
  if (address.alarms && /^BadAttributeIdInvalid|^BadFilter|^BadNotSupported/.test(status.name)) {
    return noEventsText(address)
  }
  const words = BAD.find(({ codes }) => codes.test(status.name))
  if (words) return text(address, `${words.what} (${said(status)})`, words.hint)
  return text(address, `the server says ${said(status)}`, 'its manual or its log says what this means there')
}

/** A node whose alarms are to be followed, and that is no source of events. */
export function noEventsText(address: OpcUaAddress): string {
  return text(
    address,
    'this node sends no events',
    'name an object that does, such as i=2253, the server itself, and the source of the alarms under source',
  )
}

/** Alarms of a device that is polled because its server has no subscription for it, or none that can be relied on. */
export function noAlarmsText(address: OpcUaAddress): string {
  return text(
    address,
    'alarms come by subscription only, and the device is polled',
    'status says why behind the device; machines without alarms can leave the room to it with mode: poll',
  )
}

/** A value of which the server is not sure. */
export function uncertainText(address: OpcUaAddress, status: NamedStatus): string {
  return text(
    address,
    `the server is not sure of the value (${said(status)})`,
    'no status is derived from it; look into the server why',
  )
}

/** A good value of a kind that no signal can have. */
export function unusableText(address: OpcUaAddress, what: string, hint: string): string {
  return text(address, what, hint)
}

/** The server took the node, and sent nothing. */
export function noFirstValueText(address: OpcUaAddress): string {
  return text(
    address,
    'the server sent no first value',
    'it may be slow to read this node; or use mode: poll',
  )
}

/** The server does not have the namespace of a node. */
export function noNamespaceText(address: OpcUaAddress, namespaces: readonly string[]): string {
  const wanted = String(address.namespace)
  const nearest = nearestWord(wanted, namespaces)
  // The first one is that of OPC UA itself, in which no PLC has its own nodes.
  const others = namespaces.slice(1).join(', ') || 'none of its own'
  return text(
    address,
    `the server has no namespace ${wanted}`,
    nearest ? `did you mean ${nearest}?` : `it has ${others}; the program of the PLC may not be loaded yet`,
  )
}

function text(address: OpcUaAddress, what: string, hint: string): string {
  return `${nodeText(address)}: ${what}; ${hint}`
}

function said({ name, description }: NamedStatus): string {
  return description ? `${name}: ${description}` : name
}
