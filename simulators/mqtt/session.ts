/**
 * A machine's own connection to the broker: it comes back by itself, each time with a last will of its own, and can be broken on
 * command. What is published while it is broken is lost, as with a machine whose cable is out.
 */
import { connect, type IClientOptions, type MqttClient } from 'mqtt'

/** Where the broker is, and as whom to log in. */
export interface BrokerLogin {
  readonly url: string
  readonly user?: string | undefined
  readonly password?: string | undefined
}

/** What a machine does with its connection. */
interface SessionOwner {
  /** What the broker publishes when the connection breaks. Asked before each connection. */
  will(): { readonly topic: string; readonly payload: Buffer; readonly retain: boolean }
  /** What it wants to hear. */
  readonly topics?: readonly string[]
  hear?(payload: Buffer): void
  /** The broker has taken the login: now it says that it is there. */
  greet(say: Say): void
  /** It says that it goes, before it ends the connection in good order. */
  leave(say: Say): void
}

/** Publishes, in the order of the calls. */
type Say = (
  topic: string,
  payload: Buffer,
  options: { readonly qos: 0 | 1; readonly retain?: boolean },
) => void

export interface Session extends AsyncDisposable {
  /** Whether what is said now gets to the broker. */
  readonly isHeard: boolean
  readonly say: Say
  /** Breaks the connection, as a pulled cable does, until it is mended. */
  cut(isCut: boolean): void
  /** Says nothing while it is muted; the connection stays. */
  mute(isMuted: boolean): void
  /** So late is everything that it says. */
  delay(ms: number): void
}

const RETRY_MS = 250
/** In good order, at the end; a broker that does not answer must not hold the end up. */
const LEAVE_MAX_MS = 500

/** A broker may come later, and go: it is tried again and again. */
export function openSession(login: BrokerLogin, clientId: string, owner: SessionOwner): Session {
  let client: MqttClient | undefined
  let [isCut, isMuted, isOver] = [false, false, false]
  let delayMs = 0
  let dueMs = 0

  const sayNow: Say = (topic, payload, { qos, retain = false }) => {
    // Nothing waits in the library: what is not on its way now never was said.
    if (client?.connected) client.publish(topic, payload, { qos, retain })
  }
  const say: Say = (...words) => {
    if (isMuted) return
    dueMs = Math.max(performance.now() + delayMs, dueMs)
    const waitMs = dueMs - performance.now()
    if (waitMs <= 0) sayNow(...words)
    else setTimeout(() => sayNow(...words), waitMs)
  }
  const open = () => {
    if (isOver || isCut || client) return
    const opened = connect(login.url, connectOptions(login, clientId, owner.will()))
    client = opened
    // The library reports each fault here, and then closes.
    opened.on('error', () => {})
    opened.on('close', () => {
      opened.end(true)
      if (client === opened) client = undefined
      setTimeout(open, RETRY_MS).unref()
    })
    opened.on('message', (_, payload) => owner.hear?.(payload))
    opened.on('connect', () => {
      if (owner.topics) opened.subscribe([...owner.topics], { qos: 1 })
      owner.greet(say)
    })
  }
  open()
  return {
    get isHeard() {
      return !isMuted && client?.connected === true
    },
    say,
    cut: (on) => {
      isCut = on
      // Forced, it says no goodbye: the broker publishes the will.
      if (on) client?.end(true)
      else open()
    },
    mute: (on) => {
      isMuted = on
    },
    delay: (ms) => {
      delayMs = ms
    },
    [Symbol.asyncDispose]: async () => {
      isOver = true
      const leaving = client
      if (!leaving?.connected) return void leaving?.end(true)
      owner.leave(sayNow)
      const gone = new Promise<void>((resolve) => leaving.end(false, {}, () => resolve()))
      await Promise.race([gone, new Promise((resolve) => setTimeout(resolve, LEAVE_MAX_MS))])
      leaving.end(true)
    },
  }
}

function connectOptions(
  { user, password }: BrokerLogin,
  clientId: string,
  will: ReturnType<SessionOwner['will']>,
): IClientOptions {
  return {
    clientId,
    clean: true,
    protocolVersion: 4,
    keepalive: 10,
    reconnectPeriod: 0,
    queueQoSZero: false,
    ...(user !== undefined && { username: user }),
    ...(password !== undefined && { password }),
    will: { ...will, qos: 1 },
  }
}
