/** Metrics are sent to a collector of OpenTelemetry, or cannot be. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { FAMILIES } from '../../../src/metrics/catalogue.ts'
import { resourceMetrics } from '../../../src/metrics/otlp.ts'
import { Telemetry } from '../../../src/metrics/telemetry.ts'
import { recordingLog } from '../../support/buffer.ts'
import { measuredSight } from '../../support/measured-sight.ts'

const MINUTE_MS = 60_000
const EVENTUALLY = { timeout: 60_000, interval: 50 }

test('a collector gets every metric with its labels, its unit and its time', async () => {
  const collector = await startCollector(200)
  startTelemetry(collector.url)
  await expect.poll(() => collector.got.length, EVENTUALLY).toBeGreaterThan(0)
  const [resource] = collector.got[0]?.resourceMetrics ?? []
  expect(textsOf(resource?.resource.attributes)).toEqual({
    'service.name': 'millrace',
    'service.instance.id': 'edge-1',
    'service.version': '1.2.3',
  })
  const metrics = resource?.scopeMetrics[0]?.metrics ?? []
  const sight = measuredSight()
  const withSamples = FAMILIES.filter((family) => family.read(sight).length > 0)
  expect(metrics.map(({ name }) => name)).toEqual(withSamples.map(({ name }) => name))
  const up = metrics.find(({ name }) => name === 'millrace_device_up')?.gauge?.dataPoints[0]
  expect(textsOf(up?.attributes)).toEqual({ device: 'PRESS-07' })
  expect(up?.asDouble).toBe(1)
  expect(Number(up?.timeUnixNano)).toBeCloseTo(sight.report.nowMs * 1e6, -6)
  const events = metrics.find(({ name }) => name === 'millrace_outbox_events_total')?.sum
  expect(events).toMatchObject({ isMonotonic: true, aggregationTemporality: 2 })
  const commits = metrics.find(({ name }) => name === 'millrace_outbox_commit_seconds')
  expect(commits?.unit).toBe('s')
  expect(commits?.histogram?.dataPoints[0]).toMatchObject({
    count: 6,
    sum: 0.05,
    explicitBounds: [0.001, 0.01],
    bucketCounts: [1, 2, 3],
  })
})

test('a collector that refuses them is a trouble after a minute, and over once it takes them', async () => {
  const collector = await startCollector(400)
  const { telemetry, lines } = startTelemetry(collector.url)
  await expect
    .poll(() => telemetry.troubles(), EVENTUALLY)
    .toMatchObject([{ code: 'telemetry-away', what: expect.stringContaining(collector.url) }])
  const told = () => lines.filter(({ code }) => code === 'telemetry-away').length
  // The log says so with the next attempt that fails: one that works before it would leave both lines out.
  await expect.poll(told, EVENTUALLY).toBe(1)
  collector.answerWith(200)
  await expect.poll(() => telemetry.troubles(), EVENTUALLY).toEqual([])
  expect(told()).toBe(2)
})

test('where nobody listens nothing is held up, and the stop does not wait', async () => {
  const { telemetry, stop } = startTelemetry('http://127.0.0.1:1/v1/metrics')
  await expect.poll(() => telemetry.troubles().length, EVENTUALLY).toBe(1)
  expect(telemetry.troubles()[0]?.what).toContain('ECONNREFUSED')
  const beganMs = performance.now()
  await stop()
  expect(performance.now() - beganMs).toBeLessThan(5_000)
})

test('what opens the address of a collector is told nobody', async () => {
  const collector = await startCollector(400)
  const { telemetry, lines } = startTelemetry(`${collector.url}?api-key=hunter22#hunter22`)
  await expect.poll(() => telemetry.troubles().length, EVENTUALLY).toBe(1)
  const said = JSON.stringify([telemetry.troubles(), lines])
  expect(said).toContain(collector.url)
  expect(said).not.toContain('hunter22')
})

test('a collector that takes a call and never answers is given up', async () => {
  const silent = createServer(() => {})
  const url = await listening(silent)
  const { telemetry, stop } = startTelemetry(url)
  await expect.poll(() => telemetry.troubles().length, EVENTUALLY).toBe(1)
  await stop()
})

/** Its minutes pass as fast as it sleeps. */
function startTelemetry(url: string) {
  let aheadMs = 0
  const clock = {
    now: () => ({ boot: 'boot-1', wallMs: Date.now() + aheadMs, monoMs: performance.now() + aheadMs }),
    sleep: async (ms: number, signal?: AbortSignal) => {
      aheadMs += ms
      await wait(20, undefined, { ...(signal && { signal }) }).catch(() => undefined)
    },
    after: (ms: number, callback: () => void) => {
      const timer = setTimeout(callback, ms)
      return () => clearTimeout(timer)
    },
  }
  const { log, lines } = recordingLog()
  const measured = async () => {
    const sight = measuredSight()
    return resourceMetrics(FAMILIES, sight, sight.report)
  }
  const telemetry = new Telemetry({ url, everyMs: MINUTE_MS, measured, clock, log })
  const over = new AbortController()
  const running = telemetry.run(over.signal)
  const stop = async () => {
    over.abort()
    await running
  }
  onTestFinished(stop)
  return { telemetry, lines, stop }
}

interface Sent {
  readonly resourceMetrics: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] }
    readonly scopeMetrics: readonly { readonly metrics: readonly SentMetric[] }[]
  }[]
}

interface Attribute {
  readonly key: string
  readonly value: { readonly stringValue: string }
}

interface Point {
  readonly attributes: readonly Attribute[]
  readonly asDouble: number
  readonly timeUnixNano: string
}

interface SentMetric {
  readonly name: string
  readonly unit: string
  readonly gauge?: { readonly dataPoints: readonly Point[] }
  readonly sum?: { readonly dataPoints: readonly Point[] }
  readonly histogram?: { readonly dataPoints: readonly Point[] }
}

/** Takes OTLP in JSON, as a collector does. */
async function startCollector(status: number) {
  const got: Sent[] = []
  let answer = status
  const server = createServer(async (request, response) => {
    const text = (await request.toArray()).join('')
    if (answer === 200) got.push(JSON.parse(text) as Sent)
    response.writeHead(answer, { 'content-type': 'application/json' }).end('{}')
  })
  const url = await listening(server)
  return {
    url,
    got,
    answerWith: (next: number) => {
      answer = next
    },
  }
}

async function listening(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/metrics`
}

function textsOf(attributes: readonly Attribute[] = []): Readonly<Record<string, string>> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue]))
}
