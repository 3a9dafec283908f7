import { execFileSync, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { connect } from 'node:net'
import { type GatewaySite, startGatewaySite } from './parts/gateway-site.ts'
import { type MakeSite, securityCheck } from './security-check.ts'

const PORTS = 65_535
const AT_ONCE = 400

/** In /proc/net/tcp. */
const LISTENING = '0A'

interface Networked {
  /** Of the gateway as another computer sees it. */
  readonly address: string
  readonly site: GatewaySite
}

/** Two ends of a cable: this computer, and a network of its own in which the gateway is. */
async function networked(stack: AsyncDisposableStack, console: string): Promise<Networked> {
  const name = `mr${process.pid}`
  const [near, far] = [`${name}a`, `${name}b`]
  const ip = (...args: readonly string[]) => void execFileSync('ip', [...args])
  ip('netns', 'add', name)
  stack.defer(() => ip('netns', 'del', name))
  ip('link', 'add', near, 'type', 'veth', 'peer', 'name', far, 'netns', name)
  ip('addr', 'add', '10.213.77.1/30', 'dev', near)
  ip('link', 'set', near, 'up')
  ip('-n', name, 'addr', 'add', '10.213.77.2/30', 'dev', far)
  ip('-n', name, 'link', 'set', far, 'up')
  ip('-n', name, 'link', 'set', 'lo', 'up')
  const site = await startGatewaySite(stack, {
    within: ['ip', 'netns', 'exec', name],
    hasDevice: false,
    console,
  })
  return { address: '10.213.77.2', site }
}

/** Asks every port of it. */
async function openPorts(address: string): Promise<readonly number[]> {
  const open: number[] = []
  let next = 1
  const walk = async () => {
    while (next <= PORTS) {
      const port = next
      next += 1
      if (await isOpen(address, port)) open.push(port)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, walk))
  return open
}

function isOpen(host: string, port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const socket = connect({ host, port, timeout: 2_000 })
  const done = (open: boolean) => {
    socket.destroy()
    resolve(open)
  }
  socket.on('connect', () => done(true))
  socket.on('error', () => done(false))
  socket.on('timeout', () => done(false))
  return promise
}

/** What the process itself holds open, over TCP and UDP: a port that no scan reaches is found as well. */
function listeners({ pid }: GatewaySite): readonly string[] {
  const inodes = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return /socket:\[(\d+)\]/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? []
      } catch {
        return []
      }
    }),
  )
  return ['tcp', 'tcp6', 'udp', 'udp6'].flatMap((kind) => {
    const lines = readFileSync(`/proc/${pid}/net/${kind}`, 'utf8').split('\n').slice(1)
    return lines.flatMap((line) => {
      const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/)
      const isServer = kind.startsWith('udp') || state === LISTENING
      return isServer && inodes.has(inode) ? [`${kind} ${local}`] : []
    })
  })
}

const LOOPBACK = /^tcp 0100007F:/

const hasRights =
  process.getuid?.() === 0 &&
  spawnSync('ip', ['netns', 'list']).status === 0 &&
  spawnSync('unshare', ['--net', 'true']).status === 0

function withConsole(console: string): MakeSite<Networked> {
  return (stack) => networked(stack, console)
}

securityCheck<Networked>({
  id: 'S23',
  title: 'from the network no port is open where none was configured',
  judge: async ({ address, site }) => [
    ...(await openPorts(address)).map((port) => `port ${port} is open`),
    ...listeners(site)
      .filter((one) => !LOOPBACK.test(one))
      .map((one) => `it listens at ${one}`),
  ],
  shipped: withConsole('{port: 0}'),
  weakened: { 'a console that listens at every address': withConsole('{port: 18080, host: 0.0.0.0}') },
  cannotBeTried: hasRights ? undefined : 'it needs the rights to make a network of its own',
  timeoutMs: 180_000,
})
