/**
 * The three example routes under kills: people scan at three stations of a real gateway, and whatever they were told by the beeps
 * is compared with what the tables of the three sites hold at the end.
 */
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { OTHER } from '../../../simulators/central/mes.ts'
import { SimulatedScanner } from '../../../simulators/scanner/scanner.ts'
import { tcpCable } from '../../../simulators/scanner/tcp-cable.ts'
import { installExamples } from '../../../src/demo/example-routes.ts'
import { BUILT_PROGRAM } from '../../support/built-program.ts'
import { startTestCentral, type TestCentral } from '../../support/central.ts'
import { areConnected, isDrained, type ScannerSite, scannerSite } from '../../support/scanner-site.ts'
import { seededRandom } from '../faults.ts'
import { GOOD, type Hand, handOf, type Word } from '../scans/hand.ts'
import { CableWatch, connectionFindings, type Death } from './connections.ts'
import { ROUTE_STATIONS, ROUTES_PLANT, type RouteStation, SITE_DATA } from './stations.ts'
import { disagreements, type ToldBy } from './truth.ts'

/** The gateway stays dead up to this long. */
const DEATH_MAX_MS = 1_000
const BADGE = 'BADGE-4711'
const EXAMPLES_FOLDER = fileURLToPath(new URL('../../../config/examples/routes', import.meta.url))

export interface RouteFaults {
  /** Of each station. */
  readonly scans: number
  readonly kills: number
  readonly seed: number
}

export interface RoutesFound {
  readonly findings: readonly string[]
  /** How many codes of each station were told to be what. */
  readonly words: Readonly<Record<string, Readonly<Record<Word, number>>>>
  readonly seconds: number
  readonly exitCode: number | null
}

export async function playRoutes({ scans, kills, seed }: RouteFaults): Promise<RoutesFound> {
  await using central = await startTestCentral({ organizations: [ROUTES_PLANT, OTHER] })
  await using stack = new AsyncDisposableStack()
  const benches = await Promise.all(
    ROUTE_STATIONS.map(async (station) => {
      const name = station.scanner
      const cable = await tcpCable()
      return { station, scanner: stack.use(new SimulatedScanner({ name, cable, beepMaxMs: 0 })) }
    }),
  )
  const maps = Object.fromEntries(
    benches.map(({ station, scanner }) => [station.scanner, station.map(scanner.cable)]),
  )
  using watch = new CableWatch(
    Object.fromEntries(benches.map(({ station, scanner }) => [station.scanner, scanner.cable])),
  )
  const site = stack.use(scannerSite({ central, maps }))
  await installExamples({
    program: BUILT_PROGRAM,
    examplesFolder: EXAMPLES_FOLDER,
    configFile: site.configFile,
    routesFolder: join(site.folder, 'routes'),
    owner: central.server.superuser(),
    data: SITE_DATA,
  })
  site.start()
  await site.until('ready', areConnected)

  const beganMs = performance.now()
  const days = benches.map(({ station, scanner }, index) => {
    const day = { done: 0 }
    const turn = async () => {
      day.done += 1
    }
    const random = seededRandom(seed * 10 + index)
    return { station, day, hand: handOf({ scanner, random, turn, lives: () => site.lives }) }
  })
  const share = () => Math.min(...days.map(({ day }) => day.done)) / scans
  const killing = killAgainAndAgain(site, share, { kills, seed })
  await Promise.all(days.map(({ station, hand, day }) => work(station, hand, () => day.done < scans)))
  const deaths = await killing
  const seconds = (performance.now() - beganMs) / 1_000
  await site.until('drained', isDrained)
  await untilSitesHaveAll(central)
  const exitCode = await site.stop()
  const told = Object.fromEntries(days.map(({ station, hand }) => [station.scanner, hand.told])) as ToldBy
  const findings = [
    ...(await disagreements(central, told)),
    ...(await connectionFindings(central, { watch, deaths, scanners: Object.keys(maps) })),
  ]
  const words = Object.fromEntries(Object.entries(told).map(([scanner, codes]) => [scanner, count(codes)]))
  return { findings, words, seconds, exitCode }
}

/** For the command line. @returns whether nothing was wrong */
export async function routesCampaign(faults: RouteFaults): Promise<boolean> {
  const { findings, words, seconds, exitCode } = await playRoutes(faults)
  console.log(
    `routes: ${faults.scans} scans at each of ${ROUTE_STATIONS.length} stations in ${seconds.toFixed(0)} s, ` +
      `${faults.kills} kills; ${JSON.stringify(words)}; ${findings.length} findings`,
  )
  for (const finding of findings.slice(0, 20)) console.log(`  ${finding}`)
  return findings.length === 0 && exitCode === 0
}

async function work(station: RouteStation, hand: Hand, goesOn: () => boolean): Promise<void> {
  // Until central was read for the first time no badge is known.
  if (station.hasBadges) while ((await hand.scan(BADGE, { isCounted: false })) !== GOOD) await wait(200)
  while (goesOn()) {
    await hand.beginAgain()
    await station.round(hand)
  }
}

/** Over the whole day, each at a random moment of its part of it. */
async function killAgainAndAgain(
  site: ScannerSite,
  share: () => number,
  { kills, seed }: Omit<RouteFaults, 'scans'>,
): Promise<readonly Death[]> {
  const random = seededRandom(seed)
  const deaths: Death[] = []
  for (let kill = 0; kill < kills; kill += 1) {
    const at = (kill + 0.1 + 0.8 * random()) / kills
    while (share() < Math.min(at, 0.98)) await wait(5)
    await site.kill()
    const fromMs = Date.now()
    await wait(random() * DEATH_MAX_MS)
    site.start()
    deaths.push({ fromMs, toMs: Date.now() })
  }
  return deaths
}

/** Each of the streams stands where the first one does, or has nothing more to take. */
async function untilSitesHaveAll(central: TestCentral): Promise<void> {
  const untilMs = Date.now() + 60_000
  for (;;) {
    const [behind] = await central.sql<{ count: number }>(
      `SELECT count(*)::int AS count FROM edge_gateway.stream s, edge_gateway.stream c
       WHERE c.gateway_id = 'edge-1' AND s.gateway_id LIKE 'edge-1/%' AND s.last_seq < c.last_seq`,
    )
    if (behind?.count === 0) return
    if (Date.now() > untilMs)
      throw new Error(`the streams of ${behind?.count} routes stay behind that of central`)
    await wait(100)
  }
}

function count(told: ReadonlyMap<string, Word>): Record<Word, number> {
  const words = { good: 0, bad: 0, none: 0 }
  for (const word of told.values()) words[word] += 1
  return words
}
