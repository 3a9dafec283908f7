/** A press that publishes itself, seen by bare clients: what it shows, and what its death looks like. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connectAsync, type MqttClient } from 'mqtt'
import { decodePayload } from 'sparkplug-payload/lib/sparkplugbpayload.js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startBroker } from '../../support/broker.ts'
import { testFolder } from '../../support/buffer.ts'
import { eventually, type Line, startLine } from './support.ts'

const SCENARIO = `
start: on_command
machines:
  PRESS-07:
    kind: modbus-press
    mqtt: [json, sparkplug]
    parts_per_minute: 60000
    scrap_every: 10
    faults: {101: {reason: mechanical_failure, category: equipment}}
    day: {script: [{state: running, for: 700ms}, {state: down, fault: 101, for: 600ms}, {state: setup, for: 600ms}]}
`

interface Heard {
  readonly topic: string
  readonly payload: Buffer
  readonly retain: boolean
}

let line: Line
let client: MqttClient
const heard: Heard[] = []
beforeAll(async () => {
  line = await startLine(SCENARIO)
  client = await connectAsync(line.simulators.broker ?? '', { reconnectPeriod: 0 })
  client.on('message', (topic, payload, { retain }) => heard.push({ topic, payload, retain }))
  await client.subscribeAsync(['simulators/#', 'spBv1.0/#'], { qos: 1 })
})
afterAll(async () => {
  client.end(true)
  await line[Symbol.asyncDispose]()
})

test('the ready line names its topics, and its place in Sparkplug', () => {
  expect(line.simulators.machines[0]).toMatchObject({
    json: { state: 'simulators/PRESS-07/state', availability: 'simulators/PRESS-07/availability' },
    sparkplug: { group: 'simulators', node: 'PRESS-07', device: 'press' },
  })
})

test('as JSON it publishes each change when it happens, and that it is there', async () => {
  await line.simulators.startDay()
  await eventually(() => expect(states().at(-1)).toMatchObject({ state: 'setup', door_open: true, fault: 0 }))
  const changes = line.statuses('PRESS-07').map(({ at, status }) => [at, status])
  const shown = states().filter((one, index, all) => one.state !== all[index - 1]?.state)
  expect(shown.slice(-3).map(({ time, state }) => [time, state])).toEqual([
    [expect.any(String), 'running'],
    ...changes.slice(-2),
  ])
  expect(texts('simulators/PRESS-07/availability')).toEqual(['online'])
  expect(heard.find(({ topic }) => topic.endsWith('availability'))?.retain).toBe(true)
})

describe('in Sparkplug', () => {
  test('data go by the aliases of the birth, numbered without a gap', async () => {
    await askForRebirth()
    await eventually(() => expect(kinds().slice(-4)).toContain('DDATA'))
    const born = payloads('DBIRTH').at(-1)
    expect(born?.metrics?.map(({ name, type }) => [name, type])).toEqual([
      ['Status/State', 'Int32'],
      ['Status/DoorOpen', 'Boolean'],
      ['Status/Fault', 'Int32'],
      ['Counts/Good', 'Int64'],
      ['Counts/Scrap', 'Int64'],
      ['Heartbeat', 'Int64'],
    ])
    const sinceBirth = heard.slice(heard.findLastIndex(({ topic }) => topic.includes('/NBIRTH/')))
    const numbers = sinceBirth.filter(isOwn).map(({ payload }) => Number(decodePayload(payload).seq))
    expect(numbers).toEqual(numbers.map((_, index) => index % 256))
    expect(payloads('DDATA').at(-1)?.metrics?.[0]).not.toHaveProperty('name')
  })

  test('a pulled cable is a death by the will of that connection, and a birth with the next number', async () => {
    const [before] = payloads('NBIRTH').slice(-1)
    await line.simulators.fault('PRESS-07', 'drop', { forMs: 500 })
    await eventually(() => expect(kinds().at(-1)).toMatch(/DBIRTH|DDATA/))
    await eventually(() => expect(payloads('NDEATH')).toHaveLength(1))
    expect(bdSeq(payloads('NDEATH')[0])).toBe(bdSeq(before))
    await eventually(() => expect(bdSeq(payloads('NBIRTH').at(-1))).toBe(bdSeq(before) + 1))
    await eventually(() =>
      expect(texts('simulators/PRESS-07/availability')).toEqual(['online', 'offline', 'online']),
    )
  })
})

async function askForRebirth(): Promise<void> {
  const births = payloads('NBIRTH').length
  const { encodePayload } = await import('sparkplug-payload/lib/sparkplugbpayload.js')
  const command = encodePayload({
    timestamp: Date.now(),
    metrics: [{ name: 'Node Control/Rebirth', type: 'Boolean', value: true }],
  })
  await client.publishAsync('spBv1.0/simulators/NCMD/PRESS-07', Buffer.from(command))
  await eventually(() => expect(payloads('NBIRTH').length).toBe(births + 1))
}

function states(): readonly Record<string, unknown>[] {
  return texts('simulators/PRESS-07/state').map((text) => JSON.parse(text))
}

function texts(wanted: string): readonly string[] {
  return heard.filter(({ topic }) => topic === wanted).map(({ payload }) => payload.toString())
}

function isOwn({ topic }: Heard): boolean {
  return topic.startsWith('spBv1.0/') && !topic.includes('/NCMD/')
}

function kinds(): readonly string[] {
  return heard.filter(isOwn).map(({ topic }) => topic.split('/')[2] ?? '')
}

function payloads(kind: string) {
  return heard.filter(({ topic }) => topic.includes(`/${kind}/`)).map(({ payload }) => decodePayload(payload))
}

function bdSeq(payload: ReturnType<typeof decodePayload> | undefined): number {
  return Number(payload?.metrics?.find(({ name }) => name === 'bdSeq')?.value)
}

test('it logs in at another program’s broker, with a password from a file', async () => {
  await using broker = await startBroker({ users: { sim: 'press-secret' } })
  const folder = testFolder()
  writeFileSync(join(folder, 'password'), 'press-secret\n')
  const login = `{url: "${broker.url}", user: sim, password_file: ${join(folder, 'password')}}`
  await using other = await startLine(`broker: ${login}${SCENARIO}`)
  expect(other.simulators.broker).toBe(broker.url)
  const watcher = await connectAsync(broker.url, { username: 'sim', password: 'press-secret' })
  const came = new Promise((resolve) => watcher.once('message', (topic) => resolve(topic)))
  await watcher.subscribeAsync('simulators/+/state')
  expect(await came).toBe('simulators/PRESS-07/state')
  watcher.end(true)
})
