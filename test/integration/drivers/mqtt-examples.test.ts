/** The example maps of MQTT, each heard through a real broker, with messages as their products send them. */
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createDrivers } from '../../../src/drivers/index.ts'
import { startBroker, type TestBroker } from '../../support/broker.ts'
import { collected } from '../../support/collected.ts'
import { mapOfText } from '../../support/compiled.ts'
import { publisherAt } from '../../support/mqtt-publisher.ts'
import { makeTlsCertificate } from '../../support/tls-certificate.ts'

const SOON = { timeout: 60_000 }

interface Played {
  readonly file: string
  /** What its publisher retains, topic by topic. */
  readonly retained: Readonly<Record<string, unknown>>
  /** What it sends, in order. */
  readonly messages: readonly (readonly [topic: string, payload: unknown])[]
  readonly shown: Readonly<Record<string, unknown>>
  /** Its last will; undefined where it has none that can be used. */
  readonly dying?: readonly [topic: string, payload: unknown]
}

const nowMs = () => Date.now()

const PLAYED: readonly Played[] = [
  {
    file: 'saw-tasmota.yaml',
    retained: { 'tele/saw-07/LWT': 'Online' },
    messages: [
      [
        'tele/saw-07/STATE',
        { Time: '2026-02-03T10:00:05', Uptime: '0T01:10:20', POWER: 'ON', Wifi: { RSSI: 82 } },
      ],
      [
        'tele/saw-07/SENSOR',
        {
          Time: '2026-02-03T10:00:05',
          ENERGY: {
            TotalStartTime: '2026-01-01T00:00:00',
            Total: 12.345,
            Today: 0.5,
            Power: 851,
            Factor: 0.92,
            Voltage: 231,
          },
        },
      ],
    ],
    shown: { power: 851, energy: 12.345 },
    dying: ['tele/saw-07/LWT', 'Offline'],
  },
  {
    file: 'pump-shelly.yaml',
    retained: { 'shellypro1pm-30c6f7828098/online': 'true' },
    messages: [
      [
        'shellypro1pm-30c6f7828098/events/rpc',
        { src: 'shellypro1pm-30c6f7828098', method: 'NotifyStatus', params: {} },
      ],
      [
        'shellypro1pm-30c6f7828098/status/switch:0',
        {
          id: 0,
          source: 'HTTP_in',
          output: true,
          apower: 740.5,
          voltage: 229.9,
          current: 3.3,
          aenergy: { total: 11.1 },
          temperature: { tC: 41.2 },
        },
      ],
    ],
    shown: { relay: 'closed', power: 740.5 },
    dying: ['shellypro1pm-30c6f7828098/online', 'false'],
  },
  {
    file: 'press-node-red.yaml',
    retained: { 'plant/press-21/online': 'online' },
    messages: [['plant/press-21', { state: 2, fault: 0, good: 18231, at: nowMs() }]],
    shown: { state: 'auto', fault: 0, good: 18231 },
    dying: ['plant/press-21/online', 'offline'],
  },
  {
    file: 'packer-kepware.yaml',
    retained: {},
    messages: [
      [
        'iotgateway',
        {
          timestamp: nowMs(),
          values: [
            { id: 'Packer.PLC.Packs', v: 900, q: true, t: nowMs() },
            { id: 'Packer.PLC.State', v: 2, q: true, t: nowMs() },
            { id: 'Packer.PLC.Fault', v: 0, q: true, t: nowMs() },
          ],
        },
      ],
      ['iotgateway', { timestamp: nowMs(), values: [{ id: 'Packer.PLC.State', v: 3, q: true, t: nowMs() }] }],
    ],
    shown: { state: 'fault', fault: 0, packs: 900 },
  },
  {
    file: 'drill-zigbee2mqtt.yaml',
    retained: {
      'zigbee2mqtt/bridge/state': { state: 'online' },
      'zigbee2mqtt/drill-05/availability': { state: 'online' },
    },
    messages: [
      [
        'zigbee2mqtt/drill-05',
        { current: 1.9, energy: 3.1, linkquality: 120, power: 420, state: 'ON', voltage: 230 },
      ],
    ],
    shown: { plug: 'switched_on', power: 420 },
    dying: ['zigbee2mqtt/bridge/state', { state: 'offline' }],
  },
]

let folder: string
let plain: TestBroker
let secure: TestBroker
let drivers: ReturnType<typeof createDrivers>

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-examples-'))
  const certificate = await makeTlsCertificate(folder, ['localhost'])
  plain = await startBroker()
  secure = await startBroker({ tls: certificate })
  copyFileSync(certificate.caFile, join(folder, 'plant-ca.pem'))
  drivers = createDrivers()
})

afterAll(async () => {
  await drivers[Symbol.asyncDispose]()
  await plain[Symbol.asyncDispose]()
  await secure[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

/** The map with the broker of this test in place of the plant's. */
function atBroker(file: string): { readonly text: string; readonly url: string } {
  const text = readFileSync(join('devices/examples', file), 'utf8')
  const isSecure = text.includes('url: mqtts://')
  const { port } = isSecure ? secure : plain
  const url = isSecure ? `mqtts://localhost:${port}` : `mqtt://127.0.0.1:${port}`
  const there = text
    .replace(/url: mqtts?:\/\/broker\.plant\.example/, `url: ${url}`)
    .replace('# tls: { ca_file: /etc/millrace/plant-ca.pem }', `tls: { ca_file: ${folder}/plant-ca.pem }`)
  return { text: there, url }
}

test.each(PLAYED)(
  '$file shows what its product sends',
  async ({ file, retained, messages, shown, dying }) => {
    const { text, url } = atBroker(file)
    const [device] = mapOfText(text).devices
    const driver = drivers.all.find(({ protocol }) => protocol === 'mqtt')
    if (!device || !driver) throw new Error('no device')
    await using publisher = await publisherAt(url, { rejectUnauthorized: false })
    for (const [topic, payload] of Object.entries(retained))
      await publisher.say(topic, payload, { retain: true })
    await using one = collected(device, driver)
    await expect
      .poll(async () => {
        for (const [topic, payload] of messages) await publisher.say(topic, payload)
        // The last one is under way still, and the next round begins with the first.
        await wait(200)
        return one.shown()
      }, SOON)
      .toEqual(shown)
    const seen = one.samples()
    expect(seen.filter(({ quality }) => quality !== 'good').map(({ detail }) => detail)).toEqual([])
    if (!dying) return
    await publisher.say(...dying, { retain: true })
    await expect.poll(() => one.story().at(-1), SOON).toBe('down')
  },
)

test('every example that is heard over MQTT is played', () => {
  const named = PLAYED.map(({ file }) => file).toSorted()
  const heard = readdirSync('devices/examples').filter((file) =>
    /driver: mqtt$/m.test(readFileSync(join('devices/examples', file), 'utf8')),
  )
  expect(heard.toSorted()).toEqual(named)
})
