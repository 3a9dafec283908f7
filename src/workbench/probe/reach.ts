/** Whether one host that somebody typed can be reached: its name, the network it is in, an echo, and one port. Nothing else is tried. */
import { execFile } from 'node:child_process'
import { lookup } from 'node:dns/promises'
import { BlockList, connect, isIP, isIPv6 } from 'node:net'
import { networkInterfaces } from 'node:os'
import { promisify } from 'node:util'
import { type ProbeStep, step } from './step.ts'

const NAME_MAX_MS = 5_000
const PORT_MAX_MS = 4_000
const PING_MAX_S = 2

interface Place {
  readonly host: string
  readonly port: number
  /** What listens there mostly, for hints. */
  readonly usualPort: number
  /** The gateway has a connection to it already: a second one may take the place of the first. */
  readonly isReadHere: boolean
}

/** Ends where nothing behind it can succeed. */
export async function reachSteps(place: Place, signal: AbortSignal): Promise<readonly ProbeStep[]> {
  const { host, port, isReadHere } = place
  const found = await resolved(host, signal)
  if (found.address === undefined) return [found.step]
  const before = [found.step, networkStep(found.address)]
  if (isReadHere)
    return [
      ...before,
      step(
        'port',
        'good',
        `port ${port}: the gateway reads this device already, over a connection that both share`,
      ),
    ]
  const tried = await tryPort(found.address, place, signal)
  if (tried.verdict === 'good') return [...before, tried]
  return [...before, await pingStep(found.address, signal), tried]
}

interface Resolved {
  readonly step: ProbeStep
  readonly address: string | undefined
}

async function resolved(written: string, signal: AbortSignal): Promise<Resolved> {
  const host = written.replace(/^\[|\]$/g, '')
  if (isIP(host) !== 0) return { address: host, step: step('name', 'good', `${host} is an address`) }
  try {
    const { address } = await within(lookup(host), NAME_MAX_MS, signal)
    return { address, step: step('name', 'good', `${host} is ${address}`) }
  } catch {
    const hint = 'write its IP address, or have the name put into the DNS server that this computer asks'
    return { address: undefined, step: step('name', 'bad', `${host}: nobody knows this name`, hint) }
  }
}

/** Machines mostly stand in a network that the gateway has a socket of its own in. */
function networkStep(address: string): ProbeStep {
  const networks = ownNetworks()
  const list = new BlockList()
  const family = isIPv6(address) ? 'ipv6' : 'ipv4'
  for (const { net, prefix, family: of } of networks) list.addSubnet(net, prefix, of)
  if (list.check(address, family))
    return step('network', 'good', `${address} lies in a network of this computer`)
  const own = networks
    .filter(({ family: of, net }) => of === family && !net.startsWith('127.'))
    .map(({ net, prefix }) => `${net}/${prefix}`)
  const has = own.length === 0 ? 'this computer has no network' : `this computer is in ${own.join(', ')}`
  const hint =
    'where a router leads there, all is well; else see whether a digit is wrong, and which socket the cable is in'
  return step('network', 'doubtful', `${address} lies in none of the networks of this computer: ${has}`, hint)
}

interface OwnNetwork {
  readonly net: string
  readonly prefix: number
  readonly family: 'ipv4' | 'ipv6'
}

function ownNetworks(): readonly OwnNetwork[] {
  return Object.values(networkInterfaces())
    .flatMap((all) => all ?? [])
    .flatMap(({ cidr, family }) => {
      const [net, prefix] = cidr?.split('/') ?? []
      if (net === undefined || prefix === undefined) return []
      return [
        { net, prefix: Number(prefix), family: family === 'IPv6' ? ('ipv6' as const) : ('ipv4' as const) },
      ]
    })
}

/** An echo is proof that something is there; without one, nobody knows: many devices and firewalls give none. */
async function pingStep(address: string, signal: AbortSignal): Promise<ProbeStep> {
  const ping = promisify(execFile)
  try {
    await ping('ping', ['-c', '1', '-W', String(PING_MAX_S), address], {
      signal,
      timeout: (PING_MAX_S + 1) * 1_000,
    })
    return step('ping', 'good', `${address} answers a ping: something is there`)
  } catch (error) {
    const { code } = error as { readonly code?: unknown }
    if (code === 'ENOENT') return step('ping', 'unknown', 'this computer has no ping')
    const hint =
      'is the device on, is its cable in the right socket, and is its address this one? Some devices answer no ping'
    return step('ping', 'doubtful', `${address} answers no ping`, hint)
  }
}

function tryPort(address: string, { port, usualPort }: Place, signal: AbortSignal): Promise<ProbeStep> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, signal })
    const end = (found: ProbeStep) => {
      socket.destroy()
      resolve(found)
    }
    socket.setTimeout(PORT_MAX_MS, () => end(silent(port)))
    socket.once('connect', () => end(step('port', 'good', `port ${port} is open`)))
    socket.once('error', (error: NodeJS.ErrnoException) => end(refusedStep(error, port, usualPort)))
  })
}

function silent(port: number): ProbeStep {
  const hint =
    'nothing comes back at all: another address, a cable, a firewall in between, or the device is off'
  return step('port', 'bad', `port ${port} does not answer`, hint)
}

function refusedStep({ code, message }: NodeJS.ErrnoException, port: number, usualPort: number): ProbeStep {
  if (code === 'ECONNREFUSED') {
    const usual = port === usualPort ? '' : ` The usual port is ${usualPort}.`
    const hint = `the device is there: is its server switched on in its settings, and have others taken all its places?${usual}`
    return step('port', 'bad', `port ${port} is refused`, hint)
  }
  if (code === 'ECONNRESET') {
    const hint =
      'mostly another program has the only place: end it, or look for a setting with the number of clients'
    return step('port', 'bad', `port ${port} takes the connection and closes it at once`, hint)
  }
  if (code === 'EHOSTUNREACH' || code === 'ENETUNREACH') {
    const hint = 'nobody has this address in the network, or no route leads there'
    return step('port', 'bad', 'no way leads to this address', hint)
  }
  return step('port', 'bad', `port ${port} cannot be reached: ${message}`)
}

async function within<T>(work: Promise<T>, ms: number, signal: AbortSignal): Promise<T> {
  const ended = AbortSignal.any([signal, AbortSignal.timeout(ms)])
  const late = new Promise<never>((_, reject) =>
    ended.addEventListener('abort', () => reject(ended.reason), { once: true }),
  )
  return await Promise.race([work, late])
}
