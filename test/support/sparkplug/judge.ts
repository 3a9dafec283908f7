/**
 * Judges an edge node of Sparkplug by everything that goes over its connections to the broker: how it connects, with which will, what
 * it publishes, what it is sent and how it leaves. Written from the specification 3.0 alone; every violation is named by its rule.
 */
import { type EdgeMessage, EdgeStream, type JudgedMessage, NAMESPACE } from './edge-stream.ts'
import type { WireConnect, WirePacket, WirePublish } from './packets.ts'
import { readPayload } from './payload.ts'

export interface Violation {
  readonly rule: string
  readonly what: string
  /** Which connection, counted from 1, and which message of it. */
  readonly session: number
  readonly message: number
}

export interface JudgeOptions {
  readonly group: string
  readonly node: string
  /** The host that must be online before anything is born. */
  readonly primaryHost?: string
  readonly nowMs: () => number
  /** How long a birth that was asked for may take; the default leaves a node time to put it off. */
  readonly rebirthWithinMs?: number
  /** Called for every message of the edge node that could be read. */
  readonly heard?: (message: JudgedMessage, session: number) => void
}

export interface JudgeCounts {
  readonly sessions: number
  readonly messages: number
  readonly births: number
  readonly rebirths: number
  readonly historical: number
}

/** A node may put off a rebirth for a few seconds, so that requests without end do not keep it from speaking. */
const REBIRTH_WITHIN_MS = 10_000
/** After a birth, requests may be put off for so long. */
const REBIRTH_PAUSE_MS = 5_000
/** What was on its way when a request came, or when the host went. */
const IN_FLIGHT_MS = 2_000
/** From the news that the host is offline until the session is closed. */
const LEAVE_WITHIN_MS = 5_000
/** More of one rule tell nothing new. */
const VIOLATIONS_MAX = 1_000

interface Session {
  readonly number: number
  readonly version: number
  readonly stream: EdgeStream
  messages: number
  takesCommands: boolean
  hasLeft: boolean
  rebirthAskedMs: number | undefined
  bornAtMs: number | undefined
  /** What the edge node was last told of its host in this session. */
  host: { readonly isOnline: boolean; readonly timestamp: number } | undefined
  hostLeftMs: number | undefined
}

/** One judge for all lives of an edge node; each connection is a session of it. */
export class SparkplugJudge {
  readonly violations: Violation[] = []
  readonly #options: JudgeOptions
  readonly #counts = { sessions: 0, messages: 0, births: 0, rebirths: 0, historical: 0 }
  #bdSeq: bigint | undefined
  /** CONNECTs that may have been made and that nobody saw: a process was killed, or a connection was cut as it was made. */
  #unseen = 0
  #isStopping = false

  constructor(options: JudgeOptions) {
    this.#options = options
  }

  get counts(): JudgeCounts {
    return this.#counts
  }

  /** A CONNECT may have been lost on its way here, with the number that it had. */
  maybeConnected(): void {
    this.#unseen += 1
  }

  /** The edge node was asked to stop: it may leave while its host is online. */
  stopping(): void {
    this.#isStopping = true
  }

  /** It runs again. */
  started(): void {
    this.#isStopping = false
  }

  connect(packet: WireConnect): JudgedSession {
    this.#counts.sessions += 1
    const session: Session = {
      number: this.#counts.sessions,
      version: packet.version,
      stream: new EdgeStream(`${this.#options.group}/${this.#options.node}`, (rule, what) =>
        this.#complain(session, rule, what),
      ),
      messages: 0,
      takesCommands: false,
      hasLeft: false,
      rebirthAskedMs: undefined,
      bornAtMs: undefined,
      host: undefined,
      hostLeftMs: undefined,
    }
    this.#judgeConnect(session, packet)
    return {
      sent: (sent) => this.#sent(session, sent),
      received: (received) => this.#received(session, received),
      closed: () => this.#judgePromises(session, 'the connection was closed'),
    }
  }

