/** A route that takes every event to a destination, under the name that central has. */
import type { Destination, Route } from '../../src/domain/destination.ts'

export function centralRoute(destination: Destination): Route {
  return { name: 'central', must: 'deliver', takes: () => true, destination }
}
