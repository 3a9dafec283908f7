/**
 * Whether anything listens at a server's port. The library waits ten seconds for each try to connect, so a PLC that comes back
 * meanwhile would be noticed late; a plain connection fails, or succeeds, much sooner.
 */
import { connect } from 'node:net'
import type { DriverContext } from '../../../domain/driver.ts'

/** Enough for the operating system to ask twice. */
const REACH_MAX_MS = 1_500
const DEFAULT_PORT = 4_840

/** @throws Error in the words of the operating system, or `ETIMEDOUT` where nothing answers */
export async function reach(
  url: string,
  { after }: Pick<DriverContext, 'after'>,
  signal?: AbortSignal,
): Promise<void> {
  const [, bracketed, plain, port] = /^opc\.tcp:\/\/(?:\[([^\]]*)\]|([^/:]+))(?::(\d+))?/.exec(url) ?? []
  const socket = connect({ host: bracketed ?? plain ?? '', port: Number(port ?? DEFAULT_PORT) })
  const outcome = Promise.withResolvers<void>()
  socket.once('connect', () => outcome.resolve())
  socket.once('error', (error) => outcome.reject(error))
  const cancel = after(REACH_MAX_MS, () => outcome.reject(new Error('ETIMEDOUT: nothing answers')))
  const giveUp = () => outcome.reject(signal?.reason)
  signal?.addEventListener('abort', giveUp)
  try {
    signal?.throwIfAborted()
    await outcome.promise
  } finally {
    cancel()
    signal?.removeEventListener('abort', giveUp)
    // What the socket still has to say is of no interest.
    socket.on('error', () => {})
    socket.destroy()
  }
}
