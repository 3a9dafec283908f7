/** A TCP socket for a line, and why it cannot be had or is lost. */
import type { Socket } from 'node:net'
import { hostWithPort } from '../../../documents/host.ts'
import type { DriverContext } from '../../../domain/driver.ts'
import { openSocket } from '../../../runtime/open-socket.ts'
import { LineFault } from '../line-faults.ts'

/**
 * How long making contact may take, or the device's own time limit where that is longer. The operating system asks at once and
 * after 1 s; from then on a new attempt is quicker than waiting for it to ask again.
 */
const CONNECT_TIMEOUT_MS = 2_000
interface SocketEndpoint {
  readonly host: string
  readonly port: number
}

/** How messages name it: `10.20.3.17:502`. */
export function endpointText({ host, port }: SocketEndpoint): string {
  return hostWithPort(host, port)
}

interface ConnectOptions {
  readonly context: DriverContext
  readonly signal: AbortSignal
  /** The longest that the device takes for an answer. */
  readonly timeoutMs: number
}

/**
 * Opens a socket.
 * @throws LineFault
 */
export function connectSocket(
  endpoint: SocketEndpoint,
  { context, signal, timeoutMs }: ConnectOptions,
): Promise<Socket> {
  return openSocket(endpoint, {
    clock: context,
    signal,
    maxMs: Math.max(CONNECT_TIMEOUT_MS, timeoutMs),
    faultOf: (cause) => connectFault(endpoint, cause instanceof Error ? cause : undefined),
  })
}

/** `error` undefined: no answer at all. */
function connectFault(endpoint: SocketEndpoint, error: Error | undefined): LineFault {
  const code = codeOf(error)
  const where = endpointText(endpoint)
  if (code === 'ECONNREFUSED') {
    return new LineFault('link-refused', `${where} refuses the connection`, {
      hint: `port ${endpoint.port} is closed, or all of the device's connections are taken`,
      cause: error,
      peer: refusedBy(error),
    })
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return new LineFault('link-unknown-host', `${where} has a name that cannot be resolved`, {
      hint: 'check host, or write its IP address',
      cause: error,
    })
  }
  if (code === 'ECONNRESET') {
    return new LineFault('link-closed', `${where} ends each connection as soon as it is made`, {
      hint: 'all of its connections are taken, or it lets only certain IP addresses in: look at its list of clients',
      cause: error,
    })
  }
  return new LineFault('link-unreachable', `${where} cannot be reached${code ? ` (${code})` : ''}`, {
    hint: 'check power, cable, IP address and firewall',
    cause: error,
  })
}

/** An open socket that the other end has closed, or that broke. */
export function resetFault(endpoint: SocketEndpoint, error: unknown, peer: string | undefined): LineFault {
  const code = codeOf(error)
  return new LineFault(
    'link-closed',
    `${endpointText(endpoint)} closed the connection${code ? ` (${code})` : ''}`,
    {
      hint: 'the device was restarted, or allows fewer connections than it has clients',
      cause: error,
      peer,
    },
  )
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code
}

/** IP address and port, which Node.js adds to the error of a connection that was refused. */
function refusedBy(error: Error | undefined): string | undefined {
  const { address, port } = (error ?? {}) as { readonly address?: string; readonly port?: number }
  return address && `${address}:${port}`
}
