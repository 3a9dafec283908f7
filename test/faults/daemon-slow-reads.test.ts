/**
 * A gateway whose disk does not finish what is read for people beside the machines: an audit. Machines are polled as ever meanwhile, and
 * the answer is right once the disk goes on.
 */
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startTestCentral, type TestCentral } from '../support/central.ts'
import { type ConsoleCaller, consoleCaller } from '../support/console-caller.ts'
import { beginAnew } from './central/rows.ts'
import { type DaemonSite, daemonSite, EVENTUALLY_MS, eventually, untilRow } from './daemon.ts'
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
})
