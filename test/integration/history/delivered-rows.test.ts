/** What the API says of a machine's rows: why each was begun, and that central has it once it has. */
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { lineEndpoints } from '../../../src/api/line/endpoints.ts'
import { machineRowsEndpoints } from '../../../src/api/machine/rows.ts'
import { createHistory, historyBeside } from '../../../src/history/history.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { testFolder } from '../../support/buffer.ts'
import { startTestCentral, type TestCentral } from '../../support/central.ts'
import { testConsole } from '../../support/console.ts'
import { startDelivery } from '../../support/delivery.ts'
import { Play, START_MS } from '../../support/play.ts'
import { press } from '../../support/press.ts'

let central: TestCentral
beforeAll(async () => {
  central = await startTestCentral()
})
afterAll(() => central[Symbol.asyncDispose]())

const RUN = { state: 'run', fault: 0 }
const JAM = { state: 'fault', fault: 101 }
const NO_SUBJECTS = { subjects: [], subjectOf: () => undefined }

async function site() {
  const files = historyBeside(join(testFolder(), 'outbox.db'))
  const delivery = await startDelivery(central.settings(), [], { file: files.log })
  const history = createHistory({ files, outbox: delivery.outbox, clock: systemClock })
  onTestFinished(() => history[Symbol.asyncDispose]())
  const parts = {
    ...{ history, outbox: delivery.outbox, clock: systemClock, pipeline: NO_SUBJECTS },
    allUploaders: () => [delivery.uploader],
    maps: { health: () => ({ summary: { inForce: [], passedOver: [] }, troubles: [] }) },
    plannedAround: () => undefined,
  }
  const endpoints = [...machineRowsEndpoints(parts), ...lineEndpoints(parts)]
  const { visitor } = await testConsole({ api: { endpoints, streams: [] } })
  return { delivery, visitor: visitor() }
}

test('the rows of a stop say why it was, and are on their way until central has them', async () => {
  const { delivery, visitor } = await site()
  const { events } = new Play(press()).show(RUN, 600).show(JAM, 300).show(RUN, 60)
  await delivery.store(events)
  await delivery.untilEmpty()
  await delivery.stop()
  const more = new Play(press(), START_MS + 86_400_000).show(RUN, 60).events
  await delivery.store(more)
  const { json, status } = await visitor.get('/machines/PRESS-07/rows?limit=10')
  expect(status).toBe(200)
  const onItsWay = [{ route: 'central', is_delivered: false }]
  const delivered = [{ route: 'central', is_delivered: true }]
  expect(json.rows[0]).toMatchObject({ status: 'running', until: null, delivered: onItsWay })
  expect(
    json.rows
      .slice(1)
      .every((row: { delivered: unknown }) => JSON.stringify(row.delivered) === JSON.stringify(delivered)),
  ).toBe(true)
  const stop = json.rows.find(({ kind }: { kind: string }) => kind === 'downtime')
  expect(stop).toMatchObject({
    reason: 'mechanical_failure',
    category: 'equipment',
    minutes: 5,
    code: '101',
    rule: 'v1',
  })
  const down = json.rows.find((row: { status: string }) => row.status === 'down')
  expect(down.cause).toContainEqual({ signal: 'state', value: 'fault' })
})

test('a span that ends before it begins, and one of more than can be shown, are refused with what to do', async () => {
  const { visitor } = await site()
  const from = '2026-01-31T00:00:00Z'
  const backwards = await visitor.get(`/line/sums?from=${from}&to=2026-01-30T00:00:00Z`)
  expect(backwards.json).toMatchObject({ code: 'history-span', hint: expect.any(String) })
  const long = await visitor.get(`/line/timelines?from=${from}&to=2026-02-28T00:00:00Z&machines=A,B,C`)
  expect([long.status, long.json.code]).toEqual([400, 'history-machines'])
  expect((await visitor.get('/line/timelines?from=yesterday&to=today')).status).toBe(400)
})

test('a span is told without a hole, also of a machine whose map is gone, and by codes with commas in them', async () => {
  const { delivery, visitor } = await site()
  await delivery.store(new Play(press()).show(RUN, 600).show(JAM, 300).show(RUN, 60).events)
  const span = 'from=2026-01-31T09:00:00Z&to=2026-01-31T10:00:00Z'
  const { json } = await visitor.get(
    `/line/timelines?${span}&machines=PRESS-07,${encodeURIComponent('A%2CB')}`,
  )
  const [told, unknown] = json.machines
  expect(told.stretches.map(({ use }: { use: string }) => use)).toEqual(['running', 'standing', 'unseen'])
  expect(told.stretches[0].from).toBe('2026-01-31T09:00:00.000Z')
  expect(told.stretches.at(-1).to).toBe('2026-01-31T10:00:00.000Z')
  expect(unknown).toMatchObject({ machine: 'A,B', stretches: [{ use: 'unseen' }] })
  const sums = await visitor.get(`/line/sums?${span}&machines=PRESS-07`)
  expect(sums.json.line.availability).toBeCloseTo(600 / 900)
  expect(sums.json.line.stops).toEqual([
    { reason: 'mechanical_failure', category: 'equipment', count: 1, lasted_s: 300 },
  ])
})
