/**
 * Scans at several scanners while the gateway is killed again and again and PostgreSQL is away for a while: whatever was confirmed
 * is in central exactly once, and what was not confirmed is not there twice.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { startTestCentral, type TestCentral } from '../../support/central.ts'
import { PROGRAM } from '../../support/run-millrace.ts'
import { type Random, seededRandom } from '../faults.ts'
import { BAD, GOOD, Trigger } from './trigger.ts'

const SCANNERS = 4
/** All scanners together: 50 a second. */
const EVERY_MS = 80
/** A gateway lives up to this long between two kills. */
const LIFE_MAX_MS = 12_000
const LANDED_MAX_MS = 120_000

export interface ScanDay {
  readonly scans: number
  readonly kills: number
  /** How long PostgreSQL is away. */
  readonly awayMs: number
  readonly seed: number
}

export interface ScanOutcome {
  readonly sent: number
  readonly confirmed: number
  /** Scans that were confirmed and did not land. */
  readonly lost: readonly string[]
  readonly doubled: readonly string[]
  /** Scans that were refused, and landed. */
  readonly refusedAndStored: readonly string[]
  /** The end of the gateway's log. */
  readonly log: string
}

export async function playScans(day: ScanDay): Promise<ScanOutcome> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-scans-'))
  await using parts = new AsyncDisposableStack()
  parts.defer(() => rm(folder, { recursive: true, force: true }))
  const central = parts.use(await startTestCentral())
  const triggers = await Promise.all(
    Array.from({ length: SCANNERS }, (_, index) => Trigger.start(`ST-${index + 1}`)),
  )
  for (const trigger of triggers) parts.use(trigger)
  await writeSite(folder, central, triggers)
  const gateway = parts.use(new Gateway(folder))
  await gateway.start()
  const scanning = Promise.all(triggers.map((trigger) => trigger.scan(day.scans / SCANNERS, EVERY_MS)))
  await Promise.all([
    scanning,
    killAgainAndAgain(gateway, day.kills, seededRandom(day.seed)),
    sendAway(central, day.awayMs),
  ])
  const confirmed = triggers.flatMap((trigger) => trigger.confirmed)
  const landed = await landedOf(central, confirmed)
  return {
    sent: triggers.reduce((sum, { sent }) => sum + sent.length, 0),
    confirmed: confirmed.length,
    lost: confirmed.filter((code) => !landed.has(code)),
    doubled: [...landed].filter(([, times]) => times > 1).map(([code]) => code),
    refusedAndStored: triggers.flatMap(({ refused }) => refused.filter((code) => landed.has(code))),
    log: (await readFile(gateway.logFile, 'utf8')).slice(-3_000),
  }
}

/** Prints what a day came to. @returns whether all was well */
export async function scanCampaign(scans: number, seed: number): Promise<boolean> {
  const outcome = await playScans({ scans, kills: 20, awayMs: 60_000, seed })
  const { lost, doubled, refusedAndStored, log, sent, confirmed } = outcome
  const findings = [...lost, ...doubled, ...refusedAndStored]
  console.log(`scans: ${sent} sent, ${confirmed} confirmed, ${findings.length} findings`)
  if (findings.length > 0) console.log(JSON.stringify({ lost, doubled, refusedAndStored }), log)
  return findings.length === 0
}

/** The program as its users run it, in a process that can be killed. */
class Gateway implements AsyncDisposable {
  readonly #folder: string
  readonly logFile: string
  #process: ChildProcess | undefined

  constructor(folder: string) {
    this.#folder = folder
    this.logFile = join(folder, 'gateway.log')
  }

  async start(): Promise<void> {
    const log = await open(this.logFile, 'a')
    const args = [PROGRAM.main, 'run', '--config', join(this.#folder, 'gateway.yaml')]
    this.#process = spawn(PROGRAM.node, args, { stdio: ['ignore', log.fd, log.fd] })
    await once(this.#process, 'spawn')
    await log.close()
  }

  async kill(): Promise<void> {
    const { exitCode, signalCode } = this.#process ?? {}
    if (!this.#process || exitCode !== null || signalCode !== null) return
    const ended = once(this.#process, 'exit')
    this.#process.kill('SIGKILL')
    await ended
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill()
  }
}

async function killAgainAndAgain(gateway: Gateway, kills: number, random: Random): Promise<void> {
  for (let count = 0; count < kills; count += 1) {
    await wait(random() * LIFE_MAX_MS)
    await gateway.kill()
    await gateway.start()
  }
}

async function sendAway({ server }: TestCentral, awayMs: number): Promise<void> {
  await wait(awayMs / 3)
  await server.stop()
  await wait(awayMs)
  await server.start()
}

/** How often each code is in central, once all that were confirmed are, or cannot be expected any more. */
async function landedOf(
  central: TestCentral,
  confirmed: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const deadlineMs = performance.now() + LANDED_MAX_MS
  for (;;) {
    const rows = await central.sql<{ code: string; times: number }>(
      'SELECT qr_code_data AS code, count(*)::int AS times FROM qr_code_scans GROUP BY 1',
    )
    const landed = new Map(rows.map(({ code, times }) => [code, times]))
    if (confirmed.every((code) => landed.has(code)) || performance.now() > deadlineMs) return landed
    await wait(500)
  }
}

async function writeSite(folder: string, central: TestCentral, triggers: readonly Trigger[]): Promise<void> {
  const [operator] = await central.sql<{ id: number }>(`SELECT id FROM users WHERE employee_code = '4711'`)
  const port = central.settings().connection.hosts[0]?.port
  await mkdir(join(folder, 'devices'))
  await writeFile(join(folder, 'password'), central.password, { mode: 0o600 })
  await writeFile(
    join(folder, 'gateway.yaml'),
    `gateway: edge-1
organization: SAV
plant: SAV-1
timezone: Europe/Rome
devices: devices
data: data
central: {url: "postgres://${central.role}@127.0.0.1:${port}/postgres", password_file: password, tls: off}
console: {port: 0}
`,
  )
  for (const [index, { address }] of triggers.entries()) {
    await writeFile(
      join(folder, 'devices', `st-${index + 1}.yaml`),
      `scanner: ST-${index + 1}
port: {tcp: "${address}"}
operator: {without: {station_user: ${operator?.id}}}
rules: [{match: '^BOX-', is: box}]
ack: {good: "${hex(GOOD)}", bad: "${hex(BAD)}"}
`,
    )
  }
}

function hex(text: string): string {
  return Buffer.from(text).toString('hex')
}
