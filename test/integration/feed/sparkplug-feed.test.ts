/** What a host of Sparkplug hears of a gateway. A judge listens on the wire and names whatever breaks the rules of Sparkplug 3.0. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { MachineHealth } from '../../../src/domain/health.ts'
import type { Owner } from '../../../src/domain/owner.ts'
import { startBroker, type TestBroker } from '../../support/broker.ts'
import { amended, downtime, downtimeAmended, opened, scan } from '../../support/central-events.ts'
import { shown } from '../../support/feed.ts'
import { startJudgedFeed } from '../../support/sparkplug/judged-feed.ts'

let broker: TestBroker
beforeAll(async () => {
  broker = await startBroker()
})
afterAll(() => broker[Symbol.asyncDispose]())

const at = (minute: number) => new Date(Date.UTC(2026, 0, 31, 9, minute)).toISOString()
const since = (minute: number) => Date.UTC(2026, 0, 31, 9, minute)

describe('a feed in Sparkplug', () => {
  it('is born with what every machine shows, and then says what happens', async () => {
    let standing: Partial<MachineHealth> = { status: 'idle', sinceMs: since(0), workOrder: 'WO-1' }
    await using site = await startJudgedFeed(broker, { standings: () => [shown('CNC-01', standing)] })
    const { feed, host, judge } = site
    await feed.until(() => host.aliveDevices.includes('CNC-01'))
    expect(host.present('CNC-01', 'Status/State')).toBe('idle')
    expect(host.present('CNC-01', 'Status/WorkOrder')).toBe('WO-1')
    expect(host.present('CNC-01', 'Downtime/Open')).toBeNull()
    standing = { status: 'down', sinceMs: since(1), reason: 'jam' }
    await feed.store([
      opened({ at: at(1), status: 'down', reason: 'jam' }),
      downtime({ at: at(1), reason: 'jam', category: 'equipment' }),
    ])
    await feed.until(() => host.events.length === 2)
    expect(host.events.map(({ kind, isHistorical }) => [kind, isHistorical])).toEqual([
      ['status.opened', false],
      ['downtime.opened', false],
    ])
    expect(host.present('CNC-01', 'Status/State')).toBe('down')
    expect(host.present('CNC-01', 'Status/Since')).toBe(BigInt(since(1)))
    expect(host.present('CNC-01', 'Downtime/Open')).toBe(true)
    await feed.store([downtimeAmended({ at: at(1), reason: 'jam' }), scan(7)])
    await feed.until(() => host.events.length === 4)
    expect(host.present('CNC-01', 'Downtime/Open')).toBe(false)
    expect(host.present('CNC-01', 'Downtime/Duration')).toBe(300)
    expect(host.present('station:PACK-1', 'Scan/Data')).toBe('ABC-123')
    judge.stopping()
    await feed.stop()
    await feed.until(() => !host.isNodeAlive)
    expect(judge.violations).toEqual([])
  })

  it('says what it kept as history, in order, and then shows the present state', async () => {
    await using site = await startJudgedFeed(broker, {
      standings: () => [shown('CNC-01', { status: 'running', sinceMs: since(20) })],
    })
    const { feed, host, judge } = site
    await feed.until(() => host.isNodeAlive)
    await host.leave()
    await feed.until(() => feed.uploader.health().summary.state !== 'connected')
    await feed.store([
      opened({ at: at(5), status: 'down', reason: 'jam' }),
      downtime({ at: at(5), reason: 'jam' }),
      downtimeAmended({ at: at(5) }),
      amended({ at: at(5), status: 'down' }),
      opened({ at: at(20), status: 'running' }),
    ])
    await host.join()
    await feed.until(() => host.events.length === 5)
    expect(host.events.map(({ kind, isHistorical }) => [kind, isHistorical])).toEqual([
      ['status.opened', true],
      ['downtime.opened', true],
      ['downtime.closed', true],
      ['status.closed', true],
      ['status.opened', true],
    ])
    expect(host.present('CNC-01', 'Status/State')).toBe('running')
    await feed.store([scan(7)])
    await feed.until(() => host.events.length === 6)
    await feed.until(() => host.present('CNC-01', 'Downtime/Open') === false, 30_000)
    expect(judge.violations).toEqual([])
  })

  it('waits for its host, and its position with it', async () => {
    await using site = await startJudgedFeed(broker)
    const { feed, host, judge } = site
    await feed.until(() => host.isNodeAlive)
    await host.leave()
    await feed.until(() => feed.uploader.health().summary.state === 'away')
    expect(feed.uploader.health().summary.cause).toContain('the Sparkplug host scada is not online')
    const before = judge.counts.births
    await feed.store([opened()])
    await feed.until(() => judge.counts.sessions > 1)
    expect(judge.counts.births).toBe(before)
    expect((await feed.outbox.stats()).pending).toBe(1)
    await host.join()
    await feed.untilEmpty()
    await feed.until(() => host.events.length === 1)
    expect(judge.violations).toEqual([])
  })

  it('is born again when a host asks for it, and not more often than that helps', async () => {
    await using site = await startJudgedFeed(broker, { standings: () => [shown('CNC-01')], isPrimary: false })
    const { feed, host, judge } = site
    await feed.until(() => host.isNodeAlive || judge.counts.births > 0)
    for (let count = 0; count < 20; count += 1) await host.askForRebirth()
    await feed.until(() => host.births > 0, 15_000)
    await feed.store([opened({ at: at(30) })])
    await feed.until(() => host.events.length === 1)
    expect(judge.counts.births).toBeLessThanOrEqual(3)
    expect(judge.counts.sessions).toBe(1)
    expect(judge.violations).toEqual([])
  })

  it('says that a machine is dead while nothing is seen of it', async () => {
    let machines = [shown('CNC-01'), shown('CNC-02')]
    await using site = await startJudgedFeed(broker, { standings: () => machines })
    const { feed, host, judge } = site
    await feed.until(() => host.aliveDevices.length === 2)
    machines = [
      shown('CNC-01', { status: 'available', reason: 'NO_DATA', sinceMs: since(2) }),
      shown('CNC-02'),
    ]
    await feed.store([opened({ at: at(2), status: 'available', reason: 'NO_DATA' })])
    await feed.until(() => host.aliveDevices.join() === 'CNC-02')
    machines = [shown('CNC-01', { sinceMs: since(3) })]
    await feed.store([opened({ at: at(3), status: 'idle' })])
    await feed.until(() => host.aliveDevices.join() === 'CNC-01')
    expect(judge.violations).toEqual([])
  })

  it('knows the stations of the maps, and that of one that was taken away it knows nothing', async () => {
    let stations: readonly Owner[] = ['station:PACK-1', 'station:CNC-01']
    await using site = await startJudgedFeed(broker, {
      standings: () => [shown('CNC-01')],
      stations: () => stations,
    })
    const { feed, host, judge } = site
    await feed.until(() => host.aliveDevices.length === 3)
    expect(host.aliveDevices).toEqual(['CNC-01', 'station:PACK-1', 'station:CNC-01'])
    expect(host.present('station:PACK-1', 'Scan/Data')).toBeNull()
    stations = ['station:CNC-01']
    await feed.store([scan(7)])
    await feed.until(() => host.events.length === 1 && host.aliveDevices.length === 2)
    expect(judge.violations).toEqual([])
  })

  it('gives each connection a number of its own, over restarts of the gateway and cuts of the link', async () => {
    await using site = await startJudgedFeed(broker, { standings: () => [shown('CNC-01')] })
    const { feed, host, judge, wire } = site
    await feed.until(() => host.isNodeAlive)
    wire.cut()
    await feed.until(() => judge.counts.births === 2)
    judge.stopping()
    await feed.stop()
    const next = await site.startAgain()
    await next.until(() => judge.counts.births === 3)
    await next.store([opened({ at: at(40) })])
    await next.until(() => host.events.length === 1)
    await next.stop()
    expect(judge.counts.sessions).toBe(3)
    expect(judge.violations).toEqual([])
  })
})
