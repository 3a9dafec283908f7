/** One gateway of a pair: a process of its own, with a role of its own in central and a link to it that can be cut. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { askStatus } from '../../../src/console/ask-status.ts'
import type { StatusReport } from '../../../src/console/report.ts'
import { postGuard } from '../../../src/demo/guard.ts'
import { type GatewayProcess, spawnGateway } from '../../../src/demo/program.ts'
import { BUILT_PROGRAM } from '../../support/built-program.ts'
import { startTcpProxy, type TcpProxy } from '../../support/tcp-proxy.ts'
import type { PlantMachine } from './plant.ts'

/** A gateway that does not answer within this is taken to be down, and asked again. */
const ANSWER_MAX_MS = 2_000

export interface MemberOptions {
  readonly gateway: string
  readonly role: string
  readonly password: string
  readonly port: number
  readonly lease: string
  readonly machines: readonly PlantMachine[]
  /** A module that is loaded into the process before the program. */
  readonly preload?: string | undefined
}

export interface Member extends AsyncDisposable {
  readonly gateway: string
  readonly role: string
  readonly link: TcpProxy
  readonly folder: string
  readonly configFile: string
  readonly isRunning: boolean
  readonly logFile: string
  start(): void
  kill(): Promise<void>
  /** The process stands still, and its connections with it; `thaw` lets it go on as if nothing had been. */
  freeze(): void
  thaw(): void
  /** @returns its exit code */
  stop(): Promise<number | null>
  /** What `status` says now; undefined while it is down, or has not begun to answer. */
  ask(): Promise<StatusReport | undefined>
}

/** The gateway is not started yet. */
export async function pairMember(options: MemberOptions): Promise<Member> {
  const { gateway, machines, preload } = options
  const link = await startTcpProxy({ host: '127.0.0.1', port: options.port })
  const folder = mkdtempSync(join(tmpdir(), `millrace-pair-${gateway}-`))
  mkdirSync(join(folder, 'devices'))
  const [configFile, logFile] = [join(folder, 'gateway.yaml'), join(folder, 'gateway.log')]
  writeFileSync(join(folder, 'password'), options.password, { mode: 0o600 })
  writeFileSync(configFile, configText(options, link.port))
  for (const { code, map } of machines) writeFileSync(join(folder, 'devices', `${code}.yaml`), map)
  const env = {
    ...BUILT_PROGRAM.env,
    ...(preload === undefined ? {} : { NODE_OPTIONS: `--import=${preload}` }),
  }
  const guard = postGuard(folder)
  const asking = new AbortController()
  let running: GatewayProcess | undefined

  async function end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
    const ending = running
    if (!ending) return null
    running = undefined
    ending.signal(signal)
    const code = await ending.exited
    guard.minds(undefined)
    return code
  }

  return {
    ...{ gateway, role: options.role, link, folder, configFile, logFile },
    get isRunning() {
      return running !== undefined
    },
    start: () => {
      running = spawnGateway({ ...BUILT_PROGRAM, env }, { configFile, logFile })
      guard.minds(running.pid)
    },
    kill: async () => void (await end('SIGKILL')),
    freeze: () => running?.signal('SIGSTOP'),
    thaw: () => running?.signal('SIGCONT'),
    stop: () => end('SIGTERM'),
    ask: async () => {
      const asked = running
      const answer = await askStatus(join(folder, 'data'), { maxMs: ANSWER_MAX_MS, signal: asking.signal })
      return running && running === asked && typeof answer === 'object' ? answer : undefined
    },
    [Symbol.asyncDispose]: async () => {
      asking.abort()
      await end('SIGKILL')
      await guard[Symbol.asyncDispose]()
      await link[Symbol.asyncDispose]()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function configText({ gateway, role, lease }: MemberOptions, port: number): string {
  return `gateway: ${gateway}
organization: SAV
plant: SAV-1
timezone: Europe/Rome
devices: devices
data: data
central: {url: "postgres://${role}@127.0.0.1:${port}/postgres", password_file: password, tls: off}
pair: {name: line-1, lease: ${lease}}
recording: false
console: {port: 0}
`
}
