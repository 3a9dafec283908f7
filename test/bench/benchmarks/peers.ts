/** The same devices read by other programs: what each costs, and what becomes of the reads when central or the program goes away. */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Client } from 'pg'
import { startTcpProxy, type TcpProxy } from '../../support/tcp-proxy.ts'
import type { Bench, Benchmark, Figure } from '../benchmark.ts'
import { type BenchCentral, type RoleLogin, startCentral } from '../central.ts'
import { type Child, launch } from '../child.ts'
import { perValueUs } from '../cost.ts'
import type { GatewayProcess } from '../gateway-process.ts'
import type { ModbusDevices } from '../loads/modbus-devices.ts'
import { millrace } from '../peers/millrace.ts'
import { nodeRed } from '../peers/node-red.ts'
import type { Installed, PeerSite } from '../peers/peer.ts'
import { telegraf } from '../peers/telegraf.ts'
import { machineCode } from '../site.ts'
import { until } from '../until.ts'
import { windowOf } from './modbus.ts'

const PERIOD_MS = 1_000
const REGISTERS = 100
/** The first register is the status; each read changes all the others, so that register 1 is the number of the read. */
const NUMBERED = { registers: REGISTERS, changesPerRead: REGISTERS - 1, statusMs: 0, numbered: true }

interface Size {
  readonly devices: number
  readonly warmUpMs: number
  readonly windowMs: number
  readonly awayMs: number
  /** Cut commits, and kills. */
  readonly times: number
}

const FULL: Size = { devices: 50, warmUpMs: 10_000, windowMs: 30_000, awayMs: 30_000, times: 3 }
const QUICK: Size = { devices: 5, warmUpMs: 1_000, windowMs: 3_000, awayMs: 3_000, times: 1 }

/** A program commits once a second; this long is never. */
const COMMIT_MAX_MS = 60_000
const DEAD_MS = 1_000
const PEACE_MS = 4_000
/** What has not arrived this long after the last read that did, is taken for lost. */
const QUIET_MS = 20_000
const SETTLE_MAX_MS = 120_000

/** One program under test, with everything around it. */
interface Stage {
  readonly installed: Installed
  readonly size: Size
  readonly load: Child<ModbusDevices>
  readonly proxy: TcpProxy
  readonly site: PeerSite
  program: GatewayProcess
}

/** Of each device, the reads behind the first number up to the last. */
interface Phase {
  readonly name: string
  readonly ranges: readonly { readonly after: number; readonly last: number }[]
}

export const peers: Benchmark = {
  name: 'peers',
  summary:
    'the same 50 Modbus devices through Telegraf and Node-RED, where they are installed (docs/peers.md)',
  run: async (bench) => {
    const size = bench.quick ? QUICK : FULL
    await using central = await startCentral(
      bench,
      Array.from({ length: size.devices }, (_, index) => machineCode(index)),
    )
    const role = await peerRole(central)
    const figures: Figure[] = []
    const own = await measured(bench, size, millrace(bench), central.role, central)
    figures.push(...own.figures)
    for (const peer of [telegraf, nodeRed]) {
      const found = await peer.find()
      if ('missing' in found) {
        bench.progress(`  ${peer.name} is not measured. Set ${found.missing}`)
        continue
      }
      await emptySchema(central.superuser)
      const theirs = await measured(bench, size, found, role, central).catch((error: unknown) => {
        process.exitCode = 1
        bench.progress(`  ${peer.name} failed, and the others go on: ${String(error)}`)
      })
      if (!theirs) continue
      const measure = `CPU a value, ${peer.name} / Millrace`
      const ratio = theirs.valueUs / own.valueUs
      figures.push({ load: loadText(size, found), measure, value: ratio, unit: 'x' }, ...theirs.figures)
    }
    return figures
  },
}

async function measured(
  bench: Bench,
  size: Size,
  installed: Installed,
  login: RoleLogin,
  central: BenchCentral,
): Promise<{ readonly figures: readonly Figure[]; readonly valueUs: number }> {
  bench.progress(`  ${installed.version}: ${installed.settings}`)
  await using load = await launch<ModbusDevices>('loads/modbus-devices.ts')
  const ports = await load.ask('start', { devices: size.devices, ...NUMBERED })
  await using proxy = await startTcpProxy(login)
  const site = await installed.prepare({
    folder: join(bench.folder, installed.version.replaceAll(/\W+/g, '-').slice(0, 20)),
    ports,
    registers: REGISTERS,
    central: { ...login, host: proxy.host, port: proxy.port },
    superuser: central.superuser,
  })
  const stage: Stage = { installed, size, load, proxy, site, program: await site.start() }
  try {
    const cost = await windowOf(stage.program, size, { periodMs: PERIOD_MS }, load)
    const text = loadText(size, installed)
    const figures = [...costFigures(text, cost), ...(await faultFigures(bench, stage, text))]
    return { figures, valueUs: perValueUs(cost) }
  } finally {
    await stage.program[Symbol.asyncDispose]()
  }
}

function loadText({ devices }: Size, { version }: Installed): string {
  return `Modbus ${devices} x ${REGISTERS} at 1 Hz, ${version}`
}

function costFigures(load: string, cost: Awaited<ReturnType<typeof windowOf>>): readonly Figure[] {
  return [
    { load, measure: 'CPU', value: cost.cpuPercent, unit: '% of a core' },
    { load, measure: 'CPU a value', value: perValueUs(cost), unit: 'µs' },
    { load, measure: 'memory (PSS)', value: cost.memory.pssMb, unit: 'MB' },
    { load, measure: 'missed polls', value: cost.missed, unit: '' },
  ]
}

