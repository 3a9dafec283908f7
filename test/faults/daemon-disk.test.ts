/** A gateway whose disk is slow or read-only, or that has no file descriptor left: it goes on, says so, and recovers by itself. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startTestCentral, type TestCentral } from '../support/central.ts'
import { succeeds } from '../support/small-disk.ts'
import { beginAnew } from './central/rows.ts'
import { daemonSite, EVENTUALLY_MS, eventually, machineMap, statusRows, untilRow } from './daemon.ts'
import { canShim, makeShim } from './shim/shim.ts'

const PATIENCE_MS = 3 * EVENTUALLY_MS
/** Calls that fail until the disk is healed. */
const FOR_EVER = 2 ** 40
/** What a stop takes at most, and what a busy computer takes for the end of a process. */
const STOP_MAX_MS = 5_000 + 2_000
/** Standard streams, and what Node itself has open from its start on. */
const FEW_DESCRIPTORS = 10
const canLimit = succeeds('prlimit', `--pid=${process.pid}`, '--nofile')

let central: TestCentral

beforeAll(async () => {
  central = await startTestCentral()
})
afterAll(() => central[Symbol.asyncDispose]())
beforeEach(() => beginAnew(central))

describe.skipIf(!canShim)('a disk (where a C compiler is installed)', () => {
  test('[C9] whose sync does not return: machines are polled as ever, and what they showed has its moment', {
    timeout: PATIENCE_MS,
  }, async () => {
    await using site = await daemonSite(central)
    using shim = makeShim(site.dataFolder)
    const daemon = site.start(shim.env)
    await daemon.running()
    await untilRow(central, 1, 'running')
    shim.holdSyncs(true)
    site.show('idle')
    await eventually(() => shim.held > 0, 'a sync waits')
    const polls = site.device.requests.length
    await eventually(() => site.device.requests.length > polls + 30, 'it goes on polling')
    site.show('running')
    const shownPolls = site.device.requests.length
    await eventually(() => site.device.requests.length > shownPolls + 10, 'it goes on polling')
    const releasedMs = Date.now()
    expect(await statusRows(central)).toHaveLength(1)
    shim.holdSyncs(false)
    await untilRow(central, 3, 'running')
    const rows = await statusRows(central)
    expect(rows.map(({ status }) => status)).toEqual(['running', 'idle', 'running'])
    for (const { atMs } of rows) expect(atMs).toBeLessThan(releasedMs)
    expect(await daemon.stop()).toBe(0)
  })

  test('[C9] that does not finish keeping a map: machines are polled as ever, by the new map', {
    timeout: PATIENCE_MS,
  }, async () => {
    await using site = await daemonSite(central)
    const store = join(site.dataFolder, 'maps')
    using shim = makeShim(store)
    const daemon = site.start(shim.env)
    await daemon.running()
    await untilRow(central, 1, 'running')
    const kept = () => readFileSync(join(store, 'CNC-01.json'), 'utf8')
    const history = () => readFileSync(join(site.dataFolder, 'map-history', 'machine@CNC-01.json'), 'utf8')
    await eventually(() => existsSync(join(store, 'CNC-01.json')), 'the first map is kept')
    shim.holdSyncs(true)
    const map = machineMap('CNC-01', site.device.port).replace(
      '{else: true, is: idle',
      '{else: true, is: down',
    )
    writeFileSync(join(site.folder, 'devices', 'cnc.yaml'), map)
    await eventually(() => shim.held > 0, 'a sync waits')
    const polls = site.device.requests.length
    await eventually(() => site.device.requests.length > polls + 30, 'it goes on polling')
    site.show('idle')
    await untilRow(central, 2, 'down')
    expect(kept()).toContain('is: idle')
    shim.holdSyncs(false)
    await eventually(() => kept().includes('is: down'), 'the map is kept as the last good one')
    await eventually(() => history().includes('rule 2'), 'it stands in the history')
    expect(await daemon.stop()).toBe(0)
  })

  test('[C9] that keeps no map at all: the gateway says that it runs, takes new maps in and lets others go', {
    timeout: PATIENCE_MS,
  }, async () => {
    await using site = await daemonSite(central)
    // The last good maps and the histories; the local log is well.
    using shim = makeShim(join(site.dataFolder, 'map'))
    shim.holdSyncs(true)
    const daemon = site.start(shim.env)
    await daemon.running()
    await untilRow(central, 1, 'running')
    await eventually(() => shim.held > 0, 'a sync waits')
    const second = join(site.folder, 'devices', 'second.yaml')
    const isTold = (event: string) =>
      daemon
        .said()
        .split('\n')
        .some((line) => line.includes(`"${event}"`) && line.includes('CNC-02'))
    writeFileSync(second, machineMap('CNC-02', site.device.port))
    await eventually(() => isTold('map-in-force'), 'the new machine is read')
    rmSync(second)
    await eventually(() => isTold('map-taken-away'), 'it is gone')
    shim.holdSyncs(false)
    const history = join(site.dataFolder, 'map-history', 'machine@CNC-02.json')
    await eventually(
      () => existsSync(history) && readFileSync(history, 'utf8').includes('taken away'),
      'its history is kept',
    )
    expect(readdirSync(join(site.dataFolder, 'maps')).filter((name) => name.endsWith('.json'))).toEqual([
      'CNC-01.json',
    ])
    expect(await daemon.stop()).toBe(0)
  })

  test('[C9] that does not finish keeping a map: a stop leaves that behind, and the next start has the new map', {
    timeout: PATIENCE_MS,
  }, async () => {
    await using site = await daemonSite(central)
    using shim = makeShim(join(site.dataFolder, 'map'))
    const daemon = site.start(shim.env)
    await daemon.running()
    await untilRow(central, 1, 'running')
    shim.holdSyncs(true)
    const map = machineMap('CNC-01', site.device.port)
    writeFileSync(join(site.folder, 'devices', 'cnc.yaml'), map.replace('true, is: idle', 'true, is: down'))
    await eventually(() => shim.held > 0, 'a sync waits')
    site.show('idle')
    await untilRow(central, 2, 'down')
    const askedMs = performance.now()
    // With a call that does not return, only a kill ends a process.
    expect(await daemon.stop()).toBeNull()
    expect(performance.now() - askedMs).toBeLessThan(STOP_MAX_MS)
    expect(daemon.said()).toContain('still running: devices')
    shim.holdSyncs(false)
    const again = site.start()
    await again.running()
    site.show('running')
    await untilRow(central, 3, 'running')
    expect((await statusRows(central)).map(({ status }) => status)).toEqual(['running', 'down', 'running'])
    expect(await again.stop()).toBe(0)
  })

  test('[C8] that keeps no map for a while: said, kept by itself once it takes it, and in force after a restart', {
    timeout: PATIENCE_MS,
  }, async () => {
    await using site = await daemonSite(central)
    // The last good maps and the histories; the local log is well.
    using shim = makeShim(join(site.dataFolder, 'map'))
    const daemon = site.start(shim.env)
    await daemon.running()
    await untilRow(central, 1, 'running')
    const read = (file: string) => readFileSync(join(site.dataFolder, file), 'utf8')
    await eventually(() => existsSync(join(site.dataFolder, 'map-history')), 'the first map is noted')
    shim.plan(1, 'fail', { error: 'EIO', span: FOR_EVER })
    const file = join(site.folder, 'devices', 'cnc.yaml')
    const map = machineMap('CNC-01', site.device.port)
    writeFileSync(file, map.replace('true, is: idle', 'true, is: down'))
    const troubles = async () => (await site.status())?.degraded ?? []
    const codes = async () => (await troubles()).map(({ code }) => code).join()
    await eventually(async () => (await codes()) === 'map-faults,map-history-unkept', 'it says so')
    for (const { hint } of await troubles()) expect(hint).toContain('check the disk')
    site.show('idle')
    await untilRow(central, 2, 'down')
    shim.heal()
    await eventually(async () => (await codes()) === '', 'nothing is wrong any more')
    expect(read('maps/CNC-01.json')).toContain('is: down')
    expect(read('map-history/machine@CNC-01.json')).toContain('rule 2')
    expect(await daemon.stop()).toBe(0)
    writeFileSync(file, 'machine: CNC-01\n')
    const again = site.start()
    await again.running()
    site.show('running')
    await untilRow(central, 3, 'running')
    site.show('idle')
    await untilRow(central, 4, 'down')
    expect(await again.stop()).toBe(0)
  })

  test('[C9] that does not finish writing a route down: no event is kept for a route of which a kill would leave no trace', {
    timeout: PATIENCE_MS,
  }, async () => {
    await using site = await daemonSite(central)
    const routes = join(site.folder, 'routes')
    const feed = join(routes, 'feed.yaml')
    mkdirSync(routes)
    const text = 'route: live-feed\nmust: deliver\nmqtt: {url: "mqtt://127.0.0.1:1"}\n'
    writeFileSync(feed, text)
    const store = join(site.dataFolder, 'routes')
    using shim = makeShim(store)
    shim.holdSyncs(true)
    const killed = site.start(shim.env)
    await eventually(() => shim.held > 0, 'a sync waits')
    rmSync(feed)
    await killed.kill()
    shim.holdSyncs(false)
    expect(keptFor(site.dataFolder)).not.toContain('live-feed')
    writeFileSync(feed, text)
    const daemon = site.start()
    await daemon.running()
    expect(keptFor(site.dataFolder)).toContain('live-feed')
    rmSync(feed)
    await daemon.kill()
    const again = site.start()
    await again.running()
    await eventually(() => again.said().includes('route-file-gone'), 'it owes the route what is stored')
    expect(await again.stop()).toBe(0)
  })

  test('[C8] that takes no writes for a while: said in status, nothing lost, and it goes on by itself', {
    timeout: PATIENCE_MS,
  }, async () => {
    await using site = await daemonSite(central)
    using shim = makeShim(site.dataFolder)
    const daemon = site.start(shim.env)
    await daemon.running()
    await untilRow(central, 1, 'running')
    shim.plan(1, 'fail', { error: 'EROFS', span: FOR_EVER })
    site.show('idle')
    const codes = async () => ((await site.status())?.degraded ?? []).map(({ code }) => code)
    await eventually(async () => (await codes()).some((code) => code.startsWith('buffer')), 'it says so')
    site.show('running')
    const polls = site.device.requests.length
    await eventually(() => site.device.requests.length > polls + 20, 'it goes on polling')
    shim.heal()
    await untilRow(central, 3, 'running')
    expect((await statusRows(central)).map(({ status }) => status)).toEqual(['running', 'idle', 'running'])
    await eventually(async () => (await codes()).length === 0, 'nothing is wrong any more')
    expect(daemon.said()).not.toContain('"stack"')
    expect(await daemon.stop()).toBe(0)
  })
})

