/**
 * A gateway whose disk does not finish what somebody asks for beside the machines: a save on a page, a release, trust in a server. Machines
 * are polled as ever meanwhile, and nobody is told of a success before it is on the disk.
 */
import { existsSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startTestCentral, type TestCentral } from '../support/central.ts'
import { consoleCaller } from '../support/console-caller.ts'
import { makeRepository } from '../support/git-repository.ts'
import { startOpcUaServer } from '../support/opcua-server.ts'
import { beginAnew } from './central/rows.ts'
import { type DaemonSite, daemonSite, EVENTUALLY_MS, eventually, machineMap, untilRow } from './daemon.ts'
import { canShim, makeShim, type Shim } from './shim/shim.ts'

const PATIENCE = { timeout: 4 * EVENTUALLY_MS }
/** At 100 ms each: three seconds, in which whoever had waited for the disk would have read nothing. */
const POLLS = 30

let central: TestCentral

beforeAll(async () => {
  central = await startTestCentral()
})
afterAll(() => central[Symbol.asyncDispose]())
beforeEach(() => beginAnew(central))

/** Lets syncs wait while something is done; it must not be over before they are let go, and machines are polled meanwhile. */
async function whileHeld(site: DaemonSite, shim: Shim, act: () => Promise<unknown>): Promise<void> {
  const heldBefore = shim.held
  shim.holdSyncs(true)
  let isOver = false
  const acting = act().finally(() => {
    isOver = true
  })
  // Where polling stops, that is the finding, and not what becomes of this afterwards.
  acting.catch(() => undefined)
  await eventually(() => shim.held > heldBefore, 'a sync waits')
  const polls = site.device.requests.length
  await eventually(() => site.device.requests.length > polls + POLLS, 'it goes on polling')
  expect(isOver).toBe(false)
  shim.holdSyncs(false)
  await acting
}

describe.skipIf(!canShim)('a disk that does not finish (where a C compiler is installed)', () => {
  test('[C9] a save and a removal of a map', PATIENCE, async () => {
    await using site = await daemonSite(central)
    using shim = makeShim(join(site.folder, 'devices'))
    const daemon = site.start(shim.env)
    await daemon.running()
    await untilRow(central, 1, 'running')
    const api = consoleCaller(site.dataFolder)
    const path = '/maps/press.yaml'
    const read = async () => (await api.get(path)).body.hash
    const text = machineMap('PRESS-07', site.device.port)
    await whileHeld(site, shim, async () => {
      expect(await api.put(path, { text, read: null })).toMatchObject({ status: 200 })
    })
    const hash = await read()
    await whileHeld(site, shim, async () => {
      expect(await api.put(path, { text: `${text}# seen\n`, read: hash })).toMatchObject({ status: 200 })
    })
    const present = await read()
    await whileHeld(site, shim, async () => {
      expect(await api.remove(`${path}?read=${present}`)).toMatchObject({ status: 200 })
    })
    expect(await daemon.stop()).toBe(0)
  })

  test('[C9] a release', PATIENCE, async () => {
    await using site = await daemonSite(central, 'configuration: {git: {path: checkout}, every: 5s}\n')
    const { commit, git } = makeRepository(join(site.folder, 'checkout'))
    const cnc = { 'devices/cnc.yaml': machineMap('CNC-01', site.device.port) }
    const first = commit(cnc)
    const second = commit({ ...cnc, 'devices/press.yaml': machineMap('PRESS-07', site.device.port) })
    git('reset', '--hard', '--quiet', first)
    const releases = join(site.dataFolder, 'releases')
    const isInForce = (id: string) => readlinkSync(join(releases, 'current')) === `git-${id.slice(0, 12)}`
    // A folder without files, so that what waits is the sync of its name and not one of a file.
    using shim = makeShim(join(releases, `.unfinished-git-${second.slice(0, 12)}`, 'routes'))
    const daemon = site.start(shim.env)
    await daemon.running()
    await untilRow(central, 1, 'running')
    expect(isInForce(first)).toBe(true)
    git('reset', '--hard', '--quiet', second)
    await whileHeld(site, shim, () => eventually(() => isInForce(second), 'the next release is in force'))
    expect(await daemon.stop()).toBe(0)
  })

  test('[C9] trust in an OPC UA server', PATIENCE, async () => {
    await using site = await daemonSite(central)
    await using server = await startOpcUaServer({ folder: join(site.folder, 'server'), variables: [] })
    using shim = makeShim(join(site.dataFolder, 'opcua'))
    const daemon = site.start(shim.env)
    await daemon.running()
    await untilRow(central, 1, 'running')
    const api = consoleCaller(site.dataFolder)
    const { body } = await api.post('/connect/probe', { device: { driver: 'opcua', url: server.url } })
    const trust = { url: server.url, fingerprint: body.certificates[0].sha256 }
    await whileHeld(site, shim, async () => {
      expect(await api.post('/connect/trust', trust)).toMatchObject({ status: 200 })
    })
    expect(existsSync(join(site.dataFolder, 'opcua', 'trusted-servers.json'))).toBe(true)
    expect(await daemon.stop()).toBe(0)
  })
})
