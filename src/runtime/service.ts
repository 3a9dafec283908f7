/** A part that runs until its signal is aborted: calling `run` starts it, aborting stops it, and `await using` cleans up. */
import { type Backoff, backoff } from './backoff.ts'
import type { Clock } from './clock.ts'
import type { Log } from './log.ts'

export interface Service {
  readonly name: string
  run(signal: AbortSignal): Promise<void>
}

interface ServiceWorld {
  readonly clock: Clock
  /** From 0 to 1, for the jitter of the back-off. */
  readonly random: () => number
  readonly log: Log
}

/**
 * Starts a service and keeps it running.
 * @returns the way to stop it, which resolves once it has ended
 */
export function start(service: Service, world: ServiceWorld): () => Promise<void> {
  const stop = new AbortController()
  const ended = keep(service, stop.signal, world)
  return () => {
    stop.abort()
    return ended
  }
}

/** Runs a service and starts it again whenever it fails, with back-off from 1 s to 30 s, so that its fault stops no other part. */
export async function keep(service: Service, signal: AbortSignal, world: ServiceWorld): Promise<void> {
  const delays: Backoff = backoff({ minMs: 1_000, maxMs: 30_000, random: world.random })
  while (!signal.aborted) {
    try {
      await service.run(signal)
      if (signal.aborted) return
      throw new Error(`${service.name} ended by itself`)
    } catch (error) {
      if (signal.aborted) return
      world.log.error({ service: service.name, error }, `${service.name} failed and will be started again`)
    }
    await world.clock.sleep(delays.next(), signal)
  }
}
