/**
 * Long campaigns of faults on the whole line and on the local log, with figures at the end.
 *
 *   npm run faults                     a short round of each fault, as in the tests
 *   npm run faults -- --full           1,000 kills, 10,000 damaged logs, 100,000 power cuts, and 50 of each other fault
 *   npm run faults -- --kills 200 --cuts 100 --stops 5 --restores 5 --seed 7
 *   npm run faults -- --fuzz 10000     damaged messages on each wire; --wire modbus for one of them
 *   npm run faults -- --parsers 1000000     changed recordings at each parser: how many a second, and what memory they take
 *   npm run faults -- --modbus-reads 1000000     a device of which 40 % of the answers are faulty, over each transport of Modbus
 *   npm run faults -- --frames 10000000      scans among noise, as scanners send them
 *   npm run faults -- --scans 10000    scans over four scanners, a kill with each 500, central away for a minute
 *   npm run faults -- --flood 10000    scans at once, beside bytes without end and a server that ends each connection
 *   npm run faults -- --routes 1000    scans at each of three stations, for the three example routes, with 10 kills
 *   npm run faults -- --only pair [--full]     two gateways on one line, 6 kills and 3 cut links of either; with --full 200 and 50
 *   npm run faults -- --only pair --pairs 2 --minutes 10 --evidence FOLDER     what explains a finding is kept there
 *   npm run faults -- --restarts 50    an OPC UA server that is killed and started again below one gateway
 *   npm run faults -- --sparkplug 100000     messages of a feed in Sparkplug, with kills of the gateway, the broker and the link
 *   npm run faults -- --seeds 1000000 [--from N]     ten simulated minutes of a plant with each seed; --seeds 1 --from N lives one again
 *   npm run faults -- --damage 10000 --seed 7
 *   npm run faults -- --damage-at 4711 --seed 7      one damaged log again
 *   npm run faults -- --large-damage 50 --seed 7     logs of more than 128 MB, of which a start checks the end only
 *   npm run faults -- --power-cuts 100000 --seed 7
 *   npm run faults -- --cut-at 4711 --seed 7 --recording FILE      one power cut again, of the recording that a finding names
 *   npm run faults -- --record         records a life anew for machines that have no strace, and keeps it in the repository
 */
import { parseArgs } from 'node:util'
import type { Line } from '../../src/demo/line.ts'
import { agrees, type Finding } from '../../src/demo/reconcile/report.ts'
import { parsersCampaign } from '../security/fuzz/campaign.ts'
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'
import { faultRun, type Outcome } from './fault-run.ts'
import { cutAtCommits, killAtRandom, restoreCentral, seededRandom, stopCentral } from './faults.ts'
import { floodCampaign } from './flood/campaign.ts'
import { framesCampaign } from './frames/campaign.ts'
import { casesOf, cutPowerOfLogs, damageLogs, keepNewRecording, LOCAL_OPTIONS } from './log-campaigns.ts'
import { modbusCampaign } from './modbus/campaign.ts'
import { pairCampaign } from './pair/campaign.ts'
import { restartsCampaign } from './restarts/campaign.ts'
import { routesCampaign } from './routes/campaign.ts'
import { scanFaults, scansCampaign } from './scans/campaign.ts'
import { seedsCampaign } from './seeds/campaign.ts'
import { sparkplugCampaign } from './sparkplug/campaign.ts'
import { fuzzCampaign, WIRES } from './wire/campaign.ts'

/** After so many faults a new line is started, so that the day to look into after a finding is not too long. */
const FAULTS_A_DAY = { kills: 100, cuts: 60, stops: 3, restores: 3 }
/** How long PostgreSQL is away, and how old the copy is. */
const FAULT_MS = 20_000
const SHORT = { kills: 20, cuts: 12, stops: 1, restores: 1 }
const FULL = { kills: 1_000, cuts: 50, stops: 50, restores: 50 }

/** Of a pair of gateways. */
const PAIR_SHORT = { kills: 6, cuts: 3 }
const PAIR_FULL = { kills: 200, cuts: 50 }

type Kind = keyof typeof SHORT

