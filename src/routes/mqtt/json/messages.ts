/** What the feed says in JSON: events, what each machine shows, and whether the gateway is there. */
import { type OutwardEvent, outward } from '../../../domain/events/outward.ts'
import type { MachineHealth } from '../../../domain/health.ts'
import { utcText } from '../../../domain/instant.ts'
import type { StoredEvent } from '../../../domain/outbox.ts'
import { machineOwner } from '../../../domain/owner.ts'
import type { LastWill } from '../../../mqtt/broker.ts'
import type { FeedContext } from '../context.ts'
import type { FeedMessage } from '../publish.ts'
import { eventLevels, levelOf, standsInPlant, type Topics } from '../topics.ts'

/** MQTT 5: what the payload is. */
const CONTENT_TYPE = 'application/json'

/** What messages are made with: whose they are, and on which topics. */
export interface MessageContext extends Pick<FeedContext, 'gateway' | 'placeOf'> {
  readonly topics: Topics
}

/**
 * An event; undefined where it never leaves the gateway.
 * @param connectedAtMs what was captured before is history: nobody could hear it in its moment
 */
export function eventMessage(
  { gateway, placeOf, topics }: MessageContext,
  stored: StoredEvent,
  connectedAtMs: number,
): FeedMessage | undefined {
  const { subject } = stored.event
  const event = standsInPlant(subject) ? outward(stored, { gateway }) : undefined
  if (!event) return undefined
  return {
    topic: `${topics.cell(subject, placeOf(subject))}/${eventLevels(event.kind)}`,
    payload: eventText(event, stored.capturedAtMs < connectedAtMs),
    qos: 1,
    contentType: CONTENT_TYPE,
  }
}

/** Fields that say nothing are left out. The text is written at once: another object for each event costs as much as the rest. */
function eventText({ fields }: OutwardEvent, isHistorical: boolean): string {
  let text = '{'
  for (const name in fields) {
    const value = fields[name]
    if (value !== null) text += `"${name}":${JSON.stringify(value)},`
  }
  return isHistorical ? `${text}"historical":true}` : `${text.slice(0, -1)}}`
}

/** What a machine shows now, without the moment at which it is said. */
export function standingOf(
  { machine, ...shown }: MachineHealth,
  gateway: string,
): Readonly<Record<string, unknown>> {
  return {
    gateway,
    machine,
    status: shown.status,
    since: shown.sinceMs === null ? null : utcText(shown.sinceMs),
    reason: shown.reason,
    work_order: shown.workOrder,
    operator: shown.operator,
    declared: shown.declared,
    shift: shown.shift,
  }
}

/** Where what a machine shows is said. */
export function standingTopic({ topics, placeOf }: MessageContext, machine: string): string {
  const owner = machineOwner(machine)
  return `${topics.cell(owner, placeOf(owner))}/status`
}

/** What a machine shows, as {@link standingOf} has it. */
export function standingMessage(
  topic: string,
  standing: Readonly<Record<string, unknown>>,
  { atMs, retain }: { readonly atMs: number; readonly retain: boolean },
): FeedMessage {
  const payload = JSON.stringify({ at: utcText(atMs), ...standing })
  return { topic, payload, qos: 1, retain, contentType: CONTENT_TYPE }
}

/** An empty message takes away what a broker has retained. */
export function nothingRetained(topic: string): FeedMessage {
  return { topic, payload: '', qos: 1, retain: true }
}

/** Whether the gateway is there; `lost`: its connection broke, and nobody knows whether it runs. */
export type GatewayPresence = 'online' | 'offline' | 'lost'

/** Whether the gateway is there, since a moment. */
export function availabilityMessage(
  { gateway, topics }: MessageContext,
  state: GatewayPresence,
  atMs: number,
): FeedMessage {
  return { ...availability({ gateway, topics }, state, atMs), contentType: CONTENT_TYPE }
}

/** What the broker says of a gateway whose connection broke. Nobody can say when that will be: `at` is when it began. */
export function willOf(speaker: MessageContext, connectedAtMs: number): LastWill {
  return availability(speaker, 'lost', connectedAtMs)
}

function availability(
  { gateway, topics }: Pick<MessageContext, 'gateway' | 'topics'>,
  state: GatewayPresence,
  atMs: number,
): LastWill {
  return {
    topic: `${topics.site}/gateway/${levelOf(gateway)}/availability`,
    payload: JSON.stringify({ gateway, state, at: utcText(atMs) }),
    qos: 1,
    retain: true,
  }
}
