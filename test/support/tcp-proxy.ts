/**
 * A TCP proxy between the gateway and PostgreSQL, or any client and server, whose links a test can break at an exact byte. It
 * forwards plain bytes and understands no protocol. What is broken stays broken until {@link TcpProxy.repair}.
 */
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { type Impairment, type Lane, lane } from './tcp-lane.ts'

export type Direction = 'to-server' | 'to-client'

/** Where the link is cut when the client's bytes are the ones waited for. */
export type CutPoint =
  /** The server never gets them. */
  | 'before-forwarding'
  /** The server gets them, and a reset right behind. */
  | 'after-forwarding'
  /** The server gets them and answers; the answer never reaches the client. */
  | 'before-answer'

export interface TcpProxy extends AsyncDisposable {
  readonly host: string
  readonly port: number
  /** Links accepted since the start. */
  readonly accepted: number
  /** Impairs open and future links. */
  impair(direction: Direction, impairment: Impairment): void
  /** Links work again; what was held back goes on its way. New connections are accepted. */
  repair(): void
  /** Both ends of every link get a reset. */
  reset(): void
  /** The links to the servers are closed; clients get no error, and what they send is dropped. */
  halfOpen(): void
  /** New connections are reset at once, until the repair. */
  refuse(): void
  /**
   * Cuts a link at the next client bytes for which the predicate is true.
   * @returns when it was cut
   */
  cutAt(predicate: (bytes: Buffer) => boolean, point: CutPoint): Promise<void>
  /**
   * Strands a link at the next client bytes for which the predicate is true: they are kept back, nothing passes any more, and the server
   * keeps waiting for them, also when the client has left. {@link Stranded.deliver} hands them to the server after all.
   * @returns when it was stranded
   */
  strandAt(predicate: (bytes: Buffer) => boolean): Promise<Stranded>
}

/** Bytes of a client that are still on their way when everybody has forgotten them. */
export interface Stranded {
  /** @returns when the server has answered them, or has closed its end */
  deliver(): Promise<void>
}

interface Link {
  readonly client: Socket
  readonly server: Socket
  readonly lanes: Readonly<Record<Direction, Lane>>
}

interface PendingCut {
  readonly predicate: (bytes: Buffer) => boolean
  readonly point: CutPoint | Strand
  readonly done: () => void
}

/** Gets the stranded link. */
type Strand = (stranded: Stranded) => void

/** Where the server refuses a connection, the client of the proxy is refused as well: it must see that the server is down. */
export async function startTcpProxy(target: {
  readonly host: string
  readonly port: number
}): Promise<TcpProxy> {
  const links = new Set<Link>()
  const impairments: Partial<Record<Direction, Impairment>> = {}
  let refusing = false
  let accepted = 0
  let cut: PendingCut | undefined

  const server = createServer({ allowHalfOpen: true }, (client) => {
    client.on('error', ignoreReset)
    if (refusing) return void client.resetAndDestroy()
    accepted += 1
    const upstream = connect({ ...target, allowHalfOpen: true })
    const link: Link = {
      client,
      server: upstream,
      lanes: {
        'to-server': lane(upstream, () => impairments['to-server']),
        'to-client': lane(client, () => impairments['to-client']),
      },
    }
    links.add(link)
    carry(
      link,
      () => cut,
      () => {
        cut?.done()
        cut = undefined
      },
    )
    client.on('close', () => links.delete(link))
  })
  const port = await listen(server)

  const resetAll = () => {
    for (const link of links) resetLink(link)
  }
  return {
    host: '127.0.0.1',
    port,
    get accepted() {
      return accepted
    },
    impair: (direction, impairment) => {
      impairments[direction] = impairment
    },
    repair: () => {
      refusing = false
      delete impairments['to-server']
      delete impairments['to-client']
      for (const { lanes } of links) {
        lanes['to-server'].release()
        lanes['to-client'].release()
      }
    },
    reset: resetAll,
    halfOpen: () => {
      for (const link of links) forsake(link)
    },
    refuse: () => {
      refusing = true
    },
    cutAt: (predicate, point) =>
      new Promise((done) => {
        cut = { predicate, point, done }
      }),
    strandAt: (predicate) =>
      new Promise((stranded) => {
        cut = { predicate, point: stranded, done: () => undefined }
      }),
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close')
      server.close()
      resetAll()
      await closed
    },
  }
}

function carry(link: Link, pending: () => PendingCut | undefined, done: () => void): void {
  const { client, server, lanes } = link
  server.on('error', ignoreReset)
  client.setNoDelay(true)
  server.setNoDelay(true)
  client.on('data', (bytes) => {
    const cut = pending()
    if (cut?.predicate(bytes)) cutLink(link, bytes, cut.point, done)
    else lanes['to-server'].pass(bytes)
  })
  server.on('data', (bytes) => lanes['to-client'].pass(bytes))
  client.on('end', () => lanes['to-server'].end())
  server.on('end', () => lanes['to-client'].end())
  client.on('close', () => server.destroy())
  // A refused or reset upstream is passed on as a reset; after an orderly end the client has been ended already.
  server.on('close', (hadError) => void (hadError ? client.resetAndDestroy() : client.destroySoon()))
}

function cutLink(link: Link, bytes: Buffer, point: CutPoint | Strand, done: () => void): void {
  if (typeof point === 'function') {
    point(strand(link, bytes))
    done()
    return
  }
  const finish = () => {
    resetLink(link)
    done()
  }
  if (point === 'before-forwarding') {
    finish()
    return
  }
  link.server.removeAllListeners('data')
  if (point === 'before-answer') link.server.once('data', finish)
  link.server.write(bytes, () => {
    if (point === 'after-forwarding') finish()
  })
}

/** The server's end stays open whatever the client does. */
function strand({ client, server }: Link, bytes: Buffer): Stranded {
  for (const event of ['data', 'end', 'close']) {
    client.removeAllListeners(event)
    server.removeAllListeners(event)
  }
  client.resume()
  server.resume()
  return {
    deliver: async () => {
      const settled = new Promise<void>((resolve) => {
        for (const event of ['data', 'end', 'close']) server.once(event, () => resolve())
      })
      if (!server.readableEnded && server.writable) {
        server.write(bytes)
        await settled
      }
      client.destroy()
      server.destroy()
    },
  }
}

function resetLink({ client, server }: Link): void {
  client.resetAndDestroy()
  server.resetAndDestroy()
}

function forsake({ client, server }: Link): void {
  server.removeAllListeners('close')
  server.removeAllListeners('data')
  server.resetAndDestroy()
  client.removeAllListeners('data')
  client.resume()
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return typeof address === 'object' && address ? address.port : 0
}

/** Resets are made here on purpose, so their error says nothing new; 'close' follows and cleans up. */
function ignoreReset(): void {}