  #complain(session: Session, rule: string, what: string): void {
    if (this.violations.length >= VIOLATIONS_MAX) return
    this.violations.push({ rule, what, session: session.number, message: session.messages })
  }

  #judgeConnect(session: Session, { will, isClean, sessionExpiryS }: WireConnect): void {
    const complain = (rule: string, what: string) => this.#complain(session, rule, what)
    if (!isClean || sessionExpiryS !== 0)
      complain('clean-session', 'the session is to outlive the connection')
    if (will) this.#judgeWill(session, will)
    else complain('will', 'CONNECT has none')
  }

  #judgeWill(session: Session, will: NonNullable<WireConnect['will']>): void {
    const complain = (rule: string, what: string) => this.#complain(session, rule, what)
    const { group, node } = this.#options
    if (will.topic !== `${NAMESPACE}/${group}/NDEATH/${node}`) complain('will-topic', will.topic)
    if (will.qos !== 1) complain('will-qos', `${will.qos}`)
    if (will.retain) complain('will-retain', 'the will is to be retained')
    const bdSeq = this.#readWill(session, will.payload)
    session.stream.bdSeq = bdSeq
    if (bdSeq === undefined) return
    const steps = this.#bdSeq === undefined ? 1 : Number((bdSeq - this.#bdSeq + 256n) % 256n)
    if (steps < 1 || steps > 1 + this.#unseen)
      complain('bdseq-increment', `the will has ${bdSeq} after ${this.#bdSeq}`)
    this.#bdSeq = bdSeq
    this.#unseen = 0
  }

  /** A will has to be an NDEATH in every respect, so another stream judges it as one. */
  #readWill(session: Session, payload: Uint8Array): bigint | undefined {
    const { group, node } = this.#options
    const alone = new EdgeStream(`${group}/${node}`, (rule, what) =>
      this.#complain(session, `will-${rule}`, what),
    )
    const topic = `${NAMESPACE}/${group}/NDEATH/${node}`
    const death = alone.take({ topic, payload, qos: 1, retain: false })
    const value = death?.metrics.find(({ named }) => named === 'bdSeq')?.value
    return typeof value === 'bigint' ? value : undefined
  }

  #sent(session: Session, packet: WirePacket): void {
    if (packet.kind === 'subscribe') this.#judgeSubscription(session, packet.filters)
    if (packet.kind === 'disconnect') this.#judgeDisconnect(session, packet.reason)
    if (packet.kind === 'publish') this.#judgePublish(session, packet)
  }

  #judgeSubscription(
    session: Session,
    filters: readonly { readonly filter: string; readonly qos: number }[],
  ): void {
    const { group, node } = this.#options
    for (const { filter, qos } of filters) {
      if (filter !== `${NAMESPACE}/${group}/NCMD/${node}`) continue
      session.takesCommands = true
      if (qos !== 1) this.#complain(session, 'command-subscription', `commands are subscribed with ${qos}`)
    }
  }

  #judgePublish(session: Session, packet: WirePublish): void {
    session.messages += 1
    this.#counts.messages += 1
    const [, , verb = ''] = packet.topic.split('/')
    this.#judgeTiming(session, verb)
    const message = session.stream.take(packet satisfies EdgeMessage)
    if (verb === 'NBIRTH') this.#judgeBirth(session)
    if (verb === 'NDEATH') session.hasLeft = true
    if (!message) return
    if (message.metrics.some(({ isHistorical }) => isHistorical)) this.#counts.historical += 1
    this.#options.heard?.(message, session.number)
  }

  #judgeBirth(session: Session): void {
    this.#counts.births += 1
    if (session.rebirthAskedMs !== undefined) this.#counts.rebirths += 1
    session.rebirthAskedMs = undefined
    session.bornAtMs = this.#options.nowMs()
    if (!session.takesCommands)
      this.#complain(session, 'command-subscription', 'born before commands were subscribed')
    if (this.#options.primaryHost !== undefined && !session.host?.isOnline)
      this.#complain(session, 'primary-host', 'born while the host is not online')
  }

  #judgeTiming(session: Session, verb: string): void {
    const nowMs = this.#options.nowMs()
    const { rebirthAskedMs, bornAtMs, hostLeftMs } = session
    if (verb === 'NDEATH') return
    if (hostLeftMs !== undefined && nowMs - hostLeftMs > IN_FLIGHT_MS)
      this.#complain(session, 'primary-host', `${verb} ${nowMs - hostLeftMs} ms after the host went offline`)
    if (rebirthAskedMs === undefined || verb === 'NBIRTH') return
    const heldBackMs = Math.max(rebirthAskedMs, (bornAtMs ?? 0) + REBIRTH_PAUSE_MS)
    if (verb.endsWith('DATA') && nowMs - heldBackMs > IN_FLIGHT_MS)
      this.#complain(session, 'rebirth', `${verb} ${nowMs - rebirthAskedMs} ms after a rebirth was asked for`)
  }

  #received(session: Session, packet: WirePacket): void {
    if (packet.kind !== 'publish') return
    const { group, node, primaryHost } = this.#options
    if (packet.topic === `${NAMESPACE}/${group}/NCMD/${node}`) this.#noteCommand(session, packet)
    if (primaryHost !== undefined && packet.topic === `${NAMESPACE}/STATE/${primaryHost}`)
      this.#noteHost(session, packet)
  }

  #noteCommand(session: Session, { payload }: WirePublish): void {
    const asksForBirth = readPayload(payload).metrics.some(
      ({ name, value }) => name === 'Node Control/Rebirth' && value === true,
    )
    if (asksForBirth && session.stream.isBorn) session.rebirthAskedMs ??= this.#options.nowMs()
  }

  #noteHost(session: Session, { payload }: WirePublish): void {
    const { online, timestamp } = JSON.parse(Buffer.from(payload).toString('utf8'))
    if (session.host && timestamp < session.host.timestamp) return
    session.host = { isOnline: online === true, timestamp }
    if (online === false && session.stream.isBorn) session.hostLeftMs ??= this.#options.nowMs()
  }

  #judgeDisconnect(session: Session, reason: number): void {
    if (!session.hasLeft) this.#complain(session, 'goodbye', 'DISCONNECT without an NDEATH before it')
    if (session.version === 5 && reason !== 4)
      this.#complain(session, 'goodbye-reason', `DISCONNECT of MQTT 5 with the reason ${reason}, not 4`)
    const mayLeave = this.#isStopping || session.hostLeftMs !== undefined || session.host?.isOnline === false
    if (!mayLeave && this.#options.primaryHost !== undefined && session.stream.bdSeq !== undefined)
      this.#complain(session, 'left', 'it left although its host is online and nobody stopped it')
  }

  /** Called when a connection is over, and at the end for those that are not. */
  #judgePromises(session: Session, how: string): void {
    const nowMs = this.#options.nowMs()
    const { rebirthAskedMs, hostLeftMs } = session
    const { rebirthWithinMs = REBIRTH_WITHIN_MS } = this.#options
    if (rebirthAskedMs !== undefined && nowMs - rebirthAskedMs > rebirthWithinMs)
      this.#complain(
        session,
        'rebirth',
        `no birth ${nowMs - rebirthAskedMs} ms after it was asked for, when ${how}`,
      )
    if (hostLeftMs !== undefined && nowMs - hostLeftMs > LEAVE_WITHIN_MS)
      this.#complain(
        session,
        'primary-host',
        `it stayed ${nowMs - hostLeftMs} ms after its host went offline`,
      )
    if (hostLeftMs !== undefined && !session.hasLeft && nowMs - hostLeftMs > IN_FLIGHT_MS)
      this.#complain(session, 'goodbye', 'it left its offline host without an NDEATH')
  }
}

/** One connection, as the judge is told of it. */
export interface JudgedSession {
  /** By the edge node. */
  sent(packet: WirePacket): void
  /** By the edge node, from the broker. */
  received(packet: WirePacket): void
  closed(): void
}
