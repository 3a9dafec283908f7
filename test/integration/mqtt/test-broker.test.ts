/** The broker of the tests is a broker: what other tests say of it rests on this. */
import { connectAsync } from 'mqtt'
import { expect, test } from 'vitest'
import { startLocalBroker } from '../../../simulators/mqtt/broker.ts'
import { hasMosquitto, startBroker } from '../../support/broker.ts'

const CLIENT = { reconnectPeriod: 0, connectTimeout: 10_000 } as const

async function retainedOver(url: string, access = {}): Promise<string> {
  const publisher = await connectAsync(url, { ...CLIENT, ...access })
  await publisher.publishAsync('line/press', 'runs', { qos: 1, retain: true })
  await publisher.endAsync()
  const reader = await connectAsync(url, { ...CLIENT, ...access })
  const message = new Promise<string>((resolve) =>
    reader.once('message', (_, payload) => resolve(payload.toString())),
  )
  await reader.subscribeAsync('line/#', { qos: 1 })
  const text = await message
  await reader.endAsync()
  return text
}

test('a broker keeps a retained message, and is on the same port after a restart', async () => {
  await using broker = await startBroker()
  expect(await retainedOver(broker.url)).toBe('runs')
  await broker.kill()
  await expect(connectAsync(broker.url, CLIENT)).rejects.toThrow()
  await broker.start()
  expect(await retainedOver(broker.url)).toBe('runs')
  await broker.stop()
})

test('a broker lets in who knows the password, and nobody else', async () => {
  await using broker = await startBroker({ users: { millrace: 'grist' } })
  expect(await retainedOver(broker.url, { username: 'millrace', password: 'grist' })).toBe('runs')
  await expect(
    connectAsync(broker.url, { ...CLIENT, username: 'millrace', password: 'bran' }),
  ).rejects.toThrow()
})

test('the broker of the simulators does the same within their process', async () => {
  await using broker = await startLocalBroker({ users: { millrace: 'grist' } })
  const url = `mqtt://127.0.0.1:${broker.port}`
  expect(await retainedOver(url, { username: 'millrace', password: 'grist' })).toBe('runs')
  await expect(connectAsync(url, CLIENT)).rejects.toThrow()
})

test.runIf(hasMosquitto)(
  'Mosquitto keeps a retained message over a restart where it is told to',
  async () => {
    await using broker = await startBroker({ persistence: true })
    expect(await retainedOver(broker.url)).toBe('runs')
    await broker.stop()
    await broker.start()
    const reader = await connectAsync(broker.url, CLIENT)
    const message = new Promise((resolve) => reader.once('message', (topic) => resolve(topic)))
    await reader.subscribeAsync('line/#', { qos: 1 })
    expect(await message).toBe('line/press')
    await reader.endAsync()
  },
)
