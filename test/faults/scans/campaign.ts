/**
 * Thousands of scans over four scanners, while the gateway is killed and central goes away. What people were told by the beeps is
 * compared with what central has at the end.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { OTHER } from '../../../simulators/central/mes.ts'
import { ptyCable } from '../../../simulators/scanner/pty-cable.ts'
import { SimulatedScanner } from '../../../simulators/scanner/scanner.ts'
import { tcpCable } from '../../../simulators/scanner/tcp-cable.ts'
import { startTestCentral, type TestCentral } from '../../support/central.ts'
import { areConnected, isDrained, type ScannerSite, scannerSite } from '../../support/scanner-site.ts'
import { type Random, seededRandom } from '../faults.ts'
import { GOOD, type Hand, handOf, type Told, type Word } from './hand.ts'
import { BADGE, CAMPAIGN_PLANT, disagreements, STATIONS, type Station } from './stations.ts'

/** The gateway stays dead up to this long. */
const DEATH_MAX_MS = 1_500
const TURN_LOOK_MS = 2
const EDITED = 'HASTY'
const EDIT_EVERY_MS = 6_000

export interface ScanFaults {
  readonly scans: number
  /** Over all scanners. */
  readonly perSecond: number
  readonly kills: number
  /** Central stops, as after a power cut, once 40 % of the scans are done. */
  readonly awayMs: number
  readonly seed: number
}

export interface ScansFound {
  readonly findings: readonly string[]
  /** How many codes were told to be what. */
  readonly words: Readonly<Record<Word, number>>
  readonly seconds: number
  readonly exitCode: number | null
}

export async function playScans(faults: ScanFaults): Promise<ScansFound> {
  await using central = await startTestCentral({ organizations: [CAMPAIGN_PLANT, OTHER] })
  await using stack = new AsyncDisposableStack()
  const folder = mkdtempSync(join(tmpdir(), 'millrace-cables-'))
  stack.defer(() => rmSync(folder, { recursive: true, force: true }))
  const benches = await Promise.all(
    STATIONS.map(async (station) => {
      const { scanner, cable: kind } = station
      const cable = await (kind === 'tcp' ? tcpCable() : ptyCable(join(folder, scanner)))
      return { station, scanner: stack.use(new SimulatedScanner({ name: scanner, cable, beepMaxMs: 0 })) }
    }),
  )
  const maps = benches.map(({ station, scanner }) => [station.scanner, station.map(scanner.cable)])
  const site = stack.use(scannerSite({ central, maps: Object.fromEntries(maps) }))
  site.start()
  await site.until('ready', areConnected)

  const beganMs = performance.now()
  const day = new Day(faults)
  const hands = benches.map(({ station, scanner }, index) => {
    const random = seededRandom(faults.seed * 10 + index)
    return {
      station,
      hand: handOf({ scanner, random, turn: () => day.turn(index), lives: () => site.lives }),
    }
  })
  const suffering = Promise.all([
    killAgainAndAgain(site, day, faults),
    editMap(site, day, Object.fromEntries(maps)[EDITED] ?? ''),
    faults.awayMs > 0 ? sendCentralAway(central, day, faults) : undefined,
  ])
  await Promise.all(hands.map(({ station, hand }) => work(station, hand, day)))
  await suffering
  const seconds = (performance.now() - beganMs) / 1_000
  await site.until('drained', isDrained)
  const exitCode = await site.stop()
  const told: Told = new Map(hands.flatMap(({ hand }) => [...hand.told]))
  return { findings: disagreements(told, await rowsIn(central)), words: count(told), seconds, exitCode }
}

/** What so many scans suffer at their usual rate. */
export function scanFaults(scans: number, seed: number): ScanFaults {
  return { scans, perSecond: 50, kills: Math.ceil(scans / 500), awayMs: 60_000, seed }
}

/** For the command line. @returns whether nothing was wrong */
export async function scansCampaign(faults: ScanFaults): Promise<boolean> {
  const { findings, words, seconds, exitCode } = await playScans(faults)
  console.log(
    `scans: ${faults.scans} in ${seconds.toFixed(0)} s, ${faults.kills} kills, central away ${faults.awayMs / 1_000} s; ` +
      `${words.good} confirmed, ${words.bad} refused, ${words.none} without a word; ${findings.length} findings`,
  )
  for (const finding of findings.slice(0, 20)) console.log(`  ${finding}`)
  return findings.length === 0 && exitCode === 0
}

/** Counts scans, and says when the next one may be. */
class Day {
  readonly #faults: ScanFaults
  readonly #nextMs: number[] = []
  #done = 0

  constructor(faults: ScanFaults) {
    this.#faults = faults
  }

  get share(): number {
    return this.#done / this.#faults.scans
  }

  /** Nobody catches up afterwards: after a silence a scanner goes on at its own rate. */
  async turn(scanner: number): Promise<void> {
    const everyMs = (STATIONS.length * 1_000) / this.#faults.perSecond
    const atMs = Math.max(performance.now(), this.#nextMs[scanner] ?? 0)
    this.#nextMs[scanner] = atMs + everyMs
    if (atMs > performance.now()) await wait(atMs - performance.now())
    this.#done += 1
  }

  async until(share: number): Promise<void> {
    while (this.share < Math.min(share, 1)) await wait(TURN_LOOK_MS * 10)
  }
}

async function work(station: Station, hand: Hand, day: Day): Promise<void> {
  await badgeIn(station, hand)
  while (day.share < 1) {
    await hand.beginAgain()
    await station.round(hand)
  }
}

/** Until central was read for the first time no badge is known. */
async function badgeIn({ hasBadges }: Station, hand: Hand): Promise<void> {
  if (!hasBadges) return
  while ((await hand.scan(BADGE, { isCounted: false })) !== GOOD) await wait(200)
}

/** Over the whole day, each at a random moment of its part of it; every third time the gateway is stopped in order besides. */
async function killAgainAndAgain(site: ScannerSite, day: Day, { kills, seed }: ScanFaults): Promise<void> {
  const random: Random = seededRandom(seed)
  for (let kill = 0; kill < kills; kill += 1) {
    await day.until((kill + 0.1 + 0.4 * random()) / kills)
    await site.kill()
    await wait(random() * DEATH_MAX_MS)
    site.start()
    await day.until((kill + 0.6 + 0.3 * random()) / kills)
    if (kill % 3 !== 1) continue
    await site.stop()
    site.start()
  }
}

/** Somebody edits a map again and again: its port is closed and opened each time. Nothing waits for more at that station. */
async function editMap(site: ScannerSite, day: Day, text: string): Promise<void> {
  for (let edit = 1; day.share < 1; edit += 1) {
    await wait(EDIT_EVERY_MS)
    site.map(EDITED, `${text}station: {location: Line ${edit}}\n`)
  }
}

async function sendCentralAway({ server }: TestCentral, day: Day, { awayMs }: ScanFaults): Promise<void> {
  await day.until(0.4)
  await server.stop('immediate')
  await wait(awayMs)
  await server.start()
}

async function rowsIn(central: TestCentral): Promise<ReadonlyMap<string, number>> {
  const rows = await central.sql<{ code: string; count: number }>(
    'SELECT qr_code_data AS code, count(*)::int AS count FROM qr_code_scans GROUP BY qr_code_data',
  )
  return new Map(rows.map(({ code, count: times }) => [code, times]))
}

function count(told: Told): Record<Word, number> {
  const words = { good: 0, bad: 0, none: 0 }
  for (const word of told.values()) words[word] += 1
  return words
}
