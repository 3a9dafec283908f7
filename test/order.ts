/**
 * In which order the files of tests begin. Most of them wait, for devices, polls and processes, and leave half of a core; a few
 * compute for minutes. Left to vitest, which begins with the largest files, the few that compute are among the smallest and come last
 * and together, when nothing is left that could wait beside them.
 *
 * So one that computes runs at a time, from the start on, beside files that wait, and what takes longest begins first. It is only an
 * order: each file is by itself, and the seconds need not be right. They are those that `npm test` prints, on two cores, of whatever took
 * 40 s or more.
 */
import { join, relative } from 'node:path'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Seconds by file, without `test/` and `.test.ts`. */
export const COMPUTING: Readonly<Record<string, number>> = {
  'days/days': 383,
  'simulation/plant/lives-2': 315,
  'simulation/plant/lives-1': 293,
  'packaging/packages': 204,
  'faults/power-cut/power-cut': 202,
  'simulation/plant/mutants-derivation': 84,
  'days/recorded-days': 79,
  'simulation/plant/mutants-log': 76,
  'simulation/exactly-once': 60,
  'faults/foreign-write-ahead': 46,
}
export const WAITING: Readonly<Record<string, number>> = {
  'browser/connect': 292,
  'faults/faults': 262,
  'e2e/demo': 185,
  'integration/mapped/exactly-once': 179,
  'browser/edit': 130,
  'faults/wire': 95,
  'faults/central/link': 94,
  'integration/gateway/troubled-devices': 88,
  'integration/adoption/two-routes': 81,
  'faults/daemon-disk': 81,
  'integration/api/connect-registers': 79,
  'e2e/reload': 75,
  'integration/mes/blame': 72,
  'browser/every-page': 72,
  'faults/scans': 67,
  'security/s12-texts-stay-texts': 66,
  'integration/gateway/whose-machine': 66,
  'e2e/routes': 66,
  'browser/shell': 63,
  'e2e/unread-log': 62,
  'integration/gateway/foreign-devices': 61,
  'browser/demo-line': 60,
  'integration/gateway/taken-away': 59,
  'integration/gateway/published-press': 59,
  'security/s01-central-by-tls': 55,
  'faults/freezes': 55,
  'integration/recording/recorded-daemon': 54,
  'faults/badges': 54,
  'integration/feed/broker-restarts': 53,
  'integration/adoption/recipients': 53,
  'integration/drivers/opcua-sessions': 52,
  'integration/gateway/shifts': 51,
  'faults/opcua-restarts': 51,
  'integration/gateway/shadow': 49,
  'security/s05-revoked-login': 48,
  'integration/gateway/quality': 47,
  'floor/floor': 46,
  'security/s25-signed-releases': 45,
  'integration/drivers/mqtt': 45,
  'integration/feed/sixty-days': 44,
  'browser/scanners': 44,
  'integration/feed/sparkplug-judge': 41,
  'integration/drivers/trust': 40,
}
/** What any other file takes, on average. */
const OTHER_S = 6
const SUFFIX = '.test.ts'

interface Lane {
  readonly isComputing: boolean
  readonly freeAtS: number
}

export class MixedOrder extends BaseSequencer {
  /** By vitest's own order first, so that files of which nothing is known begin as they would. */
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const { config } = this.ctx
    const root = join(config.root, 'test')
    const named = new Map(
      (await super.sort(files)).map((file) => [relative(root, file.moduleId).slice(0, -SUFFIX.length), file]),
    )
    const workers = typeof config.maxWorkers === 'number' ? config.maxWorkers : 1
    return mixed([...named.keys()], workers).flatMap((name) => named.get(name) ?? [])
  }
}

/** @param names without `test/` and `.test.ts` @returns the same ones, as the workers are to begin them */
export function mixed(names: readonly string[], workers: number): readonly string[] {
  const computing = longestFirst(names.filter(isComputing), COMPUTING)
  const others = longestFirst(
    names.filter((name) => !isComputing(name)),
    WAITING,
  )
  const lanes: Lane[] = Array.from({ length: workers }, () => ({ isComputing: false, freeAtS: 0 }))
  const order: string[] = []
  while (order.length < names.length) {
    lanes.sort((a, b) => a.freeAtS - b.freeAtS)
    const [free, ...busy] = lanes
    const wanted = busy.some((lane) => lane.isComputing) ? [others, computing] : [computing, others]
    const name = wanted[0]?.shift() ?? wanted[1]?.shift()
    if (name === undefined) break
    order.push(name)
    lanes[0] = { isComputing: isComputing(name), freeAtS: (free?.freeAtS ?? 0) + secondsOf(name) }
  }
  return order
}

function isComputing(name: string): boolean {
  return name in COMPUTING
}

function secondsOf(name: string): number {
  return COMPUTING[name] ?? WAITING[name] ?? OTHER_S
}

function longestFirst(names: readonly string[], seconds: Readonly<Record<string, number>>): string[] {
  return [...names].sort((a, b) => (seconds[b] ?? 0) - (seconds[a] ?? 0))
}
