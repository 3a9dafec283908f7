import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { lockInstance } from '../../../src/buffer/instance-lock.ts'
import { type BufferSite, bufferSite, pressBefore, upload } from '../../support/buffer-site.ts'
import { startTestCentral, type TestCentral } from '../../support/central.ts'
import { expectTiling, historyIn } from '../../support/central-tiling.ts'

const START_MS = Date.UTC(2026, 0, 31, 9)
const at = (minutes: number) => START_MS + minutes * 60_000

/** The port of tcpmux, which nobody serves any more. */
const NOBODY_LISTENS = 1

let central: TestCentral

beforeAll(async () => {
  central = await startTestCentral()
})
afterAll(() => central[Symbol.asyncDispose]())
beforeEach(() =>
  central.sql(
    'TRUNCATE machine_status_history, downtime_events, edge_gateway.stream, edge_gateway.quarantine, edge_gateway.incident, edge_gateway.machine',
  ),
)

type Shown = readonly (readonly [state: string, seconds: number])[]

/** One life of the gateway on its log: it sees these states, and pushes if `online`. Returns how central stood. */
async function live(
  site: BufferSite,
  fromMs: number,
  shown: Shown,
  { online = true, boot = `boot-${fromMs}` } = {},
): Promise<string> {
  await using outbox = await site.open()
  const machine = await pressBefore(outbox, fromMs, boot)
  for (const [state, seconds] of shown) await machine.show(state, seconds)
  return online ? await upload(outbox, central) : 'not asked'
}

const story = async () => (await historyIn(central)).map(({ status, reason }) => reason ?? status)
const incidents = async () =>
  central.sql<{ kind: string; detail: Record<string, unknown> }>(
    'SELECT kind, detail FROM edge_gateway.incident ORDER BY at',
  )

// Fault of the catalogue: [G1]
describe('a cloned card', () => {
  /** Both clones see the same machine; the first one pushes, the second one buffers behind its fence. */
  async function fork() {
    const first = bufferSite(central)
    await live(first, at(0), [
      ['run', 60],
      ['idle', 60],
    ])
    const clone = first.clone()
    await live(first, at(2.1), [
      ['run', 60],
      ['fault', 60],
      ['run', 30],
    ])
    const fenced = await live(clone, at(2.15), [
      ['run', 58],
      ['fault', 61],
      ['run', 200],
      ['idle', 60],
      ['run', 60],
    ])
    return { first, clone, fenced }
  }

  test('is fenced, shows both sides and changes nothing without --yes', async () => {
    const { clone, fenced } = await fork()
    expect(fenced).toBe('fenced')
    const before = await historyIn(central)
    const { code, out } = await clone.run('adopt')
    expect(code).toBe(1)
    expect(out).toMatch(/this log .*epoch 1.*unacknowledged/)
    expect(out).toMatch(/central .*epoch 1, up to event \d+/)
    expect(out).toContain('--yes')
    expect(await historyIn(central)).toEqual(before)
    expect(readdirSync(clone.dataFolder).filter((name) => name.startsWith('left-out'))).toEqual([])
    expect(await live(clone, at(20), [])).toBe('fenced')
  })

  test('goes on after adopt --yes, without overlaps, and the other one is fenced from then on', async () => {
    const { first, clone } = await fork()
    const { code, out } = await clone.run('adopt', '--yes')
    expect(code, out).toBe(0)
    expect(
      await live(clone, at(9.5), [
        ['run', 60],
        ['idle', 30],
      ]),
    ).toBe('connected')
    await expectTiling(central)
    // Its own later rows have landed: run, idle and run of the fork, which now goes on, and idle.
    expect((await story()).slice(-5)).toEqual(['NO_DATA', 'running', 'idle', 'running', 'idle'])
    expect(await live(first, at(12), [['idle', 60]])).toBe('fenced')
    expect((await clone.run('adopt')).out).toContain('nothing to adopt')
  })

  test('keeps the events that it had to leave out, and central has the old position in its incident', async () => {
    const { clone } = await fork()
    const [before] = await central.sql(
      'SELECT incarnation, epoch::int, last_seq::int FROM edge_gateway.stream',
    )
    await clone.run('adopt', '--yes')
    const incident = (await incidents()).at(-1)
    expect(incident).toMatchObject({
      kind: 'adoption',
      detail: {
        central: { incarnation: before?.incarnation, epoch: 1, seq: before?.last_seq },
        adopted: { epoch: 2 },
      },
    })
    const [name = ''] = readdirSync(clone.dataFolder).filter((name) => name.startsWith('left-out'))
    const lines = readFileSync(join(clone.dataFolder, name), 'utf8').trim().split('\n')
    expect(lines).toHaveLength(Number(incident?.detail.leftOutEvents))
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ event: { subject: 'machine:PRESS-07' } })
  })
})

