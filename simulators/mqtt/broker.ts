/** An MQTT broker within this process, for machines without one: it speaks MQTT 3.1 and 3.1.1, and keeps its retained messages in memory. */
import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { Aedes } from 'aedes'

/** How clients get in. */
export interface BrokerAccess {
  /** Passwords by user; without it everybody may connect. */
  readonly users?: Readonly<Record<string, string>>
  /** PEM texts; with `ca`, clients must show a certificate that it has signed. */
  readonly tls?: { readonly key: string; readonly cert: string; readonly ca?: string }
}

/** A broker that listens. Disposing it ends all its connections. */
interface LocalBroker extends AsyncDisposable {
  readonly port: number
}

/** @param port 0 for any that is free */
export async function startLocalBroker(
  { users, tls }: BrokerAccess = {},
  { host = '127.0.0.1', port = 0 } = {},
): Promise<LocalBroker> {
  const broker = await Aedes.createBroker({
    authenticate: (_client, user, password, done) =>
      done(null, users === undefined || isKnown(users, user, password)),
  })
  // A client that breaks off or talks nonsense is no affair of the broker's.
  broker.on('clientError', (client) => client.close())
  broker.on('connectionError', (client) => client.close())
  const { server, sockets } = listening((socket) => broker.handle(socket), tls)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  return {
    port: portOf(server),
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => broker.close(resolve))
      await closed
    },
  }
}

function isKnown(
  users: Readonly<Record<string, string>>,
  user: string | undefined,
  password: Buffer | undefined,
): boolean {
  return user !== undefined && password !== undefined && users[user] === password.toString()
}

/** A server, and the connections that it has. */
function listening(handle: (socket: Socket) => void, tls: BrokerAccess['tls']) {
  const sockets = new Set<Socket>()
  const keep = (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.once('close', () => sockets.delete(socket))
  }
  const server = tls
    ? createTlsServer({ ...tls, requestCert: tls.ca !== undefined }, handle)
    : createServer(handle)
  server.on('connection', keep)
  return { server, sockets }
}

function portOf(server: Server): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the broker has no port')
  return address.port
}
