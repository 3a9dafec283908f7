/** A TCP connection to a device, opened within a bounded time. */
import { once } from 'node:events'
import { type OnReadOpts, Socket } from 'node:net'
import type { Clock } from './clock.ts'
import { type GaveUp, within } from './within.ts'

/**
 * After this silence the operating system probes whether the other end is still there, each second; after 10 probes without an
 * answer the connection is lost. So a device that lost its power is noticed within 20 s, however rarely it says something.
 */
const KEEP_ALIVE_MS = 10_000

interface Endpoint {
  readonly host: string
  readonly port: number
}

interface Attempt {
  readonly clock: Pick<Clock, 'after'>
  readonly maxMs: number
  readonly signal: AbortSignal
  /** What is thrown for an error of the system, or where the attempt was given up. */
  readonly faultOf: (cause: Error | GaveUp) => Error
  /**
   * Takes what comes, in place of the socket's own stream. The bytes are overwritten as soon as it returns: what is to be kept has to
   * be copied. Without it they come by the event `data`, each time in memory of their own.
   */
  readonly take?: ((bytes: Buffer) => void) | undefined
}

/** What has just come over any socket whose bytes are taken at once: none of them needs one of its own. */
const inbox = Buffer.allocUnsafeSlow(65_536)

/**
 * A connected socket that has delivered nothing yet. An abort, also one from before, closes it again.
 * @throws what `faultOf` makes
 */
export async function openSocket(
  { host, port }: Endpoint,
  { clock, maxMs, signal, faultOf, take }: Attempt,
): Promise<Socket> {
  const socket = new Socket(take && { onread: takenAtOnce(take) })
  const failed = once(socket, 'connect').then(
    () => undefined,
    (error: Error) => error,
  )
  socket.setNoDelay(true).setKeepAlive(true, KEEP_ALIVE_MS).connect(port, host)
  const cause = await within(failed, { clock, maxMs, signal }, (why) => why)
  if (cause === undefined) return socket
  socket.on('error', () => {}) // The attempt has failed already: a second error of its socket changes nothing.
  socket.destroy()
  throw faultOf(cause)
}

function takenAtOnce(take: (bytes: Buffer) => void): OnReadOpts {
  return {
    buffer: inbox,
    callback: (length) => {
      take(inbox.subarray(0, length))
      return true // Go on reading.
    },
  }
}