describe('a replaced disk', () => {
  test('waits for adopt, then goes on behind the rows that central has', async () => {
    await live(bufferSite(central), at(0), [
      ['run', 60],
      ['fault', 60],
    ])
    const replaced = bufferSite(central)
    expect(await live(replaced, at(60), [])).toBe('fenced')
    const { code, out } = await replaced.run('adopt', '--yes')
    expect(code, out).toBe(0)
    expect(
      await live(replaced, at(61), [
        ['fault', 60],
        ['run', 30],
      ]),
    ).toBe('connected')
    const rows = await expectTiling(central)
    expect(rows.map(({ status, reason }) => reason ?? status)).toEqual([
      'running',
      'down',
      'NO_DATA',
      'down',
      'running',
    ])
    expect(rows[1]?.notes).toContain('end=adopted')
    const downtimes = await central.sql(
      'SELECT ended_at IS NULL AS open FROM downtime_events ORDER BY started_at',
    )
    expect(downtimes).toEqual([{ open: false }, { open: false }])
  })

  test('that had buffered rows before adopt brings them along', async () => {
    await live(bufferSite(central), at(0), [['run', 60]])
    const replaced = bufferSite(central)
    expect(
      await live(replaced, at(60), [
        ['idle', 60],
        ['run', 60],
      ]),
    ).toBe('fenced')
    expect((await replaced.run('adopt', '--yes')).code).toBe(0)
    expect(await live(replaced, at(62.1), [['run', 60]])).toBe('connected')
    await expectTiling(central)
    expect(await story()).toEqual(['running', 'NO_DATA', 'idle', 'running'])
  })
})

// Faults of the catalogue: [C10] [G2]
test('an old image of the disk goes on behind what its gateway had pushed since, and ends the stop that it left open', async () => {
  const site = bufferSite(central)
  await live(site, at(0), [
    ['run', 60],
    ['idle', 60],
  ])
  const image = site.clone()
  await live(site, at(2.1), [
    ['run', 60],
    ['fault', 60],
  ])
  expect(await live(image, at(30), [['run', 60]])).toBe('fenced')
  expect((await image.run('adopt', '--yes')).code).toBe(0)
  expect(await live(image, at(31.1), [['idle', 60]])).toBe('connected')
  await expectTiling(central)
  // Central's five, the marker of the adoption, and then what the image's gateway saw in its two lives.
  expect((await story()).slice(3)).toEqual(['running', 'down', 'NO_DATA', 'running', 'NO_DATA', 'idle'])
  expect(await central.sql('SELECT notes FROM downtime_events WHERE ended_at IS NULL')).toEqual([])
})

// Fault of the catalogue: [F12]
test('a stream row that somebody deleted is begun anew without doubling what central has', async () => {
  const site = bufferSite(central)
  await live(site, at(0), [
    ['run', 60],
    ['fault', 60],
  ])
  const before = await historyIn(central)
  await central.sql('DELETE FROM edge_gateway.stream')
  {
    await using outbox = await site.open()
    await outbox.rewind('central', 0)
    expect(await upload(outbox, central)).toBe('fenced')
  }
  expect((await site.run('adopt', '--yes')).code).toBe(0)
  expect(await live(site, at(2.05), [['fault', 10]], { boot: `boot-${at(0)}` })).toBe('connected')
  expect(await historyIn(central)).toEqual(before)
  await expectTiling(central)
})

