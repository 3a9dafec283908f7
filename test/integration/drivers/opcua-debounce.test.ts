/** Rows and stops of a machine whose PLC has the time wrong. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DataType, StatusCodes } from 'node-opcua'
import { afterAll, expect, test, vi } from 'vitest'
import { collectDevice } from '../../../src/collector/collect-device.ts'
import type { MachineEvent } from '../../../src/domain/events/machine.ts'
import { machineOwner } from '../../../src/domain/owner.ts'
import { createOpcUaDriver } from '../../../src/drivers/opcua/driver.ts'
import { Pipeline } from '../../../src/pipeline.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { createLog } from '../../../src/runtime/log.ts'
import { machineSubject } from '../../../src/status/machine-subject.ts'
import { deviceOf } from '../../support/driver-bench.ts'
import { NAMESPACE, type OpcUaTestServer, startOpcUaServer } from '../../support/opcua-server.ts'
import { historyOf } from '../../support/play-rows.ts'
import { press, rule } from '../../support/press.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-opcua-debounce-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const FAULT = {
  name: 'fault',
  dataType: 'Boolean',
  initial: { dataType: DataType.Boolean, value: false },
} as const
const log = createLog('silent')
const PATIENCE_MS = 60_000

/** Collects the machine of this server until the story has been told. @returns its events */
async function collect(
  server: OpcUaTestServer,
  tell: (events: readonly MachineEvent[]) => Promise<void>,
): Promise<readonly MachineEvent[]> {
  const driver = createOpcUaDriver()
  const signals = { fault: { at: `nsu=${NAMESPACE};s=fault` } }
  const device = deviceOf(driver, { url: server.url, security: 'None' }, signals, 100)
  const isFault = { kind: 'value', signal: 'fault', test: { kind: 'one-of', values: [true] } } as const
  const map = press({
    devices: [device],
    rules: [
      { ...rule('down', {}, 2_000), when: isFault },
      { when: { kind: 'else' }, is: 'running', forMs: 2_000, releaseMs: 2_000 },
    ],
    stops: { ignoreStopBelowMs: 0, ignoreRunBelowMs: 0, microStopBelowMs: 2_000 },
    faults: [],
  })
  const events: MachineEvent[] = []
  const outbox = {
    append: async (entry: { readonly events: readonly unknown[] }) => {
      events.push(...(entry.events as MachineEvent[]))
    },
    uncommitted: 0,
    states: async () => ({}),
  }
  const pipeline = new Pipeline({ outbox, clock: systemClock, log }, {})
  pipeline.put(machineOwner(map.machine), (remembered) => machineSubject(map, remembered))
  const stop = new AbortController()
  const collector = collectDevice({
    device,
    driver,
    clock: systemClock,
    random: Math.random,
    log,
    stateFolder: folder,
    deliver: (message) => pipeline.deliver(message),
  })
  const running = [pipeline.run(stop.signal), collector.run(stop.signal)]
  // Tests that run at the same time have no `expect.poll`: it asks which test is running.
  await vi.waitFor(
    () => expect(historyOf(events).map(({ status }) => status)).toEqual(['running']),
    PATIENCE_MS,
  )
  await tell(events)
  stop.abort()
  await Promise.all(running)
  return events
}

// Fault of the catalogue: [A11]
test.concurrent.each([
  ['the server', -3_000],
  ['the server', -4_500],
  ['the machine behind it', -3_000],
  ['the machine behind it', -4_500],
])(
  'a fault that flickers is no stop though the clock of %s is %i ms ahead',
  async (whose, aheadMs) => {
    const clockMs = whose === 'the server' ? aheadMs : 0
    await using server = await startOpcUaServer({ folder, variables: [FAULT], clockMs })
    const set = (value: boolean) => {
      const time = new Date(Date.now() + aheadMs)
      server.set('fault', { dataType: DataType.Boolean, value }, StatusCodes.Good, time)
    }
    const events = await collect(server, async (seen) => {
      for (let n = 0; n < 4; n++) {
        set(true)
        await systemClock.sleep(400)
        set(false)
        await systemClock.sleep(600)
      }
      await systemClock.sleep(4_000)
      set(true)
      await vi.waitFor(() => expect(seen.map(({ kind }) => kind)).toContain('downtime.opened'), PATIENCE_MS)
    })
    expect(historyOf(events).map(({ status }) => status)).toEqual(['running', 'down'])
    expect(events.filter(({ kind }) => kind === 'downtime.opened').length).toBe(1)
  },
  3 * PATIENCE_MS,
)
