/**
 * A gateway whose disk does not finish what is read beside the machines: for an audit, for
 * device maps and routes that are read again, for pages. Machines are polled as ever meanwhile, and
 * the answer is right once the disk goes on.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startTestCentral, type TestCentral } from '../support/central.ts'
import { type ConsoleCaller, consoleCaller } from '../support/console-caller.ts'
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

/** The names of a process's threads. */
function threadsOf(pid: number): readonly string[] {
  const tasks = `/proc/${pid}/task`
  return readdirSync(tasks).map((task) => readFileSync(join(tasks, task, 'comm'), 'utf8').trim())
}

async function untilAudited(api: ConsoleCaller) {
  const read = async () => (await api.get('/delivery/audit')).body
  await eventually(async () => (await read()).state !== 'running', 'the audit ends')
  return await read()
}

/** Lets reads wait from what is done on, until machines were polled for a while. */
async function pollsWhileHeld(site: DaemonSite, shim: Shim, act: () => Promise<unknown>): Promise<void> {
  const before = shim.heldReads
  shim.holdReads(true)
  try {
    const acting = act()
    await eventually(() => shim.heldReads > before, 'a read waits')
    const polls = site.device.requests.length
    await eventually(() => site.device.requests.length > polls + POLLS, 'it goes on polling')
    await acting
  } finally {
    shim.holdReads(false)
  }
}

describe.skipIf(!canShim)('a disk that does not finish a read (where a C compiler is installed)', () => {
  test('[C9] an audit of the log, which can be stopped, and goes on to its end', PATIENCE, async () => {
    await using site = await daemonSite(central)
    using shim = makeShim(join(site.dataFolder, 'outbox.db'))
    const daemon = site.start(shim.env)
    await daemon.running()
    await untilRow(central, 1, 'running')
    const api = consoleCaller(site.dataFolder)
    await pollsWhileHeld(site, shim, async () => {
      expect(await api.post('/delivery/audit', {})).toMatchObject({ status: 200, body: { state: 'running' } })
      expect(threadsOf(daemon.pid)).toContain('audit')
    })
    expect(await untilAudited(api)).toMatchObject({
      state: 'done',
      result: { is_clean: true, complete: true, compared: 1, routes: [] },
    })
    await pollsWhileHeld(site, shim, async () => {
      await api.post('/delivery/audit', {})
      expect(await api.remove('/delivery/audit')).toMatchObject({ status: 200 })
    })
    expect(await untilAudited(api)).toMatchObject({ state: 'stopped' })
    await eventually(() => !threadsOf(daemon.pid).includes('audit'), 'no thread stands idle')
    expect(await daemon.stop()).toBe(0)
  })

  test('[C9] an audit of the log at a stop, which leaves it behind', PATIENCE, async () => {
    await using site = await daemonSite(central)
    using shim = makeShim(join(site.dataFolder, 'outbox.db'))
    const daemon = site.start(shim.env)
    await daemon.running()
    await untilRow(central, 1, 'running')
    const api = consoleCaller(site.dataFolder)
    shim.holdReads(true)
    await api.post('/delivery/audit', {})
    await eventually(() => shim.heldReads > 0, 'a read waits')
    const stopping = daemon.stop()
    await eventually(() => daemon.said().includes('"stopping"'), 'it stops')
    shim.holdReads(false)
    expect(await stopping).toBe(0)
  })

  test('[C9] device maps and the last good ones, which are read again', PATIENCE, async () => {
    await using site = await daemonSite(central)
    // Of the list of maps only what is not in force is read.
    writeFileSync(join(site.folder, 'devices', 'unfinished.yaml'), 'machine: [\n')
    using shim = makeShim(site.folder)
    const daemon = site.start(shim.env)
    await daemon.running()
    await untilRow(central, 1, 'running')
    const second = join(site.folder, 'devices', 'second.yaml')
    const isInForce = () => daemon.said().includes('second.yaml')
    await pollsWhileHeld(site, shim, async () => {
      writeFileSync(second, machineMap('CNC-02', site.device.port))
    })
    await eventually(isInForce, 'the new machine is read')
    const api = consoleCaller(site.dataFolder)
    for (const path of ['/maps', '/maps/cnc.yaml', '/connect/profiles']) {
      const asked: Promise<unknown>[] = []
      await pollsWhileHeld(site, shim, async () => {
        asked.push(api.get(path).then((answer) => expect(answer).toMatchObject({ status: 200 })))
      })
      await Promise.all(asked)
    }
    expect(await daemon.stop()).toBe(0)
  })

  test('[C9] route files, which are read again and asked for', PATIENCE, async () => {
    await using site = await daemonSite(central, 'routes: routes\n')
    mkdirSync(join(site.folder, 'routes'))
    const file = join(site.folder, 'routes', 'feed.yaml')
    const text = 'route: feed\nmust: best-effort\nmqtt: {url: "mqtt://127.0.0.1:1"}\n'
    writeFileSync(file, text)
    using shim = makeShim(join(site.folder, 'routes'))
    const daemon = site.start(shim.env)
    await daemon.running()
    await untilRow(central, 1, 'running')
    await pollsWhileHeld(site, shim, async () => writeFileSync(file, `${text}# again\n`))
    const api = consoleCaller(site.dataFolder)
    const asked: Promise<unknown>[] = []
    await pollsWhileHeld(site, shim, async () => {
      asked.push(api.get('/delivery/quarantine').then(({ status }) => expect(status).toBe(200)))
    })
    await Promise.all(asked)
    expect(await daemon.stop()).toBe(0)
  })

  test('[C9] what is recorded, which a page asks for', PATIENCE, async () => {
    await using site = await daemonSite(central)
    using shim = makeShim(join(site.dataFolder, 'recording.db'))
    const daemon = site.start(shim.env)
    await daemon.running()
    await untilRow(central, 1, 'running')
    const api = consoleCaller(site.dataFolder)
    const recorded = async () => (await api.get('/what-if')).body.machines
    await eventually(async () => (await recorded()).length > 0, 'the machine is recorded')
    const asked: Promise<unknown>[] = []
    await pollsWhileHeld(site, shim, async () => {
      asked.push(recorded().then((machines) => expect(machines).toMatchObject([{ machine: 'CNC-01' }])))
    })
    await Promise.all(asked)
    expect(await daemon.stop()).toBe(0)
  })
})
