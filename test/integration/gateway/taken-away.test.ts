/** A device map that is moved away, with a real gateway, device and log. */
import { renameSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { openOutbox } from '../../../src/buffer/outbox.ts'
import { outboxOptions } from '../../../src/buffer/outbox-options.ts'
import type { Event } from '../../../src/domain/events/event.ts'
import { createDrivers } from '../../../src/drivers/index.ts'
import { runGateway, type World } from '../../../src/gateway.ts'
import { createRoutes } from '../../../src/routes/index.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { CENTRAL, recordingLog } from '../../support/buffer.ts'
import { answerRegisters, ModbusDevice } from '../../support/modbus-device.ts'
import { type StopSite, stopSite } from '../../support/stop-site.ts'

const RUNNING = 1
const SEEN_MAX_MS = 30_000

/** A life of the gateway: until something is in its log, or has happened to a device, and a little longer. */
async function live(
  { folder, config }: StopSite,
  until: (lines: readonly string[]) => boolean,
): Promise<void> {
  const { log, lines } = recordingLog()
  const stop = new AbortController()
  const world: World = {
    clock: systemClock,
    random: Math.random,
    log,
    drivers: createDrivers(),
    routes: createRoutes(config, { clock: systemClock, log }),
    bootId: 'boot-1',
    version: '0',
    cwd: folder,
    onReload: () => () => undefined,
  }
  const running = runGateway(config, world, stop.signal)
  const untilMs = performance.now() + SEEN_MAX_MS
  while (!until(lines.map(({ msg }) => msg)) && performance.now() < untilMs) await wait(20)
  await wait(3_000)
  stop.abort()
  await running
}

async function eventsOf({ config }: StopSite): Promise<readonly Event[]> {
  const world = { clock: systemClock, log: recordingLog().log, bootId: 'boot-1', routes: [CENTRAL] }
  await using outbox = await openOutbox(outboxOptions(config, world))
  return (await outbox.read(0, 1_000)).map(({ event }) => event as Event)
}

test('while the gateway is stopped, its open row ends at the next start, where the machine was last seen', async () => {
  const device = await ModbusDevice.start(answerRegisters(() => RUNNING))
  onTestFinished(() => device[Symbol.asyncDispose]())
  const site = stopSite({
    'm-1': `machine: M-1
device: {driver: modbus-tcp, host: 127.0.0.1, port: ${device.port}, poll: 100ms}
signals: {state: {at: 40101, type: u16}}
status: [{when: {state: ${RUNNING}}, is: running, for: 0s}, {else: true, is: idle}]
`,
  })
  await live(site, () => device.requests.length > 10)
  const [opened] = await eventsOf(site)
  expect(opened).toMatchObject({ kind: 'status.opened', status: 'running' })
  renameSync(join(site.folder, 'devices/m-1.yaml'), join(site.folder, 'm-1.yaml'))
  await live(site, (lines) => lines.includes('map taken away'))
  const events = await eventsOf(site)
  expect(events[1]).toMatchObject({
    kind: 'status.amended',
    at: opened?.at,
    ended: { marks: ['reconfigured'], durationMs: expect.any(Number) },
  })
  expect(events[2]).toMatchObject({ kind: 'status.opened', previousStatus: 'running', reason: 'NO_DATA' })
  expect(events).toHaveLength(3)
}, 120_000)
