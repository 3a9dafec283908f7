/**
 * Something in the place of a PostgreSQL: it takes TLS as it is told, and keeps whatever a client says to it. It may answer as a test
 * wants, or hand everything on to the real server, as somebody who stands between.
 */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { connect as connectTls, type SecureContextOptions, TLSSocket } from 'node:tls'
import type { HostPort } from '../../src/postgres/settings.ts'

/** How a client asks whether a server takes TLS. */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47])

export interface TlsImpostor extends AsyncDisposable {
  readonly port: number
  /** Everything that was said to it, but for the question for TLS and the handshake. */
  readonly heard: () => string
}

/** @returns its answers, each to what was heard last */
type Answers = readonly Buffer[]

export interface ImpostorOptions {
  /** Without it: it takes no TLS. */
  readonly tls?: SecureContextOptions | undefined
  readonly answers?: Answers
  /** The real server, asked for TLS unless it is plain; `change` is what becomes of what it says. */
  readonly relay?: {
    readonly to: HostPort
    readonly isPlain?: boolean
    readonly change: (bytes: Buffer) => Buffer
  }
}

export async function startTlsImpostor(options: ImpostorOptions): Promise<TlsImpostor> {
  const heard: Buffer[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.once('data', (first) => {
      if (options.tls) {
        socket.write('S')
        serve(new TLSSocket(socket, { isServer: true, ...options.tls }), options, heard)
        return
      }
      if (!first.equals(SSL_REQUEST)) heard.push(first)
      serve(socket, options, heard)
      socket.write('N')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    heard: () => Buffer.concat(heard).toString('latin1'),
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

function serve(client: Socket, { answers = [], relay }: ImpostorOptions, heard: Buffer[]): void {
  client.on('error', () => undefined)
  let said = 0
  const upstream = relay && relayTo(relay, client)
  client.on('data', (bytes) => {
    heard.push(bytes)
    const answer = answers[said]
    said += 1
    if (answer) client.write(answer)
    else if (!upstream) client.destroy()
    upstream?.(bytes)
  })
}

/** Asks the real server for TLS as a client does, and hands on in both directions. */
function relayTo({ to, isPlain, change }: NonNullable<ImpostorOptions['relay']>, client: Socket) {
  const plain = connect(to)
  plain.on('error', () => client.destroy())
  const handOn = (socket: Socket) => {
    socket.on('error', () => client.destroy())
    socket.on('data', (bytes) => client.write(change(bytes)))
    socket.on('close', () => client.destroy())
    return socket
  }
  const secured = new Promise<Socket>((resolve) => {
    if (isPlain) return void plain.once('connect', () => resolve(handOn(plain)))
    plain.once('connect', () => plain.write(SSL_REQUEST))
    plain.once('data', () => {
      const socket = connectTls({ socket: plain, rejectUnauthorized: false }, () => resolve(socket))
      handOn(socket)
    })
  })
  client.on('close', () => plain.destroy())
  return (bytes: Buffer) => void secured.then((socket) => socket.write(bytes))
}