async function faultFigures(bench: Bench, stage: Stage, load: string): Promise<readonly Figure[]> {
  const { awayMs, times } = stage.size
  const played: Phase[] = []
  const figures: Figure[] = []
  const play = async (name: string, fault: () => Promise<void>) => {
    bench.progress(`    ${name}`)
    const before = await lengths(stage)
    await fault()
    const after = await lengths(stage)
    const phase = { name, ranges: before.map((one, device) => ({ after: one, last: after[device] ?? one })) }
    played.push(phase)
    const caughtUpMs = await settle(stage, phase)
    figures.push({ load, measure: `${name}: quiet after`, value: caughtUpMs / 1_000, unit: 's' })
  }
  await play('undisturbed', () => wait(awayMs))
  await play(`central away for ${awayMs / 1_000} s`, () => centralAway(stage, awayMs))
  await play(`answer to a COMMIT lost, ${times} x`, () => cutCommits(stage, times))
  await play(`killed at a COMMIT, ${times} x`, () => killAtCommits(stage, times))
  // Judged at the end, because a row may be doubled long after it was first there.
  const arrived = await arrivedNow(stage)
  return [...figures, ...played.flatMap((phase) => lossFigures(load, phase, arrived, stage.installed))]
}

async function centralAway({ proxy }: Stage, awayMs: number): Promise<void> {
  await wait(PEACE_MS)
  proxy.refuse()
  proxy.reset()
  await wait(awayMs)
  proxy.repair()
  await wait(PEACE_MS)
}

async function cutCommits(stage: Stage, times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    await wait(PEACE_MS)
    await answerLost(stage)
  }
  await wait(PEACE_MS)
}

async function killAtCommits(stage: Stage, times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    await wait(PEACE_MS)
    await answerLost(stage)
    await stage.program.kill()
    await wait(DEAD_MS)
    const before = await lengths(stage)
    stage.program = await stage.site.start()
    await until('every device being polled again', { maxMs: 60_000, everyMs: 200 }, async () => {
      stage.program.mustRun()
      const now = await lengths(stage)
      return now.every((count, device) => count > (before[device] ?? 0)) || undefined
    })
  }
  await wait(PEACE_MS)
}

/** The server has done the next commit, and the program never hears of it: its link is reset. */
async function answerLost({ proxy, installed }: Stage): Promise<void> {
  const cut = proxy.cutAt((bytes) => installed.isCommit(bytes), 'before-answer')
  const lost = wait(COMMIT_MAX_MS, 'never', { ref: false })
  if ((await Promise.race([cut, lost])) === 'never') {
    throw new Error(`${installed.version} committed nothing for ${COMMIT_MAX_MS / 1_000} s`)
  }
}

/** How often each device has been read. */
async function lengths({ load }: Stage): Promise<readonly number[]> {
  return (await load.ask('reads', undefined)).map((reads) => reads.length)
}

async function arrivedNow({ load, site }: Stage): Promise<readonly (readonly number[])[]> {
  return await site.arrived(await load.ask('reads', undefined))
}

/** Waits until all of a phase has arrived, or nothing of it comes any more. @returns how long until the last of it came */
async function settle(stage: Stage, phase: Phase): Promise<number> {
  const beganMs = performance.now()
  let last = { lost: Number.POSITIVE_INFINITY, atMs: beganMs }
  while (performance.now() - beganMs < SETTLE_MAX_MS) {
    stage.program.mustRun()
    const { lost } = judge(phase, await arrivedNow(stage))
    if (lost < last.lost) last = { lost, atMs: performance.now() }
    if (lost === 0 || performance.now() - last.atMs > QUIET_MS) break
    await wait(500)
  }
  return last.atMs - beganMs
}

function judge(phase: Phase, arrived: readonly (readonly number[])[]) {
  let [reads, lost, doubled] = [0, 0, 0]
  for (const [device, { after, last }] of phase.ranges.entries()) {
    const own = (arrived[device] ?? []).filter((number) => number > after && number <= last)
    const distinct = new Set(own).size
    reads += last - after
    lost += last - after - distinct
    doubled += own.length - distinct
  }
  return { reads, lost, doubled }
}

function lossFigures(
  load: string,
  phase: Phase,
  arrived: readonly (readonly number[])[],
  { version }: Installed,
): readonly Figure[] {
  const { reads, lost, doubled } = judge(phase, arrived)
  const unit = `of ${reads} reads`
  const aim = version.startsWith('Millrace') ? { aim: { atMost: 0 } } : {}
  return [
    { load, measure: `${phase.name}: lost`, value: lost, unit, ...aim },
    { load, measure: `${phase.name}: doubled`, value: doubled, unit, ...aim },
  ]
}

/** A role like any other program's: its own schema, no more. */
async function peerRole({ role, superuser }: BenchCentral): Promise<RoleLogin> {
  const password = randomBytes(18).toString('hex')
  await superuser.query(`CREATE ROLE peer LOGIN PASSWORD '${password}'`)
  await superuser.query('ALTER ROLE peer SET search_path = peers')
  return { ...role, user: 'peer', password }
}

async function emptySchema(superuser: Client): Promise<void> {
  await superuser.query('DROP SCHEMA IF EXISTS peers CASCADE')
  await superuser.query('CREATE SCHEMA peers AUTHORIZATION peer')
}
