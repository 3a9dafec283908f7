/**
 * Long campaigns of faults on the whole line and on the local log, with figures at the end.
 *
 *   npm run faults                     a short round of each fault, as in the tests
 *   npm run faults -- --list           the catalogue of faults, and what plays each of them
 *   npm run faults -- --full           10,000 kills, damaged logs and each call to the disk, 1,000,000 power cuts, 200 promotions and restores
 *   npm run faults -- --full --minutes 60     no new day or case is begun after that; what was played is printed
 *   npm run faults -- --kills 200 --freezes 50 --cuts 100 --stops 5 --restores 5 --promotions 5 --seed 7
 *   npm run faults -- --only promotions       one kind of fault, as often as is usual
 *   npm run faults -- --calls 10000 --call-errors 500 --read-errors 200     kills at, and errors from, calls to the disk
 *   npm run faults -- --soak 60        minutes with a random fault in each, and how memory grows meanwhile
 *   npm run faults -- --backlog 10000000     events that wait: how long a start takes, what memory, and that they drain
 *   npm run faults -- --fuzz 10000     damaged messages on each wire; --wire modbus for one of them
 *   npm run faults -- --parsers 1000000     changed recordings at each parser: how many a second, and what memory they take
 *   npm run faults -- --modbus-reads 1000000     a device of which 40 % of the answers are faulty, over each transport of Modbus
 *   npm run faults -- --frames 10000000      scans among noise, as scanners send them
 *   npm run faults -- --scans 10000    scans over four scanners, a kill with each 500, central away for a minute
 *   npm run faults -- --flood 10000    scans at once, beside bytes without end and a server that ends each connection
 *   npm run faults -- --routes 1000    scans at each of three stations, for the three example routes, with 10 kills
 *   npm run faults -- --only pair [--full]     two gateways on one line, 6 kills, 3 cut links and 3 stops of the process (SIGSTOP) of either; with --full 200, 50 and 50
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
import { parsersCampaign } from '../security/fuzz/campaign.ts'
import { printCatalogue } from './catalogue-table.ts'
import { DAY_KINDS, dayCampaign, usualFaults } from './day-campaigns.ts'
import { seededRandom } from './faults.ts'
import { floodCampaign } from './flood/campaign.ts'
import { framesCampaign } from './frames/campaign.ts'
import { casesOf, cutPowerOfLogs, damageLogs, keepNewRecording, LOCAL_OPTIONS } from './log-campaigns.ts'
import { modbusCampaign } from './modbus/campaign.ts'
import { pairCampaign } from './pair/campaign.ts'
import { REAL_OPTIONS, realCampaigns } from './real-campaigns.ts'
import { restartsCampaign } from './restarts/campaign.ts'
import { routesCampaign } from './routes/campaign.ts'
import { scanFaults, scansCampaign } from './scans/campaign.ts'
import { seedsCampaign } from './seeds/campaign.ts'
import { sparkplugCampaign } from './sparkplug/campaign.ts'
import { fuzzCampaign, WIRES } from './wire/campaign.ts'

/** Of a pair of gateways. */
const PAIR_SHORT = { kills: 6, cuts: 3, freezes: 3 }
const PAIR_FULL = { kills: 200, cuts: 50, freezes: 50 }

const { values } = parseArgs({
  options: {
    list: { type: 'boolean', default: false },
    full: { type: 'boolean', default: false },
    only: { type: 'string' },
    pairs: { type: 'string', default: '1' },
    minutes: { type: 'string' },
    evidence: { type: 'string' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    kills: { type: 'string' },
    freezes: { type: 'string' },
    cuts: { type: 'string' },
    stops: { type: 'string' },
    restores: { type: 'string' },
    promotions: { type: 'string' },
    calls: { type: 'string' },
    'call-errors': { type: 'string' },
    'read-errors': { type: 'string' },
    soak: { type: 'string' },
    backlog: { type: 'string' },
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
const deadlineMs = performance.now() + Number(values.minutes ?? Number.POSITIVE_INFINITY) * 60_000
const isOver = () => performance.now() > deadlineMs
if (values.list) {
  printCatalogue()
  process.exit()
}
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
const campaigns = [
  ...DAY_KINDS,
  ...REAL_OPTIONS,
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
const usual = [...DAY_KINDS, ...REAL_OPTIONS] as const
if (values.only !== undefined && !usual.some((name) => name === values.only))
  throw new Error(`there is no campaign "${values.only}"; there are: pair, ${usual.join(', ')}`)
const named = values.only ?? campaigns.find((name) => values[name] !== undefined)

console.log(`seed ${seed}`)
let clean = true
for (const kind of DAY_KINDS) {
  const isMeant = named === undefined || named === kind
  const faults = values[kind] ?? (isMeant ? usualFaults(kind, values.full) : 0)
  clean = (await dayCampaign(kind, Number(faults), { seed, isOver })) && clean
}
clean = (await realCampaigns(values, { named, seed, isOver })) && clean
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
