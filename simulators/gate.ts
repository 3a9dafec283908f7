/**
 * The public port of a machine: forwards every connection to the protocol's own server, and breaks links on command.
 *
 * Faults of the link are made here, so that they are the same for every protocol. It never reads the bytes it forwards.
 */
import { connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { portOf } from './port-of.ts'
import type { Fault } from './scenario.ts'

type LinkFault = Extract<Fault, 'drop' | 'refuse' | 'silent' | 'delay'>

export interface Gate extends AsyncDisposable {
  readonly host: string
  readonly port: number
  /** Connections accepted since the start, without those that were reset at once. */
  connections(): number
  /** Names the server to forward to. Until then connections are reset. */
  open(upstreamPort: number): void
  /** @param delayMs how late answers are, for `delay` */
  impair(fault: LinkFault, delayMs: number): Promise<void>
  repair(fault: LinkFault): Promise<void>
}

/** How long to wait before another try when somebody else took the port while it was closed. */
const RELISTEN_MS = 50

export async function openGate(host: string, wantedPort: number): Promise<Gate> {
  const active = new Set<LinkFault>()
  const clients = new Set<Socket>()
  let upstreamPort: number | undefined
  let delayMs = 0
  let accepted = 0
  let closed = false

  const admit = (client: Socket) => {
    client.on('error', ignoreReset)
    if (upstreamPort === undefined || active.has('drop')) return void client.resetAndDestroy()
    accepted += 1
    clients.add(client)
    client.on('close', () => clients.delete(client))
    carry(client, connect(upstreamPort, '127.0.0.1'), {
      isSilent: () => active.has('silent'),
      delayMs: () => (active.has('delay') ? delayMs : 0),
    })
  }
  const resetAll = () => {
    for (const client of clients) client.resetAndDestroy()
  }

  let server = await listen(admit, host, wantedPort)
  const port = portOf(server)
  const closePort = () => new Promise<void>((done) => server.close(() => done()))
  const reopenPort = async () => {
    while (!closed && !active.has('refuse') && !server.listening) {
      server = await listen(admit, host, port).catch(() => server)
      if (!server.listening) await wait(RELISTEN_MS)
    }
  }

  return {
    host,
    port,
    connections: () => accepted,
    open: (behind) => {
      upstreamPort = behind
    },
    impair: async (fault, lateMs) => {
      active.add(fault)
      if (fault === 'delay') delayMs = lateMs
      const closing = fault === 'refuse' && server.listening ? closePort() : undefined
      if (fault === 'drop' || fault === 'refuse') resetAll()
      await closing
    },
    repair: async (fault) => {
      active.delete(fault)
      if (fault === 'refuse') await reopenPort()
    },
    [Symbol.asyncDispose]: async () => {
      closed = true
      const closing = closePort()
      resetAll()
      await closing
    },
  }
}

interface Impairment {
  readonly isSilent: () => boolean
  readonly delayMs: () => number
}

/** Forwards bytes both ways until either side closes. Bytes that come while the link is silent are dropped. */
function carry(client: Socket, server: Socket, impairment: Impairment): void {
  const answer = inOrder(impairment.delayMs, (chunk) => client.write(chunk))
  server.on('error', ignoreReset)
  client.setNoDelay(true)
  server.setNoDelay(true)
  // No back-pressure: both protocols send a request and wait for its answer, so there are never many bytes under way.
  client.on('data', (chunk) => void (impairment.isSilent() || server.write(chunk)))
  server.on('data', (chunk) => void (impairment.isSilent() || answer(chunk)))
  client.on('close', () => server.destroy())
  server.on('close', () => client.destroySoon())
}

/** Passes chunks on after a delay, in the order in which they came. */
function inOrder(delayMs: () => number, pass: (chunk: Buffer) => void): (chunk: Buffer) => void {
  let lastDueMs = 0
  return (chunk) => {
    const nowMs = performance.now()
    lastDueMs = Math.max(nowMs + delayMs(), lastDueMs)
    if (lastDueMs <= nowMs) pass(chunk)
    else setTimeout(pass, lastDueMs - nowMs, chunk)
  }
}

function listen(admit: (client: Socket) => void, host: string, port: number): Promise<Server> {
  const server = createServer(admit)
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => resolve(server))
  })
}

/** Resets are made here on purpose, so their error says nothing new; 'close' follows and cleans up. */
function ignoreReset(): void {}
