/** The reason codes of MQTT, in words: what the broker means by them, and what to do. */
import { BrokerFault, type BrokerFaultKind } from './fault.ts'
import type { MqttVersion } from './settings.ts'

interface Reason {
  readonly what: string
  readonly hint?: string
  /** Where it is more than a refusal of what was asked. */
  readonly kind?: BrokerFaultKind
  /** The same message is refused again, whenever it comes. */
  readonly isAboutMessage?: true
}

const LOGIN_HINT = 'check user and password_file, and with the broker’s administrator what this user may do'
const NO_USER: Reason = {
  what: 'it lets nobody in without a user, it seems',
  hint: 'write user and password_file',
  kind: 'login',
}
const LOGS = 'look into the log of the broker'
const OTHER_PROGRAM =
  'two programs with one client id throw each other out for ever: give this one another client_id, or end the other one'

/** User, password or rights: of 3.1.1 and of 5. */
const LOGIN_CODES: readonly number[] = [4, 5, 134, 135]

/** MQTT 3.1.1, table 3.1: what a broker answers to a login. */
const CONNECT_3: Readonly<Record<number, Reason>> = {
  1: { what: 'it does not speak this version of MQTT', hint: 'write version: 5', kind: 'version' },
  2: {
    what: 'it does not accept the client id',
    hint: 'write another client_id, short and of letters and digits',
  },
  3: { what: 'it takes no clients now', hint: LOGS, kind: 'busy' },
  4: { what: 'user or password is wrong', hint: LOGIN_HINT, kind: 'login' },
  5: { what: 'this user may not log in', hint: LOGIN_HINT, kind: 'login' },
}

/** What only old brokers answer to a client of version 5. */
const VERSION_HINT = 'write version: 3.1.1'

/** MQTT 5, table 2.6. Codes below 128 are no refusals. */
const REASONS_5: Readonly<Record<number, Reason>> = {
  128: { what: 'it gives no reason', hint: LOGS },
  129: { what: 'it could not read what was sent', hint: LOGS, kind: 'protocol' },
  130: { what: 'it did not expect what was sent', hint: LOGS, kind: 'protocol' },
  131: { what: 'it has a reason of its own', hint: LOGS },
  132: { what: 'it does not speak MQTT 5', hint: VERSION_HINT, kind: 'version' },
  133: { what: 'it does not accept the client id', hint: 'write another client_id' },
  134: { what: 'user or password is wrong', hint: LOGIN_HINT, kind: 'login' },
  135: { what: 'this user may not do that', hint: LOGIN_HINT },
  136: { what: 'it takes no clients now', hint: LOGS, kind: 'busy' },
  137: { what: 'it is too busy', hint: LOGS, kind: 'busy' },
  138: { what: 'this client is banned', hint: 'ask its administrator to lift the ban', kind: 'login' },
  139: { what: 'it is shutting down', kind: 'closed' },
  140: { what: 'it wants another way of logging in', hint: LOGIN_HINT, kind: 'login' },
  141: { what: 'it has heard nothing from us for too long', kind: 'timeout' },
  142: {
    what: 'another program has logged in with the same client id',
    hint: OTHER_PROGRAM,
    kind: 'taken-over',
  },
  143: { what: 'the topic filter is not valid there', hint: 'correct the topic' },
  144: { what: 'the topic is not valid there', hint: 'correct the topic', isAboutMessage: true },
  145: { what: 'the number of the message is still in use', hint: LOGS },
  146: { what: 'it does not know the number of the message', hint: LOGS },
  147: { what: 'too much was sent at once', hint: LOGS, kind: 'busy' },
  148: { what: 'it does not accept the alias of the topic', hint: LOGS },
  149: { what: 'the message is too large', hint: 'raise the limit of the broker', isAboutMessage: true },
  150: { what: 'messages come too fast', hint: 'raise the limit of the broker', kind: 'busy' },
  151: { what: 'a limit of the broker is reached', hint: 'ask its administrator for the quota' },
  152: { what: 'its administrator has ended the connection', hint: 'ask its administrator', kind: 'closed' },
  153: { what: 'the payload is not of the kind that was announced', isAboutMessage: true },
  154: { what: 'it retains no messages', hint: 'allow it in the broker' },
  155: {
    what: 'it does not acknowledge messages (QoS 1)',
    hint: 'allow QoS 1 in the broker',
  },
  156: { what: 'another server should be used', hint: 'ask its administrator which one, and change the url' },
  157: { what: 'it has moved', hint: 'ask its administrator whereto, and change the url' },
  158: { what: 'it shares no subscriptions', hint: 'write the topic without $share' },
  159: { what: 'it was connected to too often', kind: 'busy' },
  160: { what: 'the longest time of a connection is over', kind: 'closed' },
  161: { what: 'it takes no subscription identifiers', hint: LOGS },
  162: { what: 'it takes no wildcards', hint: 'name each topic without + and #' },
}

