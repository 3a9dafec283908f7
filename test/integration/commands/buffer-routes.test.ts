/** `millrace buffer` over several routes: central in a real PostgreSQL, and a feed whose book has rows in quarantine. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { machineOwner } from '../../../src/domain/owner.ts'
import { visitFeed } from '../../../src/routes/mqtt/route.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { type BufferSite, bufferSite, upload } from '../../support/buffer-site.ts'
import { startTestCentral, type TestCentral } from '../../support/central.ts'
import { opened } from '../../support/central-events.ts'

const FEED = { name: 'live-feed', must: 'deliver' } as const

let central: TestCentral
let site: BufferSite
const folder = mkdtempSync(join(tmpdir(), 'millrace-routes-'))

/** Central refuses the second event, and the feed the first. */
beforeAll(async () => {
  central = await startTestCentral()
  site = bufferSite(central, folder)
  mkdirSync(join(folder, 'routes'))
  writeFileSync(
    join(folder, 'routes/feed.yaml'),
    'route: live-feed\nmust: deliver\nmqtt: {url: mqtt://127.0.0.1:9}\n',
  )
  await using outbox = await site.open()
  await outbox.append({
    at: { boot: 'boot-1', wallMs: Date.UTC(2026, 0, 31, 9), monoMs: 1 },
    events: [opened(), opened({ subject: machineOwner('LASER-09') })],
    states: {},
  })
  await upload(outbox, central)
  await outbox.configure([{ name: 'central', must: 'deliver' }, FEED])
  const [first] = await outbox.read(0, 1)
  if (!first) throw new Error('nothing was stored')
  await using session = await visitFeed(FEED, { dataFolder: site.dataFolder, now: systemClock.now }).connect(
    AbortSignal.timeout(30_000),
  )
  await session.transaction(async (transaction) => {
    await transaction.begin(outbox.identity, { seq: 0, hash: new Uint8Array(32) })
    await transaction.quarantine([{ event: first, reason: 'the topic is too long', sqlstate: null }])
    await transaction.advance({ seq: 1, hash: first.hash })
  })
  await outbox.acknowledge(FEED.name, 1)
})
afterAll(async () => {
  await central[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

test('list shows the quarantine of every route, or of one', async () => {
  const { code, out, err } = await site.run('quarantine', 'list')
  expect(code).toBe(1)
  expect(out.trim().split('\n')).toEqual([
    expect.stringMatching(/^central {2}2 {2}LASER-09 {2}status\.opened .*knows no machine/),
    expect.stringMatching(/^live-feed {2}1 {2}\S+ {2}status\.opened .*the topic is too long/),
  ])
  expect(err).toContain('--route NAME')
  const feed = await site.run('quarantine', 'list', '--route', 'live-feed', '--json')
  expect(JSON.parse(feed.out)).toMatchObject({ route: 'live-feed', seq: 1, reason: 'the topic is too long' })
})

test('show finds an event in the quarantine of the route that has it', async () => {
  const { out } = await site.run('quarantine', 'show', '1')
  expect(out).toMatch(/^live-feed: event 1 of incarnation /)
  expect((await site.run('quarantine', 'show', '1', '--route', 'central')).err).toContain('no event 1 is in')
})

test('a route that is not there is refused with the names of those that are', async () => {
  const { code, err } = await site.run('quarantine', 'list', '--route', 'feed')
  expect(code).toBe(2)
  expect(err).toContain('there is no route "feed"; there are: central, live-feed')
})

test('an audit says of another route how far it has come, and compares the rows of central alone', async () => {
  const { code, out } = await site.run('audit')
  expect(code).toBe(1)
  expect(out).toMatch(/route {6}live-feed stands at event 1 of \S+; 1 pending, 1 in quarantine\n/)
  const { routes } = JSON.parse((await site.run('audit', '--json')).out)
  expect(routes).toMatchObject([
    { route: 'live-feed', acknowledged: 1, stands: { seq: 1 }, in_step: true, pending: 1, quarantined: 1 },
  ])
})

test('retry tries all routes: what the command line may not publish is said, and the others are tried', async () => {
  const { code, out, err } = await site.run('quarantine', 'retry')
  expect(code).toBe(1)
  expect(err).toContain('live-feed: only the running gateway publishes on a feed')
  expect(out).toContain('0 landed, 1 still in quarantine')
})

test('discard gives up rows of central unless another route is named', async () => {
  const { err } = await site.run('quarantine', 'discard', '1', '--why', 'nobody listens')
  expect(err).toContain('no such row of central is in quarantine')
  const feed = await site.run('quarantine', 'discard', '1', '--why', 'nobody listens', '--route', 'live-feed')
  expect(feed).toMatchObject({ code: 0, out: '1 given up, 0 still in quarantine\n' })
})

test('adopt takes over nothing while a route that must deliver is held for the faults of its file', async () => {
  writeFileSync(join(folder, 'routes/more.yaml'), 'route: more\nmust: deliver\nmqtt:\n')
  const { code, err } = await site.run('adopt')
  expect(code).toBe(2)
  expect(err).toContain('routes/more.yaml:3:1: "mqtt" has no value')
  rmSync(join(folder, 'routes/more.yaml'))
  const { out } = await site.run('adopt')
  expect(out).toContain('live-feed')
})
