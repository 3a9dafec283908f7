/** What a message of a subscription says of its items. */
import type { DataValue, NotificationMessage, Variant } from 'node-opcua-client'

/** Of one item: a value, or the fields of an event. */
interface Notified {
  readonly clientHandle: number
  readonly value?: DataValue
  readonly eventFields?: readonly Variant[] | null
}

/** A notification is of values, of events, or of the subscription itself. */
interface NotificationParts {
  readonly monitoredItems?: readonly Notified[] | null
  readonly events?: readonly Notified[] | null
}

/** In the order in which the server sent them. */
export function notifiedIn({ notificationData }: NotificationMessage): readonly Notified[] {
  return (notificationData ?? []).flatMap((notification) => {
    const { monitoredItems, events } = (notification ?? {}) as NotificationParts
    return monitoredItems ?? events ?? []
  })
}
