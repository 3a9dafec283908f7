/**
 * The name of an event outside this gateway: a UUID that is the same for every repetition of the event, and another one for
 * any other event.
 *
 * It is made of the gateway's name, the moment at which the event was stored, and what the event says. Number, hash and
 * incarnation are left out: an adoption, and the repair of a damaged log, give all events other ones. What the event says is
 * written in one way, fields in the order of their names and without those that are empty, because an event that was set aside
 * comes back from a jsonb column with its fields in another order.
 */
import { hash } from 'node:crypto'
import type { StoredEvent } from '../outbox.ts'

/** @param gateway its name; two gateways may see the same thing at the same moment */
export function eventId(
  { event, capturedAtMs }: Pick<StoredEvent, 'event' | 'capturedAtMs'>,
  gateway: string,
): string {
  const digest = hash('sha256', `${gateway}\n${capturedAtMs}\n${inOneWay(event)}`, 'hex')
  // RFC 9562: version 8 is for whoever makes a UUID in a way of his own, and the variant is 10 in bits.
  const variant = ((Number.parseInt(digest.slice(16, 17), 16) & 0x3) | 0x8).toString(16)
  const parts = [
    digest.slice(0, 8),
    digest.slice(8, 12),
    `8${digest.slice(13, 16)}`,
    `${variant}${digest.slice(17, 20)}`,
    digest.slice(20, 32),
  ]
  return parts.join('-')
}

/** Written at once, and not by way of another object: a feed does so for every event of a backlog. */
function inOneWay(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inOneWay).join()}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const fields = value as Readonly<Record<string, unknown>>
  let text = ''
  for (const name of Object.keys(fields).sort()) {
    const inside = fields[name]
    if (!isEmpty(inside)) text += `${text && ','}${JSON.stringify(name)}:${inOneWay(inside)}`
  }
  return `{${text}}`
}

/** What need not be written: a field that says nothing is the same as one that is absent. */
function isEmpty(value: unknown): boolean {
  return value === null || value === undefined || (Array.isArray(value) && value.length === 0)
}
