/** A device map that is moved away, with a real gateway, device and log. */
import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { openOutbox } from '../../../src/buffer/outbox.ts'
import { outboxOptions } from '../../../src/buffer/outbox-options.ts'
import type { Event } from '../../../src/domain/events/event.ts'
import { createDrivers } from '../../../src/drivers/index.ts'
import type { World } from '../../../src/gateway/world.ts'
import { runGateway } from '../../../src/gateway.ts'
import { createReferences, createRoutes, ROUTE_KINDS } from '../../../src/routes/index.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { createScanners } from '../../../src/scanners/index.ts'
import { CENTRAL, recordingLog } from '../../support/buffer.ts'
import { answerRegisters, ModbusDevice } from '../../support/modbus-device.ts'
import { type StopSite, stopSite } from '../../support/stop-site.ts'

const RUNNING = 1
const SEEN_MAX_MS = 60_000

/** A life of the gateway: until something is in its log, or has happened to a device, and a little longer. */
async function live(
  { folder, config }: StopSite,
  until: (lines: readonly string[]) => boolean,
  longerMs = 3_000,
): Promise<void> {
  const { log, lines } = recordingLog()
  const stop = new AbortController()
  const world: World = {
    clock: systemClock,
    random: Math.random,
    log,
    drivers: createDrivers(),
    scanners: createScanners(),
    routes: createRoutes(config, { clock: systemClock, log }),
    routeKinds: ROUTE_KINDS,
    references: createReferences(config, { clock: systemClock, log }),
    bootId: 'boot-1',
    version: '0',
    cwd: folder,
    onReload: () => () => undefined,
  }
  const running = runGateway(config, world, stop.signal)
  const untilMs = performance.now() + SEEN_MAX_MS
  while (!until(lines.map(({ msg }) => msg)) && performance.now() < untilMs) await wait(20)
  await wait(longerMs)
  stop.abort()
  await running
}

async function eventsOf({ config }: StopSite): Promise<readonly Event[]> {
  const world = { clock: systemClock, log: recordingLog().log, bootId: 'boot-1', routes: [CENTRAL] }
  await using outbox = await openOutbox(outboxOptions(config, world))
  return (await outbox.read(0, 1_000)).map(({ event }) => event as Event)
}

/** A machine that was seen to run, and whose gateway has been stopped. */
async function ranBefore(): Promise<{ readonly site: StopSite; readonly opened: Event | undefined }> {
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
  return { site, opened }
}

/** The row ends where the machine was last seen, and a marker says that nothing is seen behind it. */
function expectEnded(events: readonly Event[], marks: readonly string[]): void {
  expect(events[1]).toMatchObject({
    kind: 'status.amended',
    at: events[0]?.at,
    ended: { marks, durationMs: expect.any(Number) },
  })
  expect(events[2]).toMatchObject({ kind: 'status.opened', previousStatus: 'running', reason: 'NO_DATA' })
  expect(events).toHaveLength(3)
}

// Fault of the catalogue: [B9]
test.each([
  ['', () => undefined],
  [
    ', also when its last good map is lost',
    ({ config }: StopSite) => rmSync(join(config.dataFolder, 'maps'), { recursive: true }),
  ],
])(
  'while the gateway is stopped, its open row ends at the next start, where the machine was last seen%s',
  async (_, lose) => {
    const { site } = await ranBefore()
    renameSync(join(site.folder, 'devices/m-1.yaml'), join(site.folder, 'm-1.yaml'))
    lose(site)
    await live(site, (lines) => lines.includes('map taken away'))
    expectEnded(await eventsOf(site), ['reconfigured'])
  },
  120_000,
)

test('of which neither the file nor the last good map can be used leaves no row open as running', async () => {
  const { site } = await ranBefore()
  writeFileSync(join(site.folder, 'devices/m-1.yaml'), 'machine: M-1\n')
  rmSync(join(site.config.dataFolder, 'maps'), { recursive: true })
  await live(site, (lines) => lines.some((line) => line.startsWith('M-1 is not read: ')), 35_000)
  expectEnded(await eventsOf(site), [])
}, 120_000)