test('a log that was begun anew out of a damaged file goes on without a gap or a double row', async () => {
  const site = bufferSite(central)
  await live(site, at(0), [
    ['run', 60],
    ['fault', 60],
  ])
  await live(
    site,
    at(2),
    [
      ['fault', 5],
      ['run', 60],
      ['idle', 30],
    ],
    { online: false, boot: `boot-${at(0)}` },
  )
  // The last answer of central was lost together with the file: what it acknowledged comes again.
  await using salvaged = await site.open()
  await salvaged.rewind('central', 2)
  await salvaged.beginIncarnation(1)
  expect(await upload(salvaged, central)).toBe('fenced')
  await salvaged[Symbol.asyncDispose]()

  expect((await site.run('adopt', '--yes')).code).toBe(0)
  expect(await live(site, at(4), [['idle', 5]])).toBe('connected')
  await expectTiling(central)
  expect(await story()).toEqual(['running', 'down', 'running', 'idle'])
})

test('an adoption that central could not take is finished by running it again', async () => {
  await live(bufferSite(central), at(0), [['run', 60]])
  const replaced = bufferSite(central)
  await live(replaced, at(60), [['idle', 60]])
  await central.sql(`REVOKE UPDATE (epoch) ON edge_gateway.stream FROM "${central.role}"`)
  const died = await replaced.run('adopt', '--yes')
  expect(died.code, died.out).toBe(1)
  expect(died.err).toMatch(/^central was not taken over: .*run adopt again$/m)
  await central.sql(`GRANT UPDATE (epoch) ON edge_gateway.stream TO "${central.role}"`)

  expect((await replaced.run('adopt', '--yes')).code).toBe(0)
  expect(await live(replaced, at(61.1), [['idle', 30]])).toBe('connected')
  await expectTiling(central)
  expect(await story()).toEqual(['running', 'NO_DATA', 'idle'])
})

test('adopt wants the gateway stopped', async () => {
  const site = bufferSite(central)
  using _lock = lockInstance(site.dataFolder)
  const { code, err } = await site.run('adopt', '--yes')
  expect(code).toBe(1)
  expect(err).toMatch(/gateway is running.*stop it first/)
})

test('adopt changes nothing while central cannot be reached, and says what to do', async () => {
  const site = bufferSite(central)
  await live(site, at(0), [['run', 60]])
  const config = join(site.dataFolder, '..', 'gateway.yaml')
  const text = readFileSync(config, 'utf8')
  writeFileSync(config, text.replace(/127\.0\.0\.1:\d+/, `127.0.0.1:${NOBODY_LISTENS}`))
  const { code, err } = await site.run('adopt', '--yes')
  expect(code).toBe(1)
  expect(err).toMatch(/route central cannot be looked at, so nothing was changed/)
  expect(err).toMatch(/once central answers, run `millrace buffer adopt` again/)
  writeFileSync(config, text)
  expect((await site.run('adopt')).out).toContain('nothing to adopt')
})

test('there is nothing to adopt where both sides agree', async () => {
  const site = bufferSite(central)
  await live(site, at(0), [['run', 60]])
  const { code, out } = await site.run('adopt', '--yes')
  expect(code).toBe(0)
  expect(out).toContain('nothing to adopt')
  expect(await incidents()).toEqual([])
})

describe('a fence says what has happened', () => {
  const cause = async (site: BufferSite) => /^fence +(.*)$/m.exec((await site.run('adopt')).out)?.[1]

  test('where the log is new', async () => {
    await live(bufferSite(central), at(0), [['run', 60]])
    expect(await cause(bufferSite(central))).toContain(
      'this one is new: a disk was replaced, or two gateways use one name',
    )
  })

  test('where another log has adopted the stream', async () => {
    const site = bufferSite(central)
    await live(site, at(0), [['run', 60]])
    await bufferSite(central).run('adopt', '--yes')
    expect(await cause(site)).toContain("another log took central's stream over by an adoption")
  })

  test('where central was restored to before the adoption', async () => {
    const site = bufferSite(central)
    await live(site, at(0), [['run', 60]])
    const [stream] = await central.sql(
      'SELECT incarnation, epoch, last_seq, last_hash FROM edge_gateway.stream',
    )
    const next = bufferSite(central)
    await next.run('adopt', '--yes')
    await central.sql(
      'UPDATE edge_gateway.stream SET incarnation = $1, epoch = $2, last_seq = $3, last_hash = $4',
      Object.values(stream ?? {}),
    )
    expect(await cause(next)).toContain("central does not know this log's adoption")
  })
})