const { values } = parseArgs({
  options: {
    full: { type: 'boolean', default: false },
    only: { type: 'string' },
    pairs: { type: 'string', default: '1' },
    minutes: { type: 'string' },
    evidence: { type: 'string' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    kills: { type: 'string' },
    cuts: { type: 'string' },
    stops: { type: 'string' },
    restores: { type: 'string' },
    fuzz: { type: 'string' },
    wire: { type: 'string' },
    parsers: { type: 'string' },
    'modbus-reads': { type: 'string' },
    frames: { type: 'string' },
    scans: { type: 'string' },
    flood: { type: 'string' },
    routes: { type: 'string' },
    restarts: { type: 'string' },
    sparkplug: { type: 'string' },
    seeds: { type: 'string' },
    from: { type: 'string', default: '1' },
    damage: { type: 'string' },
    'damage-at': { type: 'string' },
    'large-damage': { type: 'string' },
    'large-damage-at': { type: 'string' },
    'power-cuts': { type: 'string' },
    'cut-at': { type: 'string' },
    recording: { type: 'string' },
    record: { type: 'boolean', default: false },
  },
})
const seed = Number(values.seed)
if (values.record) {
  keepNewRecording()
  process.exit()
}
if (values.seeds !== undefined)
  process.exit((await seedsCampaign(Number(values.seeds), Number(values.from))) ? 0 : 1)
if (values.only === 'pair') {
  const faults = values.full ? PAIR_FULL : PAIR_SHORT
  const minutes = values.minutes === undefined ? {} : { minutes: Number(values.minutes) }
  const evidence = values.evidence === undefined ? {} : { evidence: values.evidence }
  console.log(`seed ${seed}`)
  process.exit(
    (await pairCampaign({ ...faults, seed, ...minutes, ...evidence }, Number(values.pairs))) ? 0 : 1,
  )
}
if (values.only !== undefined) throw new Error(`there is no campaign "${values.only}"; there is: pair`)
const campaigns = [
  ...(Object.keys(SHORT) as Kind[]),
  'fuzz',
  'parsers',
  'modbus-reads',
  'frames',
  'scans',
  'flood',
  'routes',
  'restarts',
  'sparkplug',
  ...LOCAL_OPTIONS,
] as const
const named = campaigns.find((name) => values[name] !== undefined)
const counts =
  named === undefined ? (values.full ? FULL : SHORT) : { kills: 0, cuts: 0, stops: 0, restores: 0 }

console.log(`seed ${seed}`)
let clean = true
for (const kind of Object.keys(SHORT) as Kind[]) {
  clean = (await campaign(kind, Number(values[kind] ?? counts[kind]))) && clean
}
if (values.fuzz !== undefined) {
  const wires = values.wire === undefined ? Object.keys(WIRES) : [values.wire]
  clean = (await fuzzCampaign(wires, seed, Number(values.fuzz))) && clean
}
if (values.parsers !== undefined) clean = (await parsersCampaign(Number(values.parsers), seed)) && clean
if (values['modbus-reads'] !== undefined) {
  clean = (await modbusCampaign(Number(values['modbus-reads']), seed)) && clean
}
if (values.frames !== undefined) clean = framesCampaign(Number(values.frames), seed) && clean
if (values.scans !== undefined) clean = (await scansCampaign(scanFaults(Number(values.scans), seed))) && clean
if (values.flood !== undefined) clean = (await floodCampaign(Number(values.flood))) && clean
if (values.routes !== undefined) {
  const scans = Number(values.routes)
  clean = (await routesCampaign({ scans, kills: Math.max(10, Math.ceil(scans / 100)), seed })) && clean
}
if (values.restarts !== undefined) {
  clean = (await restartsCampaign(Number(values.restarts), seededRandom(seed))) && clean
}
if (values.sparkplug !== undefined) {
  clean = (await sparkplugCampaign(Number(values.sparkplug), seed)) && clean
}
const local = casesOf(values, named === undefined)
if (local.damage) clean = (await damageLogs(local.damage, seed, 'usual')) && clean
if (local.largeDamage) clean = (await damageLogs(local.largeDamage, seed, 'large')) && clean
if (local.cuts) clean = (await cutPowerOfLogs(local.cuts, seed, values.recording)) && clean
process.exitCode = clean ? 0 : 1

/** @returns whether every day of it reconciled */
async function campaign(kind: Kind, faults: number): Promise<boolean> {
  let left = faults
  let findings = 0
  let transitions = 0
  for (let day = 0; left > 0; day += 1) {
    const today = Math.min(left, FAULTS_A_DAY[kind])
    left -= today
    const outcome = await live(kind, today, seed + day)
    findings += report(outcome, kind, seed + day)
    transitions += outcome.report.truth.transitions
  }
  if (faults > 0) console.log(`${kind}: ${faults} over ${transitions} transitions, ${findings} findings`)
  return findings === 0
}

async function live(kind: Kind, faults: number, daySeed: number): Promise<Outcome> {
  if (kind === 'kills') {
    return await faultRun({ seed: daySeed }, (line) => killAtRandom(line, faults, seededRandom(daySeed)))
  }
  if (kind === 'cuts') return await liveWithCuts(faults, daySeed)
  const fault = kind === 'stops' ? stopCentral : restoreCentral
  return await faultRun({ seed: daySeed }, (line) => repeat(line, faults, fault))
}

async function liveWithCuts(faults: number, daySeed: number): Promise<Outcome> {
  await using stack = new AsyncDisposableStack()
  let proxy: TcpProxy | undefined
  const centralVia = async (server: { readonly host: string; readonly port: number }) => {
    proxy = stack.use(await startTcpProxy({ host: server.host, port: server.port }))
    return proxy
  }
  return await faultRun({ seed: daySeed, centralVia }, async () => {
    if (proxy) await cutAtCommits(proxy, faults, seededRandom(daySeed))
  })
}

async function repeat(
  line: Line,
  faults: number,
  fault: (line: Line, ms: number) => Promise<void>,
): Promise<void> {
  for (let count = 0; count < faults; count += 1) await fault(line, FAULT_MS)
}

/** Prints what a day found. @returns how many findings */
function report(outcome: Outcome, kind: Kind, daySeed: number): number {
  const { report: found, drained, evidenceFile, log, logFaults, health } = outcome
  const all: readonly Finding[] = [...found.missing, ...found.extra, ...found.duplicates, ...found.wrong]
  if (agrees(found) && drained && logFaults.length === 0 && health === 'healthy') return 0
  console.log(`${kind}, seed ${daySeed}: ${drained ? '' : 'not drained; '}${all.length} findings`)
  for (const { at, machine, what } of all) console.log(`  ${at} ${machine} ${what}`)
  for (const fault of logFaults) console.log(`  the log says ${fault}`)
  if (health !== 'healthy') console.log(`  not healthy a minute after the last fault: ${health}`)
  console.log(evidenceFile ?? log)
  return Math.max(1, all.length)
}
