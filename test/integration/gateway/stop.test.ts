/**
 * The stop within 5 s, whatever is silent. Counted are the waits that were granted, by a clock that only passes while
 * somebody waits; how fast the machine is does not matter.
 */
import { existsSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { lockInstance } from '../../../src/buffer/instance-lock.ts'
import { findPresence } from '../../../src/console/presence.ts'
import type {
  Destination,
  DestinationSession,
  DestinationTransaction,
} from '../../../src/domain/destination.ts'
import { STOP_MAX_MS } from '../../../src/runtime/budget.ts'
import { testOutbox } from '../../support/buffer.ts'
import { startSilentServer } from '../../support/silent-server.ts'
import { stallDisk } from '../../support/stalled-disk.ts'
import { leavePending, type RunningGateway, runToStop, stopSite } from '../../support/stop-site.ts'

const NEVER = new Promise<never>(() => {})
const unasked = () => Promise.reject(new Error('nobody asks this of the first transaction'))

const beginning: DestinationTransaction = {
  head: undefined,
  begin: () => Promise.resolve(),
  record: () => Promise.resolve(),
  apply: unasked,
  quarantine: unasked,
  quarantined: unasked,
  release: unasked,
  advance: unasked,
}

/** They work on real files and sockets, in a time of their own, for which the clock of these tests does not wait. */
const REAL_WORK: readonly string[] = ['console', 'last commits', 'log file']

/** How long such work may take on a machine that is very busy. */
const WORK_MAX_MS = 60_000

/**
 * Stages whose waits are all by the clock, and that did not end in their time. What one of them has under way with the thread of the
 * local log is waited for: from here on the clock stands still, so that nothing which waits by it comes to its end.
 */
async function leftBehind({ clock, unfinished }: RunningGateway): Promise<readonly string[]> {
  clock[Symbol.dispose]()
  const left = () => [...unfinished].filter((stage) => !REAL_WORK.includes(stage))
  const untilMs = performance.now() + WORK_MAX_MS
  while (left().length > 0 && performance.now() < untilMs) await wait(5)
  return left()
}

// Fault of the catalogue: [B7]
test('a central that falls silent in a transaction, and takes its time to close', async () => {
  const site = stopSite()
  await leavePending(site)
  const asked: string[] = []
  let closeMs = 0
  const session: DestinationSession = {
    clockOffsetMs: 0,
    head: () => Promise.resolve(undefined),
    holdsAny: () => Promise.resolve(false),
    quarantineSummary: () => Promise.resolve({ count: 0, refused: [] }),
    troubles: [],
    // The first begins the stream, so that central counts as connected; the second would take the event.
    transaction: (work) => {
      asked.push('transaction')
      return asked.length > 1 ? NEVER : work(beginning)
    },
    [Symbol.asyncDispose]: () => gateway.clock.sleep(closeMs),
  }
  const central: Destination = { connect: () => Promise.resolve(session) }
  const gateway = runToStop(site, { central })
  await gateway.until(() => asked.length > 1)
  closeMs = 1_000
  expect(await gateway.stop()).toBeLessThanOrEqual(STOP_MAX_MS)
  expect(await leftBehind(gateway)).toEqual([])
})

test('a central that accepts connections and says nothing', async () => {
  await using central = await startSilentServer()
  const site = stopSite({}, central.port)
  await leavePending(site)
  const gateway = runToStop(site)
  await gateway.until(() => central.heard > 0)
  expect(await gateway.stop()).toBeLessThanOrEqual(STOP_MAX_MS)
  expect(await leftBehind(gateway)).toEqual([])
})

describe('a device that accepts connections and says nothing', () => {
  test.each([
    [
      'modbus',
      (port: number) => `device: { driver: modbus-tcp, host: 127.0.0.1, port: ${port}, unit: 1, timeout: 60s }
signals: { state: { at: 40101, type: u16 } }`,
    ],
    [
      'opcua',
      (port: number) => `device: { driver: opcua, url: "opc.tcp://127.0.0.1:${port}", security: None }
signals: { state: { node: "ns=1;s=State" } }`,
    ],
  ])('%s', async (_, device) => {
    await using server = await startSilentServer()
    const map = `machine: M-1\n${device(server.port)}\nstatus: [{ when: { state: 1 }, is: running }, { else: true, is: idle }]\n`
    const gateway = runToStop(stopSite({ 'm-1': map }))
    await gateway.until(() => server.heard > 0)
    expect(await gateway.stop()).toBeLessThanOrEqual(STOP_MAX_MS)
    expect(await leftBehind(gateway)).toEqual([])
  })
})

test('a scanner that is not used, and badges that are being read from a central that says nothing', async () => {
  await using central = await startSilentServer()
  await using scanner = await startSilentServer()
  const map = `scanner: ST-1\nport: { tcp: "127.0.0.1:${scanner.port}" }\noperator: { without: { station_user: 1 } }\n`
  const gateway = runToStop(stopSite({ 'st-1': map }, central.port))
  // One for the events, and one for what stations draw on.
  await gateway.until(() => scanner.connections > 0 && central.connections > 1)
  expect(await gateway.stop()).toBeLessThanOrEqual(STOP_MAX_MS)
  expect(await leftBehind(gateway)).toEqual([])
  expect(scanner.connections).toBe(0)
})

describe('while loading', () => {
  test('400 maps: none is read after the one at which the stop was asked for', async () => {
    const map = (number: number) => `machine: M-${number}
device: { driver: modbus-tcp, host: 127.0.0.1, port: 9 }
signals: { state: { at: 40101, type: u16 } }
status: [{ when: { state: 1 }, is: running }, { else: true, is: idle }]
`
    const maps = Array.from({ length: 400 }, (_, number) => [`m-${number}`, map(number)] as const)
    let inForce = 0
    let stopped: Promise<number> | undefined
    const gateway = runToStop(stopSite(Object.fromEntries(maps)), {
      onLine: ({ msg }) => {
        if (msg === 'map in force') inForce += 1
        if (inForce === 5) stopped ??= gateway.stop()
      },
    })
    await gateway.until(() => stopped !== undefined)
    expect(await stopped).toBeLessThanOrEqual(STOP_MAX_MS)
    expect(inForce).toBe(5)
    expect(gateway.lines.map(({ msg }) => msg)).not.toContain('running')
    expect(await leftBehind(gateway)).toEqual([])
  })

  test('the log is being opened: it is given up, and unharmed', async () => {
    const site = stopSite()
    await leavePending(site)
    const gateway = runToStop(site)
    expect(await gateway.stop()).toBeLessThanOrEqual(STOP_MAX_MS)
    expect(await leftBehind(gateway)).toEqual([])
    const outbox = await testOutbox({ file: `${site.config.dataFolder}/outbox.db` })
    expect(await outbox.verifyChain()).toBeNull()
    expect((await outbox.tail()).seq).toBe(1)
  })

  test('the disk does not finish a write', async () => {
    const site = stopSite()
    await leavePending(site)
    using _stalled = stallDisk(site.config.dataFolder)
    const gateway = runToStop(site)
    await gateway.until(() => existsSync(`${site.config.dataFolder}/outbox.db-wal`))
    // The file is open, and the write that stalls is the next thing to happen.
    await wait(1_000)
    expect(await gateway.stop()).toBeLessThanOrEqual(STOP_MAX_MS)
    expect([...gateway.unfinished]).toContain('log file')
  })
})

// Fault of the catalogue: [C9]
test('a disk that does not finish a write while the gateway runs', async () => {
  const site = stopSite()
  await leavePending(site)
  const gateway = runToStop(site)
  await gateway.until(() => gateway.lines.some(({ msg }) => msg === 'running'))
  using _stalled = stallDisk(site.config.dataFolder)
  const { monoMs } = gateway.clock.now()
  // Within this time the reserve is looked after, and states are saved every few seconds behind it.
  await gateway.until(() => gateway.clock.now().monoMs > monoMs + 70_000)
  expect(await gateway.stop()).toBeLessThanOrEqual(STOP_MAX_MS)
  expect([...gateway.unfinished]).toContain('log file')
  expect(gateway.lines.map(({ msg }) => msg)).toContainEqual(expect.stringContaining('has not finished'))
})

test('a gateway that fails while it runs leaves nothing running', async () => {
  const site = stopSite()
  const gateway = runToStop(site, {
    onReload: () => {
      throw new Error('no signals here')
    },
  })
  await expect(gateway.ended).rejects.toThrow('no signals here')
  // What works on real files may have been left to end by itself.
  await gateway.until(() => gateway.unfinished.size === 0)
  expect(findPresence(site.config.dataFolder)).toBeUndefined()
  lockInstance(site.config.dataFolder).release()
})
