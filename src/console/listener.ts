/**
 * One port on which the console answers. Whoever connects can neither use up the process's files nor keep others out: there are
 * few connections, a request has to come at once, and where there are too many the oldest connection ends.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { isIP, type Socket } from 'node:net'

const CONNECTIONS_MAX = 64
/** From the first byte to the last, for a request and for its answer. */
const REQUEST_MAX_MS = 5_000
const HEADER_BYTES_MAX = 8_192
const LOOK_EVERY_MS = 1_000

/** What is answered. */
export interface ConsoleAnswer {
  readonly code: number
  readonly body: unknown
}

interface ListenerParts {
  readonly host: string
  readonly port: number
  /** Names by which requests may call this computer, besides any IP address and `localhost`. */
  readonly names: readonly string[]
  /** Answers a path without its query. Never throws. */
  readonly answer: (path: string) => Promise<ConsoleAnswer>
  /** It listens no more, although nobody closed it. */
  readonly onBroken: () => void
}

/** It listens until it is closed. */
export interface Listener {
  readonly host: string
  /** The one that the system chose, where 0 was asked for. */
  readonly port: number
  close(): void
}

/** @throws what the system says, such as that the port is taken */
export async function listen({ host, port, names, answer, onBroken }: ListenerParts): Promise<Listener> {
  const limits = {
    headersTimeout: REQUEST_MAX_MS,
    requestTimeout: REQUEST_MAX_MS,
    connectionsCheckingInterval: LOOK_EVERY_MS,
    maxHeaderSize: HEADER_BYTES_MAX,
  }
  const server = createServer(limits, (request, response) => {
    const refused = refusalOf(request, [...names, host])
    void (refused ?? answer((request.url ?? '/').split('?')[0] ?? '/')).then((answered) =>
      reply(response, answered),
    )
  })
  server.setTimeout(REQUEST_MAX_MS)
  server.on('connection', boundConnections())
  await listening(server, host, port)
  server.on('error', onBroken)
  const address = server.address()
  return {
    host,
    port: typeof address === 'object' && address ? address.port : port,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

function boundConnections(): (socket: Socket) => void {
  const open = new Set<Socket>()
  return (socket) => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
    if (open.size <= CONNECTIONS_MAX) return
    const [oldest] = open
    oldest?.destroy()
  }
}

/** The console only shows. A page in a browser that calls this computer by a name of its own is not answered. */
function refusalOf(
  { method = '', headers }: IncomingMessage,
  names: readonly string[],
): Promise<ConsoleAnswer> | undefined {
  if (method !== 'GET' && method !== 'HEAD') {
    return Promise.resolve({ code: 405, body: { error: 'there is nothing here but to read: GET and HEAD' } })
  }
  if (headers.host === undefined || isOurName(headers.host, names)) return undefined
  const hint = 'ask by an IP address, or name it under console.names in gateway.yaml'
  return Promise.resolve({ code: 421, body: { error: 'this computer is not known by that name', hint } })
}

function isOurName(host: string, names: readonly string[]): boolean {
  const name = host
    .replace(/:\d*$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')
    .toLowerCase()
  return isIP(name) > 0 || name === 'localhost' || names.some((known) => known.toLowerCase() === name)
}

function reply(response: ServerResponse, { code, body }: ConsoleAnswer): void {
  const allow = code === 405 ? { allow: 'GET, HEAD' } : {}
  response.writeHead(code, { 'content-type': 'application/json', 'cache-control': 'no-store', ...allow })
  response.end(`${JSON.stringify(body)}\n`)
}
