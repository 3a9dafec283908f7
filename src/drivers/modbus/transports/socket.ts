/** A TCP socket for a line, and why it cannot be had or is lost. */
import type { Socket } from 'node:net'
import { hostWithPort } from '../../../documents/host.ts'
import { openSocket } from '../../../runtime/open-socket.ts'
import { LineFault } from '../line-faults.ts'
import type { ChannelOptions } from './transport.ts'

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

interface SocketSettings extends SocketEndpoint {
  /** The longest that the device takes for an answer, ms. */
  readonly timeoutMs: number
}

/** A socket, and the IP address and port to which it leads. */
interface LineSocket {
  readonly socket: Socket
  readonly peer: string | undefined
}

/**
 * Opens a socket, whose end is reported to `lost`.
 * @param take gets what comes in place of the event `data`; the bytes are overwritten as soon as it returns
 * @throws LineFault
 */
export async function connectSocket(
  settings: SocketSettings,
  { context, signal, lost }: ChannelOptions,
  take?: (bytes: Buffer) => void,
): Promise<LineSocket> {
  const socket = await openSocket(settings, {
    clock: context,
    signal,
    maxMs: Math.max(CONNECT_TIMEOUT_MS, settings.timeoutMs),
    faultOf: (cause) => connectFault(settings, cause instanceof Error ? cause : undefined),
    take,
  })
  const { remoteAddress, remotePort } = socket
  const peer = remoteAddress && `${remoteAddress}:${remotePort}`
  socket.on('error', (error) => lost(resetFault(settings, error, peer)))
  socket.on('close', () => lost(resetFault(settings, undefined, peer)))
  return { socket, peer }
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
function resetFault(endpoint: SocketEndpoint, error: unknown, peer: string | undefined): LineFault {
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
