/** A whole gateway is scraped, from this computer and from elsewhere. */
import { execFileSync } from 'node:child_process'
import { request } from 'node:http'
import { expect, test } from 'vitest'
import { FAMILIES } from '../../../src/metrics/catalogue.ts'
import { startConsoleGateway } from '../../support/console-gateway.ts'
import { promtool } from '../../support/promtool.ts'
import { readScrape } from '../../support/scrape.ts'

const EVENTUALLY = { timeout: 60_000, interval: 100 }

test('a scrape shows the devices, machines, log and routes of the gateway', async () => {
  const { port } = await startConsoleGateway()
  const scraped = async () => readScrape((await ask(port, '/metrics')).text)
  await expect
    .poll(async () => (await scraped()).value('millrace_device_up', { device: 'M-1' }), EVENTUALLY)
    .toBe(1)
  await expect
    .poll(
      async () => (await scraped()).value('millrace_machine_status', { machine: 'M-1', status: 'running' }),
      EVENTUALLY,
    )
    .toBe(1)
  const first = await scraped()
  expect(first.value('millrace_build_info')).toBe(1)
  expect(first.value('millrace_ready')).toBe(1)
  expect(first.value('millrace_maps', { kind: 'machine' })).toBe(1)
  expect(first.value('millrace_outbox_events_total')).toBeGreaterThan(0)
  expect(first.value('millrace_outbox_commit_seconds_count')).toBeGreaterThan(0)
  expect(first.value('millrace_route_up', { route: 'central' })).toBe(0)
  expect(first.value('process_resident_memory_bytes')).toBeGreaterThan(10_000_000)
  const readings = (one: typeof first) => one.value('millrace_device_readings_total', { device: 'M-1' }) ?? 0
  await expect.poll(async () => readings(await scraped()), EVENTUALLY).toBeGreaterThan(readings(first))
  const late = (await scraped()).value('millrace_poll_lateness_seconds_count') ?? 0
  expect(late).toBeGreaterThan(0)
})

test('every metric that is documented has its help and type in a scrape, once', async () => {
  const { port } = await startConsoleGateway()
  const { text } = await ask(port, '/metrics')
  for (const { name, help, type } of FAMILIES) {
    expect(text.split(`# HELP ${name} ${help}\n`), name).toHaveLength(2)
    expect(text.split(`# TYPE ${name} ${type}\n`), name).toHaveLength(2)
  }
  expect(text.match(/^# TYPE /gm)).toHaveLength(FAMILIES.length)
})

test('whoever asks for OpenMetrics gets it', async () => {
  const { port } = await startConsoleGateway()
  const { text, type } = await ask(port, '/metrics', {
    accept: 'application/openmetrics-text;version=1.0.0,text/plain;q=0.5',
  })
  expect(type).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8')
  expect(text.endsWith('\n# EOF\n')).toBe(true)
  expect(text).toContain('# TYPE millrace_outbox_events counter\nmillrace_outbox_events_total ')
  expect(text).not.toContain('# TYPE millrace_outbox_events_total')
})

test.skipIf(!promtool)("Prometheus's own linter has nothing to say against it", async () => {
  const { port } = await startConsoleGateway()
  const { text } = await ask(port, '/metrics')
  expect(execFileSync(promtool ?? '', ['check', 'metrics'], { input: text, encoding: 'utf8' })).toBe('')
})

test('another computer needs a token of the role view', async () => {
  const { port, tokens } = await startConsoleGateway()
  const handedOn = { 'x-forwarded-for': '192.0.2.7' }
  const refused = await ask(port, '/metrics', handedOn)
  expect(refused.status).toBe(401)
  expect(refused.text).not.toContain('millrace_device_up')
  const wrong = await ask(port, '/metrics', { ...handedOn, authorization: 'Bearer nobody' })
  expect(wrong.status).toBe(401)
  const let_in = await ask(port, '/metrics', { ...handedOn, authorization: `Bearer ${tokens.view}` })
  expect(let_in.status).toBe(200)
  expect(let_in.text).toContain('# TYPE millrace_device_up gauge')
})

test('a degraded gateway is alive and ready, and not healthy', async () => {
  const { port } = await startConsoleGateway()
  const status = async (path: string) => (await ask(port, path)).status
  await expect.poll(() => status('/health/ready'), EVENTUALLY).toBe(200)
  expect(await status('/health/live')).toBe(200)
  // Central cannot be reached, which is a trouble after a minute; /health answers as it always did.
  expect([200, 503]).toContain(await status('/health'))
  expect(JSON.parse((await ask(port, '/health/ready')).text)).toEqual({ ready: true })
})

function ask(port: number, path: string, headers: Record<string, string> = {}) {
  return new Promise<{ status: number; text: string; type: string | undefined }>((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, headers, agent: false }, async (response) => {
      const text = (await response.toArray()).join('')
      resolve({ status: response.statusCode ?? 0, text, type: response.headers['content-type'] })
    })
    asked.on('error', reject)
    asked.end()
  })
}
