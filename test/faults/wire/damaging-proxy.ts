/** Stands between a client and a server on real sockets, and does to their messages what a seed says. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import type { Random } from '../faults.ts'
import { type Damage, Damager, type Framing, type Step } from './damage.ts'

export type Direction = 'to-server' | 'to-client'

export interface DamagingProxy extends AsyncDisposable {
  readonly host: string
  readonly port: number
  /** Damages that were done, for people who look into a seed. */
  readonly done: readonly string[]
  /** From now on new links are left alone; those that are open are cut. */
  repair(): void
}

interface ProxyOptions {
  readonly target: { readonly host: string; readonly port: number }
  readonly framing: Framing
  readonly random: Random
  /** What may happen to messages of a direction. */
  readonly damages: Readonly<Record<Direction, readonly Damage[]>>
  /** Up to this number of messages of a link may be damaged. */
  readonly reach: number
  /** How many links are damaged before the others are left alone. */
  readonly links: number
}

/** Each damaged link has one to three damages. */
const DAMAGES_MAX = 3

export async function startDamagingProxy(options: ProxyOptions): Promise<DamagingProxy> {
  const sockets = new Set<Socket>()
  const done: string[] = []
  let accepted = 0
  let repaired = false
  const server = createServer((client) => {
    const isDamaged = !repaired && accepted < options.links
    accepted += 1
    const upstream = connect(options.target)
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.setNoDelay(true)
      socket.on('error', () => undefined) // Links end in every way here.
      socket.on('close', () => sockets.delete(socket))
    }
    const plan = isDamaged ? planOf(options, `link ${accepted}`, done) : undefined
    carry(client, upstream, plan?.('to-server'))
    carry(upstream, client, plan?.('to-client'))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const cutAll = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    done,
    repair: () => {
      repaired = true
      cutAll()
    },
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close')
      server.close()
      cutAll()
      await closed
    },
  }
}

/** Which messages of a new link are damaged, in which direction. */
function planOf({ framing, random, damages, reach }: ProxyOptions, link: string, done: string[]) {
  const planned: Record<Direction, Map<number, Damage>> = { 'to-server': new Map(), 'to-client': new Map() }
  for (let count = 1 + Math.floor(random() * DAMAGES_MAX); count > 0; count--) {
    const direction: Direction = random() < 0.7 ? 'to-client' : 'to-server'
    const kinds = damages[direction]
    const kind = kinds[Math.floor(random() * kinds.length)]
    if (kind) planned[direction].set(Math.floor(random() * reach), kind)
  }
  return (direction: Direction) =>
    new Damager(framing, random, (index) => {
      const kind = planned[direction].get(index)
      if (kind) done.push(`${link} ${direction} message ${index}: ${kind}`)
      return kind
    })
}

function carry(from: Socket, to: Socket, damager: Damager | undefined): void {
  let underWay: Promise<void> = Promise.resolve()
  from.on('data', (bytes) => {
    const steps = damager ? damager.take(bytes) : [bytes]
    underWay = underWay.then(() => walk(steps, from, to))
  })
  from.on('close', () => {
    underWay = underWay.then(() => void to.destroySoon())
  })
}

async function walk(steps: Iterable<Step>, from: Socket, to: Socket): Promise<void> {
  for (const step of steps) {
    if (step === 'end') {
      from.destroy()
      to.destroySoon()
    } else if (Buffer.isBuffer(step)) to.write(step)
    else await wait(step.waitMs)
  }
}