interface Refused {
  readonly where: string
  readonly version: MqttVersion
  readonly code: number
  /** A login named a user. */
  readonly hasUser?: boolean
  /** What a broker of version 5 said besides, in its own words. */
  readonly said?: string | undefined
}

/** A login was refused. */
export function connectRefused({ where, version, code, said, hasUser = true }: Refused): BrokerFault {
  // A broker that knows no version 5 answers as one of 3.1.1 does.
  const early = CONNECT_3[code] && {
    ...CONNECT_3[code],
    ...(code === 1 && version === '5' && { hint: VERSION_HINT }),
  }
  const known = early ?? REASONS_5[code]
  const reason = !hasUser && LOGIN_CODES.includes(code) ? NO_USER : known
  const kind = reason?.kind ?? (code === 135 ? 'login' : 'refused')
  return fault(kind, `${where} refuses the login: ${wordsOf(reason, code, said)}`, code, reason)
}

/** A message was refused. */
export function publishRefused({ where, code, said }: Refused, topic: string): BrokerFault {
  const reason = REASONS_5[code]
  return fault(
    'publish',
    `${where} refuses a message of ${topic}: ${wordsOf(reason, code, said)}`,
    code,
    reason,
  )
}

/** A subscription was refused. Brokers of 3.1.1 have one code for it, 128. */
export function subscribeRefused({ where, code, said }: Refused, filter: string): BrokerFault {
  const rights = {
    what: 'it gives no reason',
    hint: 'check with its administrator whether this user may read the topic',
  }
  const reason =
    code === 128 || code === 135 ? { ...REASONS_5[code], ...(code === 128 ? rights : {}) } : REASONS_5[code]
  const words = wordsOf(reason as Reason | undefined, code, said)
  return fault(
    'subscribe',
    `${where} refuses the subscription of ${filter}: ${words}`,
    code,
    reason as Reason,
  )
}

/** The broker said goodbye: only those of version 5 do. */
export function disconnected({ where, code, said }: Refused): BrokerFault {
  const reason = REASONS_5[code]
  const words = code === 0 ? 'it gives no reason' : wordsOf(reason, code, said)
  return fault(reason?.kind ?? 'closed', `${where} has ended the connection: ${words}`, code, reason)
}

/** The connection was closed without a word. Brokers of version 3.1.1 have no other way to say why. */
export function closedWithoutWord(where: string, clientId: string): BrokerFault {
  const hint = `if this goes on, ${LOGS}; another program with the client id ${clientId} is the usual reason`
  return new BrokerFault('closed', `${where} has closed the connection`, { hint })
}

function fault(
  kind: BrokerFaultKind,
  message: string,
  code: number,
  reason: Reason | undefined,
): BrokerFault {
  return new BrokerFault(kind, message, {
    hint: reason?.hint,
    reasonCode: code,
    isAboutMessage: reason?.isAboutMessage ?? false,
  })
}

function wordsOf(reason: Reason | undefined, code: number, said: string | undefined): string {
  const what = reason?.what ?? `reason code ${code}, which no version of MQTT knows`
  return said ? `${what} (it says: ${said})` : what
}
