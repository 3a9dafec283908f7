/** Connecting a machine that publishes to a broker: what was heard of it, as signals to put into a map. */
import { expect, onTestFinished, test } from 'vitest'
import { startBroker } from '../../support/broker.ts'
import { startConnectSite } from '../../support/connect-site.ts'
import { publisherAt } from '../../support/mqtt-publisher.ts'

test('the topics of a broker are heard, and their values are signals', { timeout: 120_000 }, async () => {
  const broker = await startBroker()
  onTestFinished(() => broker[Symbol.asyncDispose]())
  const publisher = await publisherAt(broker.url)
  onTestFinished(() => publisher[Symbol.asyncDispose]())
  const payload = JSON.stringify({ state: 'run', ENERGY: { Power: 1_250 } })
  const talking = setInterval(() => void publisher.say('plant/press/telemetry', payload), 200)
  onTestFinished(() => clearInterval(talking))
  const site = await startConnectSite()
  const device = { driver: 'mqtt', url: broker.url }
  const probed = await site.call('POST', '/connect/probe', { device })
  expect(probed.body).toMatchObject({ verdict: 'good', topics: ['plant/press/telemetry'] })
  const { body } = await site.call('POST', '/connect/topics', { device, filter: 'plant/#', for_s: 2 })
  expect(body.topics).toMatchObject([{ topic: 'plant/press/telemetry', is_retained: false }])
  expect(body.topics[0].values).toContainEqual({
    shown: '1250',
    signal: { name: 'power', keys: { topic: 'plant/press/telemetry', path: 'ENERGY.Power' } },
  })
})
