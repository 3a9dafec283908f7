/** Which events a route is offered. */
import type { Route } from '../domain/destination.ts'
import { isUnreadable } from '../domain/events/event.ts'
import type { StoredEvent } from '../domain/outbox.ts'

/** Whether a route is offered an event. What cannot be read is offered too, and set aside by the route: nothing is passed over unnoticed. */
export function isTaken(route: Route, stored: StoredEvent): boolean {
  const { event } = stored
  return isUnreadable(event) || (route.takes(event.kind) && (route.wants?.(stored) ?? true))
}