/** The routes for which the local log keeps events. */
function keptFor(dataFolder: string): readonly unknown[] {
  const file = join(dataFolder, 'outbox.db')
  if (!existsSync(file)) return []
  const log = new Database(file)
  try {
    const hasAny = log.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'consumer'").get() !== undefined
    return hasAny ? log.prepare('SELECT name FROM consumer').pluck().all() : []
  } finally {
    log.close()
  }
}

test.skipIf(!canLimit)(
  '[B11] a gateway without a file descriptor to spare loses its links, says so, and gets them back',
  {
    timeout: PATIENCE_MS,
  },
  async () => {
    await using site = await daemonSite(central)
    const daemon = site.start()
    await daemon.running()
    await untilRow(central, 1, 'running')
    const limit = (soft: number | 'unlimited') =>
      execFileSync('prlimit', [`--pid=${daemon.pid}`, `--nofile=${soft}:`])
    const before = execFileSync('prlimit', [
      `--pid=${daemon.pid}`,
      '--nofile',
      '--output=SOFT',
      '--noheadings',
    ])
    // What is open stays so. A new one would get a number below the limit, and those are in use by the process itself.
    limit(FEW_DESCRIPTORS)
    await central.sql('SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE usename = $1', [
      central.role,
    ])
    site.device.cut()
    await eventually(() => /EMFILE|file descriptors|too many open files/.test(daemon.said()), 'it says so')
    expect(daemon.hasEnded).toBe(false)
    limit(Number(before.toString()))
    site.show('idle')
    await untilRow(central, 2, 'idle')
    expect(await daemon.stop()).toBe(0)
  },
)
