/** A broker, the drivers of a gateway, and machines that it hears through them; each test has its own. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach } from 'vitest'
import { createDrivers } from '../../src/drivers/index.ts'
import { startBroker, type TestBroker } from './broker.ts'
import { type Collected, collected } from './collected.ts'
import { mapOfText } from './compiled.ts'
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts'

/** What a file of tests works with. */
interface MqttBench {
  /** Another one may be put in its place. */
  broker: TestBroker
  /** Whoever is heard from then on is heard through a proxy. The caller ends it. */
  putProxyBefore(): Promise<TcpProxy>
  /** A machine with these signals, heard from now on. */
  heard(signals: string, device?: string, machine?: string): Collected
  /** Ends the drivers, as the stop of a gateway does. */
  stopDrivers(): Promise<void>
  /** Those of the next start. */
  startDrivers(): void
}

/** Call it at the top of a file. */
export function mqttBench(): MqttBench {
  let broker: TestBroker
  let drivers: ReturnType<typeof createDrivers>
  const running: Collected[] = []
  /** Where the gateway keeps by what brokers know it again. */
  const stateFolder = mkdtempSync(join(tmpdir(), 'millrace-mqtt-state-'))
  beforeEach(async () => {
    broker = await startBroker()
    drivers = createDrivers()
  })
  afterEach(async () => {
    await Promise.all(running.splice(0).map((one) => one[Symbol.asyncDispose]()))
    await drivers[Symbol.asyncDispose]()
    await broker[Symbol.asyncDispose]()
  })
  afterAll(() => rmSync(stateFolder, { recursive: true }))
  return {
    get broker() {
      return broker
    },
    set broker(other) {
      broker = other
    },
    putProxyBefore: async () => {
      const direct = broker
      const proxy = await startTcpProxy({ host: '127.0.0.1', port: direct.port })
      broker = {
        ...direct,
        url: `mqtt://127.0.0.1:${proxy.port}`,
        [Symbol.asyncDispose]: () => direct[Symbol.asyncDispose](),
      }
      return proxy
    },
    heard: (signals, device = '', machine = 'PRESS-07') => {
      const [first] = mapOfText(mapText(broker.url, { signals, device, machine })).devices
      const driver = drivers.all.find(({ protocol }) => protocol === 'mqtt')
      if (!first || !driver) throw new Error('no device')
      const one = collected(first, driver, undefined, stateFolder)
      running.push(one)
      return one
    },
    stopDrivers: () => drivers[Symbol.asyncDispose]() as Promise<void>,
    startDrivers: () => {
      drivers = createDrivers()
    },
  }
}

interface HeardMachine {
  readonly signals: string
  readonly device: string
  readonly machine: string
}

function mapText(url: string, { signals, device, machine }: HeardMachine): string {
  return `
machine: ${machine}
device: {driver: mqtt, url: "${url}"${device && `, ${device}`}}
on_comm_loss: {after: 24h}
signals:
${signals.trim().replaceAll(/^/gm, '  ')}
status:
  - {else: true, is: idle}
`
}
