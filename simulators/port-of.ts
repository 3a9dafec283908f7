/** The port on which a server listens, where it was to take any that is free. */
import type { Server } from 'node:net'

/** @returns 0 where it does not listen */
export function portOf(server: Server): number {
  const address = server.address()
  return typeof address === 'object' && address ? address.port : 0
}
