import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { FAMILIES } from '../../../src/metrics/catalogue.ts'
import { counter, gauge } from '../../../src/metrics/family.ts'
import { expose, prefersOpenMetrics } from '../../../src/metrics/prometheus.ts'
import { measuredSight } from '../../support/measured-sight.ts'
import { NO_DEVICE_COUNTS } from '../../support/no-counts.ts'
import { readScrape } from '../../support/scrape.ts'

const nowMs = () => performance.now()

test('a histogram counts in each bucket what fell into those before it', async () => {
  const { text } = await expose(FAMILIES, measuredSight(), { isOpen: false, nowMs })
  const scrape = readScrape(text)
  const bucket = (le: string) => scrape.value('millrace_outbox_commit_seconds_bucket', { le })
  expect([bucket('0.001'), bucket('0.01'), bucket('+Inf')]).toEqual([1, 3, 6])
  expect(scrape.value('millrace_outbox_commit_seconds_count')).toBe(6)
  expect(scrape.value('millrace_outbox_commit_seconds_sum')).toBe(0.05)
})

test('a name of whatever signs stays one label', async () => {
  const machine = 'PRESS "07"\\\n{x="1"} 5'
  const family = gauge<string>({ name: 'a', help: 'A.', labels: ['machine'], read: (name) => [[name, 1]] })
  const { text } = await expose([family], machine, { isOpen: false, nowMs })
  expect(readScrape(text).samples).toEqual([{ name: 'a', labels: { machine }, value: 1 }])
})

test('what nobody knows has no sample', async () => {
  const family = counter<null>({ name: 'a_total', help: 'A.', read: () => [[null]] })
  const { text } = await expose([family], null, { isOpen: false, nowMs })
  expect(text).toBe('# HELP a_total A.\n# TYPE a_total counter\n')
})

test('a plant with a thousand devices is written in turns, between which others come to theirs', async () => {
  const [one] = measuredSight().report.devices.summary
  const summary = Array.from({ length: 1_000 }, (_, index) => ({
    ...one,
    device: `PRESS-${index}`,
    counts: NO_DEVICE_COUNTS,
  })) as unknown as ReturnType<typeof measuredSight>['report']['devices']['summary']
  const sight = measuredSight({ devices: { summary, troubles: [] } })
  let [turns, isOver] = [0, false]
  const others = (async () => {
    for (; !isOver; turns += 1) await turn()
  })()
  const { text } = await expose(FAMILIES, sight, { isOpen: false, nowMs })
  isOver = true
  await others
  expect(text.match(/^millrace_device_up/gm)).toHaveLength(1_000)
  expect(turns).toBeGreaterThan(2)
})

test('a troubled plant has one series for each trouble and thing, however many words it has', async () => {
  const lost = (device: string, what: string) => ({ code: 'device-lost', what, sinceMs: 1, device })
  const own = [
    lost('A', 'no answer'),
    lost('A', 'refused'),
    lost('B', 'x'),
    { code: 'route-faults', what: 'y', sinceMs: 1 },
  ]
  const { text } = await expose(FAMILIES, measuredSight({ own }), { isOpen: false, nowMs })
  const found = readScrape(text).samples.filter(({ name }) => name === 'millrace_troubles')
  expect(found.map(({ labels, value }) => [labels.code, labels.about, value])).toEqual([
    ['device-lost', 'A', 2],
    ['device-lost', 'B', 1],
    ['route-faults', '', 1],
  ])
})

test.each([
  ['application/openmetrics-text; version=1.0.0,text/plain;q=0.3', true],
  ['text/plain;version=0.0.4', false],
  ['*/*', false],
  [undefined, false],
])('whoever sends Accept: %s prefers OpenMetrics: %s', (accept, prefers) => {
  expect(prefersOpenMetrics(accept)).toBe(prefers)
})
