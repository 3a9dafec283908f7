/** A route that takes every event to a destination, under the name that central has. */
import type { BatchSettings, Destination, Route } from '../../src/domain/destination.ts'

export function centralRoute(destination: Destination, batch: BatchSettings): Route {
  return { name: 'central', must: 'deliver', takes: () => true, destination, batch }
}
