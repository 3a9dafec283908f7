/**
 * A real broker for tests: Mosquitto where it is installed, and otherwise the one that the simulators bring, which speaks 3.1.1 only.
 * It keeps its port over restarts.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { freePort } from '../../simulators/central/free-port.ts'
import { type BrokerAccess, startLocalBroker } from '../../simulators/mqtt/broker.ts'

interface TestBrokerOptions extends BrokerAccess {
  /** Sessions and retained messages outlive a restart; only Mosquitto can do that. */
  readonly persistence?: boolean
  /** Lines of `mosquitto.conf`; with any, the test needs Mosquitto. */
  readonly mosquitto?: readonly string[]
}

/** A running broker. Disposing it ends it. */
export interface TestBroker extends AsyncDisposable {
  readonly kind: 'mosquitto' | 'local'
  /** Versions of MQTT that it speaks, the newest last. */
  readonly versions: readonly ('3.1.1' | 5)[]
  readonly port: number
  readonly url: string
  /** Ends it in good order. */
  stop(): Promise<void>
  /** Ends it by force: it saves nothing, and says nothing to its clients. */
  kill(): Promise<void>
  /** Starts it again on the same port. */
  start(): Promise<void>
}

/** Where Debian puts it, beside the PATH of ordinary users. */
const PLACES = ['mosquitto', '/usr/sbin/mosquitto', '/usr/local/sbin/mosquitto']
const READY_MAX_MS = 60_000
const POLL_MS = 20

let found: string | null | undefined

/** The program; undefined where it is not installed. */
function mosquittoProgram(): string | undefined {
  // It has no option that only prints its version: `-h` prints it with the help, and exits with 3.
  found ??= PLACES.find((place) => spawnSync(place, ['-h']).error === undefined) ?? null
  return found ?? undefined
}

/** Whether tests that need Mosquitto itself can run here. */
export const hasMosquitto = mosquittoProgram() !== undefined

/** Starts a broker on a free port of 127.0.0.1. */
export async function startBroker(options: TestBrokerOptions = {}): Promise<TestBroker> {
  const program = mosquittoProgram()
  const port = await freePort('127.0.0.1')
  const folder = mkdtempSync(join(tmpdir(), 'millrace-broker-'))
  const life = program ? mosquittoLife(program, options, { port, folder }) : localLife(options, port)
  await life.start()
  return {
    kind: program ? 'mosquitto' : 'local',
    versions: program ? ['3.1.1', 5] : ['3.1.1'],
    port,
    url: `${options.tls ? 'mqtts' : 'mqtt'}://127.0.0.1:${port}`,
    stop: () => life.end('SIGTERM'),
    kill: () => life.end('SIGKILL'),
    start: life.start,
    [Symbol.asyncDispose]: async () => {
      await life.end('SIGKILL')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Where a broker listens, and where it has its files. */
interface BrokerSite {
  readonly port: number
  readonly folder: string
}

interface BrokerLife {
  start(): Promise<void>
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>
}

function localLife(options: TestBrokerOptions, port: number): BrokerLife {
  if (options.mosquitto || options.persistence) throw new Error('this test needs Mosquitto')
  let running: AsyncDisposable | undefined
  return {
    start: async () => {
      running = await startLocalBroker(options, { port })
    },
    end: async () => {
      await running?.[Symbol.asyncDispose]()
      running = undefined
    },
  }
}

function mosquittoLife(program: string, options: TestBrokerOptions, site: BrokerSite): BrokerLife {
  const { port, folder } = site
  const config = join(folder, 'mosquitto.conf')
  writeFileSync(config, `${configLines(options, site).join('\n')}\n`)
  let child: ChildProcess | undefined
  return {
    start: async () => {
      child = spawn(program, ['-c', config], { stdio: 'ignore' })
      await untilListening(child, port)
    },
    end: async (signal) => {
      const ending = child
      child = undefined
      if (!ending || ending.exitCode !== null || ending.signalCode !== null) return
      const ended = new Promise((resolve) => ending.once('exit', resolve))
      ending.kill(signal)
      await ended
    },
  }
}

function configLines(
  { users, tls, persistence = false, mosquitto = [] }: TestBrokerOptions,
  { port, folder }: BrokerSite,
): readonly string[] {
  const file = (name: string, content: string) => {
    const path = join(folder, name)
    writeFileSync(path, content)
    // Mosquitto refuses files that others may read.
    chmodSync(path, 0o600)
    return path
  }
  const lines = [`listener ${port} 127.0.0.1`, `allow_anonymous ${users === undefined}`]
  // As root it would become the user mosquitto, which may not read this folder.
  if (process.getuid?.() === 0) lines.push('user root')
  lines.push(`persistence ${persistence}`)
  if (persistence)
    lines.push(`persistence_location ${folder}/`, 'autosave_on_changes true', 'autosave_interval 1')
  if (users) lines.push(`password_file ${passwordFile(users, file)}`)
  if (tls) {
    lines.push(`keyfile ${file('key.pem', tls.key)}`, `certfile ${file('cert.pem', tls.cert)}`)
    if (tls.ca) lines.push(`cafile ${file('ca.pem', tls.ca)}`, 'require_certificate true')
  }
  return [...lines, ...mosquitto]
}

/** Mosquitto's own program hashes the passwords in place. */
function passwordFile(
  users: Readonly<Record<string, string>>,
  file: (name: string, content: string) => string,
): string {
  const lines = Object.entries(users).map(([user, password]) => `${user}:${password}\n`)
  const path = file('passwords', lines.join(''))
  const { status, stderr } = spawnSync('mosquitto_passwd', ['-U', path])
  if (status !== 0) throw new Error(`mosquitto_passwd failed: ${stderr}`)
  return path
}

async function untilListening(child: ChildProcess, port: number): Promise<void> {
  const untilMs = performance.now() + READY_MAX_MS
  while (performance.now() < untilMs) {
    if (child.exitCode !== null) throw new Error(`mosquitto ended with ${child.exitCode}`)
    if (await isListening(port)) return
    await wait(POLL_MS)
  }
  throw new Error('mosquitto does not listen')
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true))
    socket.once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
