/** A TCP socket as a line of bytes, and why it cannot be had or is lost. */
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { hostWithPort } from '../../documents/host.ts'
import { LinkLost } from '../../domain/errors.ts'
import { stopped } from '../../ports/port-fault.ts'
import { openSocket } from '../../runtime/open-socket.ts'
import type { ByteLine, Opening } from '../byte-link.ts'
import { Lateness, SETTLE_MS } from './settling.ts'
import { Telnet } from './telnet.ts'
import { timesSentAgain } from './unconfirmed.ts'
import type { UndecidedBytes } from './undecided.ts'

/** The operating system asks at once and after 1 s; from then on a new attempt is quicker than waiting for it to ask again. */
const CONNECT_TIMEOUT_MS = 2_000

/** Where a scanner or its device server listens. */
export interface TcpEndpoint {
  readonly host: string
  readonly port: number
}

/** So many times, over some 6 s, sent bytes are sent again. Then the other end is taken for gone. */
const SENT_AGAIN_MAX = 5
const LOOK_EVERY_MS = 1_000

const TELNET_REMARK = 'the device server speaks telnet: raw TCP is safer for codes that are not plain text'

/**
 * @param undecided of all scanners that are reached in this way
 * @throws LinkLost
 */
export async function openSocketLine(
  opening: Opening<TcpEndpoint>,
  proc: string,
  undecided: UndecidedBytes,
): Promise<ByteLine> {
  const { scanner } = opening
  undecided.goOn(opening)
  using lateness = new Lateness(opening.context)
  const socket = await connected(opening)
  const where = hostWithPort(scanner.settings.host, scanner.settings.port)
  const telnet = new Telnet((bytes) => void socket.write(bytes), opening.context)
  await settled(socket, opening, { where, telnet, lateness, undecided })
  const watch = watchSent(socket, opening, proc, where)
  return {
    where,
    ...(telnet.isSpoken && { remark: TELNET_REMARK }),
    send: (bytes) =>
      new Promise((resolve, reject) => {
        socket.write(bytes, (error) => (error ? reject(closedFault(scanner.id, where, error)) : resolve()))
        watch.sent()
      }),
    hold: (isHeld) => void (isHeld ? socket.pause() : socket.resume()),
    // A device server serves one client at a time: the connection must be gone before the next one is made.
    close: async () => {
      watch.stop()
      const closed = socket.closed ? undefined : once(socket, 'close')
      socket.destroy()
      await closed
    },
  }
}

interface Settling {
  readonly where: string
  readonly telnet: Telnet
  readonly lateness: Lateness
  readonly undecided: UndecidedBytes
}

/** From here on what comes is passed on. Resolves once the other end is known to serve us. */
async function settled(
  socket: Socket,
  opening: Opening<TcpEndpoint>,
  { where, telnet, lateness, undecided }: Settling,
): Promise<void> {
  const { scanner, context, events } = opening
  const served = Promise.withResolvers<void>()
  const { monoMs: sinceMs } = context.now()
  const early: Uint8Array[] = []
  let isServed = false
  const lost = (error?: Error) => {
    served.reject(closedAtOnceFault(scanner.id, where, error))
    events.lost(closedFault(scanner.id, where, error))
  }
  socket.on('data', (bytes) => {
    const scanned = telnet.take(bytes)
    if (isServed) events.bytes(scanned)
    else early.push(scanned)
  })
  socket.on('error', lost)
  socket.on('close', () => lost())
  const cancel = context.after(SETTLE_MS, () => served.resolve())
  try {
    await served.promise
  } catch (error) {
    if (lateness.mayHaveSettled(context.now().monoMs - sinceMs)) undecided.keep(opening, where, early)
    else undecided.giveUp(scanner)
    throw error
  } finally {
    cancel()
  }
  isServed = true
  const before = undecided.take(scanner)
  if (before) events.earlier(before)
  if (early.length > 0) events.bytes(Buffer.concat(early))
}

/** After something was sent, looks every second until all of it is confirmed. */
function watchSent(
  socket: Socket,
  { scanner, context, events }: Opening<TcpEndpoint>,
  proc: string,
  where: string,
): { sent(): void; stop(): void } {
  let cancel: (() => void) | undefined
  let isStopped = false
  async function look(): Promise<void> {
    const times = await timesSentAgain(socket, proc)
    cancel = undefined
    if (isStopped || times === undefined) return
    if (times < SENT_AGAIN_MAX) return lookLater()
    events.lost(silentFault(scanner.id, where))
  }
  function lookLater(): void {
    cancel ??= context.after(LOOK_EVERY_MS, look)
  }
  return {
    sent: lookLater,
    stop: () => {
      isStopped = true
      cancel?.()
    },
  }
}

/** A connected socket that has delivered nothing yet. */
function connected({ scanner, context, signal }: Opening<TcpEndpoint>): Promise<Socket> {
  const { id, settings } = scanner
  return openSocket(settings, {
    clock: context,
    signal,
    maxMs: CONNECT_TIMEOUT_MS,
    faultOf: (cause) => {
      if (cause === 'aborted') return stopped(id)
      return connectFault(id, settings, cause === 'late' ? undefined : cause)
    },
  })
}

/** `error` undefined: no answer at all. */
function connectFault(scanner: string, { host, port }: TcpEndpoint, error?: Error): LinkLost {
  const code = codeOf(error)
  const where = `${scanner}: ${hostWithPort(host, port)}`
  if (code === 'ECONNREFUSED') {
    return new LinkLost(`${where} refuses the connection`, {
      code: 'link-refused',
      hint: `port ${port} is closed: check the port of the device server, that it is set to raw TCP (server), and that no other client holds it`,
      cause: error,
    })
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return new LinkLost(`${where} has a name that cannot be resolved`, {
      code: 'link-unknown-host',
      hint: 'check the host, or write its IP address',
      cause: error,
    })
  }
  if (code === 'ECONNRESET') return closedAtOnceFault(scanner, hostWithPort(host, port), error)
  return new LinkLost(`${where} cannot be reached${code ? ` (${code})` : ''}`, {
    code: 'link-unreachable',
    hint: 'check power, cable, IP address and firewall',
    cause: error,
  })
}

function closedAtOnceFault(scanner: string, where: string, cause: Error | undefined): LinkLost {
  return new LinkLost(`${scanner}: ${where} ends each connection as soon as it is made`, {
    code: 'link-closed',
    hint: 'another client holds it, or it lets only certain IP addresses in: look at its list of clients',
    cause,
  })
}

/** An open connection that the other end has closed, or that broke. */
function closedFault(scanner: string, where: string, error: Error | undefined): LinkLost {
  const code = codeOf(error)
  if (code === 'ETIMEDOUT') return silentFault(scanner, where, error)
  return new LinkLost(`${scanner}: ${where} closed the connection${code ? ` (${code})` : ''}`, {
    code: 'link-closed',
    hint: 'it was restarted, another client took it, or it ends connections that are idle: set its inactivity time to 0',
    cause: error,
  })
}

/** An open connection whose other end is gone without a word. */
function silentFault(scanner: string, where: string, cause?: Error): LinkLost {
  return new LinkLost(`${scanner}: ${where} does not answer any more`, {
    code: 'link-timeout',
    hint: 'check its power and cable',
    cause,
  })
}

function codeOf(error: Error | undefined): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code
}
