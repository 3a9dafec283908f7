import { describe, expect, test } from 'vitest'
import type { Destination, DestinationSession } from '../../../src/domain/destination.ts'
import { DestinationError, StoreError } from '../../../src/domain/errors.ts'
import type { Event } from '../../../src/domain/events/event.ts'
import type { Delivery, Outbox } from '../../../src/domain/outbox.ts'
import { machineOwner } from '../../../src/domain/owner.ts'
import { createStopBudget } from '../../../src/runtime/budget.ts'
import { createLog } from '../../../src/runtime/log.ts'
import { createBatchSize } from '../../../src/uploader/batches.ts'
import { createUploader, type Uploader } from '../../../src/uploader/upload.ts'
import { createModelCentral, FAIR } from '../../simulation/model-central.ts'
import { createModelLog } from '../../simulation/model-outbox.ts'
import { createRandom } from '../../simulation/random.ts'
import { createVirtualTime } from '../../simulation/virtual-time.ts'
import { opened as begun } from '../../support/central-events.ts'
import { centralRoute } from '../../support/central-route.ts'

const IDENTITY = { incarnation: '0190a0a0-0000-7000-8000-000000000001', epoch: 1 }
const ROWS = 10
/** As far down as a size is halved. */
const ROWS_MIN = 8
const LINGER_MS = 1_000
/** Longer than any linger, round trip and first back-off together. */
const SOON_MS = 10_000

function opened(count: number, machine = 'press-1'): readonly Event[] {
  return Array.from({ length: count }, (_, index) =>
    begun({
      subject: machineOwner(machine),
      at: `2026-01-31T09:00:00.${String(index).padStart(3, '0')}Z`,
      remark: `e${index}`,
    }),
  )
}

/** An uploader between a model log and a model central, in virtual time. */
function start(
  wrap: (central: Destination) => Destination = (central) => central,
  must: Delivery = 'deliver',
  wrapOutbox: (outbox: Outbox) => Outbox = (outbox) => outbox,
  pageRows?: number,
) {
  const random = createRandom(1)
  const time = createVirtualTime(random)
  /** When each commit came, and where the stream stood then. */
  const commits: { readonly atMs: number; readonly seq: number }[] = []
  const central = createModelCentral(time, random, ({ stream }) => {
    commits.push({ atMs: time.now().monoMs, seq: stream?.seq ?? 0 })
  })
  central.machines.add('press-1')
  const log = createModelLog(IDENTITY, [], 0, [{ name: 'central', must }])
  const abort = new AbortController()
  const uploader = createUploader({
    outbox: wrapOutbox(log.outbox(() => time.sleep(1))),
    route: { ...centralRoute(wrap(central.client().central), { rows: ROWS, lingerMs: LINGER_MS }), must },
    clock: time,
    random: random.next,
    log: createLog('silent'),
    budget: createStopBudget(abort.signal, time),
    ...(pageRows !== undefined && { pageRows }),
  })
  let ended = false
  const run = () => {
    uploader.run(abort.signal).finally(() => {
      ended = true
    })
  }
  const pass = (ms: number, condition?: () => boolean) => time.runUntil(time.now().monoMs + ms, condition)
  const until = async (condition: () => boolean, withinMs = SOON_MS) =>
    expect(await pass(withinMs, condition)).toBe(true)
  const connected = () => uploader.health().summary.state === 'connected'
  return { time, central, log, uploader, abort, commits, run, pass, until, connected, ended: () => ended }
}

function sessionsWith(change: (session: DestinationSession) => Partial<DestinationSession>) {
  return (central: Destination): Destination => ({
    connect: async (signal) => {
      const session = await central.connect(signal)
      // What is asked for each time stays so.
      return Object.defineProperties({ ...session }, Object.getOwnPropertyDescriptors(change(session)))
    },
  })
}

/** Tells of each batch, with its size, as it is applied. */
function applying(tell: (size: number) => void) {
  return sessionsWith((session) => ({
    transaction: (work) =>
      session.transaction((transaction) =>
        work({
          ...transaction,
          apply: (events, options) => {
            tell(events.length)
            return transaction.apply(events, options)
          },
        }),
      ),
  }))
}

describe('batches', () => {
  test('are prepared as the lists that are applied next, those of a backlog while the one before is on its way', async () => {
    const heard: string[] = []
    const known = new Map<unknown, string>()
    const wrap = sessionsWith((session) => ({
      prepare: (events) => {
        known.set(events, `${events[0]?.seq}`)
        heard.push(`prepare ${events[0]?.seq}`)
      },
      transaction: async (work) => {
        const result = await session.transaction((transaction) =>
          work({
            ...transaction,
            apply: (events, options) => {
              heard.push(`apply ${known.get(events) ?? 'another list'}`)
              return transaction.apply(events, options)
            },
          }),
        )
        heard.push('committed')
        return result
      },
    }))
    const { central, log, run, until } = start(wrap)
    log.append(opened(3 * ROWS))
    run()
    await until(() => central.database.stream?.seq === 3 * ROWS)
    const first = heard.indexOf('prepare 1')
    expect(heard.slice(first, first + 7)).toEqual([
      'prepare 1',
      'apply 1',
      `prepare ${ROWS + 1}`,
      'committed',
      `apply ${ROWS + 1}`,
      `prepare ${2 * ROWS + 1}`,
      'committed',
    ])
  })

  test('a few events wait for company, and then go together', async () => {
    const { time, central, log, commits, run, pass, until, connected } = start()
    run()
    await until(connected)
    await pass(5_000)
    const appendedMs = time.now().monoMs
    log.append(opened(2))
    await pass(LINGER_MS / 2)
    log.append(opened(3))
    await until(() => central.database.stream?.seq === 5)
    expect(commits.at(-1)?.atMs).toBeGreaterThanOrEqual(appendedMs + LINGER_MS)
    expect(commits.map(({ seq }) => seq)).toEqual([0, 5])
  })

  test('a full batch goes at once', async () => {
    const { central, log, run, pass, until, connected } = start()
    run()
    await until(connected)
    await pass(5_000)
    log.append(opened(ROWS))
    await until(() => central.database.stream?.seq === ROWS, LINGER_MS / 2)
  })

  test('what waited for central goes without lingering', async () => {
    const { central, log, run, until, connected } = start()
    log.append(opened(3))
    run()
    await until(connected)
    await until(() => central.database.stream?.seq === 3, LINGER_MS / 2)
  })

  test('get smaller while they fail, and grow again', async () => {
    const sizes: number[] = []
    const { central, log, run, until, connected, pass } = start(applying((size) => sizes.push(size)))
    run()
    await until(connected)
    central.weather = { ...FAIR, refuses: 'disk full' }
    log.append(opened(200))
    await pass(120_000)
    expect(sizes.slice(0, 3)).toEqual([ROWS, ROWS_MIN, ROWS_MIN])
    central.weather = FAIR
    await until(() => log.cursorSeq === 200, 60_000)
    expect(sizes.slice(-5)).toContain(ROWS)
  })
})

describe('a batch of several pages', () => {
  const PAGE = 3
  /** Of the ten rows that a batch may have. */
  const PAGES = 3
  const inPages = (wrap?: (central: Destination) => Destination, wrapOutbox?: (outbox: Outbox) => Outbox) =>
    start(wrap, 'deliver', wrapOutbox, PAGE)

  test('is one transaction, grows from one page to as many as it may have, and never beyond what waits', async () => {
    const sizes: number[] = []
    const { central, log, commits, run, until } = inPages(applying((size) => sizes.push(size)))
    log.append(opened(40))
    run()
    await until(() => central.database.stream?.seq === 40, 60_000)
    expect(sizes.every((size) => size <= PAGE)).toBe(true)
    const steps = commits.map(({ seq }, index) => seq - (commits[index - 1]?.seq ?? 0)).filter((n) => n > 0)
    expect(steps[0]).toBe(PAGE)
    expect(steps).toContain(PAGE * PAGES)
    expect(Math.max(...steps)).toBe(PAGE * PAGES)
    await until(() => log.cursorSeq === 40)
  })

  test('waits for no page that comes later than the answer to the one before', async () => {
    let isSlow = false
    const slowToRead = (outbox: Outbox): Outbox => ({
      ...outbox,
      read: async (...asked) => {
        if (isSlow) await time.sleep(5_000)
        return outbox.read(...asked)
      },
    })
    const { time, central, log, commits, run, until, connected } = inPages(
      applying(() => {
        isSlow = true
      }),
      (outbox) => slowToRead(outbox),
    )
    log.append(opened(2 * PAGE))
    run()
    await until(connected)
    await until(() => central.database.stream?.seq === PAGE)
    await until(() => central.database.stream?.seq === 2 * PAGE, 60_000)
    expect(commits.map(({ seq }) => seq)).toEqual([0, PAGE, 2 * PAGE])
  })

  test('lands what was read before the disk failed', async () => {
    let reads = 0
    const { central, log, run, until } = inPages(undefined, (outbox) => ({
      ...outbox,
      read: async (afterSeq, ...more) => {
        if (afterSeq >= PAGE && ++reads <= 1) throw new StoreError('buffer-read', 'EIO', { retryable: true })
        return outbox.read(afterSeq, ...more)
      },
    }))
    log.append(opened(4 * PAGE))
    run()
    await until(() => central.database.stream?.seq === PAGE, 60_000)
    expect(reads).toBe(1)
  })

  test('of which one event is refused lands but for that one', async () => {
    const { central, log, uploader, run, until } = inPages()
    const [first, ...others] = opened(30)
    log.append([
      ...(first ? [first] : []),
      ...others.slice(0, 20),
      ...opened(1, 'press-unknown'),
      ...others.slice(20),
    ])
    run()
    await until(() => central.database.stream?.seq === 31, 60_000)
    expect(central.database.landed).toHaveLength(30)
    expect(uploader.health().summary.quarantineCount).toBe(1)
  })
})

test('the size of a batch halves down to its minimum and grows by an eighth up to its maximum', () => {
  const size = createBatchSize(400)
  size.shrink(400)
  expect(size.rows).toBe(200)
  size.grow(0)
  expect(size.rows).toBe(250)
  for (let times = 0; times < 10; times += 1) size.shrink(400)
  expect(size.rows).toBe(ROWS_MIN)
  for (let times = 0; times < 10; times += 1) size.grow(0)
  expect(size.rows).toBe(400)
  const small = createBatchSize(3)
  small.shrink(3)
  expect(small.rows).toBe(3)
})

test('the size of a batch begins with a page, and goes back to one where a batch took long or rows were refused', () => {
  const size = createBatchSize(80, 20)
  expect([size.rows, size.pageRows]).toEqual([20, 20])
  for (let times = 0; times < 10; times += 1) size.grow(1_000)
  expect([size.rows, size.pageRows]).toEqual([80, 20])
  size.grow(1_001)
  expect(size.rows).toBe(20)
  size.grow(0)
  expect(size.rows).toBe(30)
  size.toOnePage()
  expect(size.rows).toBe(20)
  size.shrink(20)
  expect([size.rows, size.pageRows]).toEqual([10, 10])
  size.toOnePage()
  expect(size.rows).toBe(10)
  expect(createBatchSize(10_000).pageRows).toBe(2_000)
})

test('a batch that failed is halved, also where it was smaller than it might have been', () => {
  const size = createBatchSize(2_000)
  size.shrink(60)
  expect(size.rows).toBe(30)
})

describe('health', () => {
  test('says when the certificate ends that the destination showed', async () => {
    const { uploader, run, until, connected } = start(
      sessionsWith(() => ({ certificateEndsMs: 1_790_000_000_000 })),
    )
    run()
    await until(connected)
    expect(uploader.health().summary.certificateEndsMs).toBe(1_790_000_000_000)
  })

  test('says why a batch waits, and stops saying so when it has landed', async () => {
    const { central, log, uploader, run, until, connected, pass } = start()
    run()
    await until(connected)
    central.weather = { ...FAIR, refuses: 'no privilege' }
    log.append(opened(3))
    await until(() => uploader.health().summary.state === 'waiting')
    await pass(60_000)
    expect(uploader.health().summary).toMatchObject({
      state: 'waiting',
      cause: 'permission denied',
      lastSeq: 0,
    })
    central.weather = FAIR
    await until(() => uploader.health().summary.lastSeq === 3, 60_000)
    expect(uploader.health().summary).toEqual(expect.not.objectContaining({ cause: expect.anything() }))
  })

  test('says that central is away, and since when', async () => {
    const { time, central, uploader, run, until, connected, pass } = start()
    run()
    await until(connected)
    central.weather = { ...FAIR, down: true }
    await until(() => uploader.health().summary.state === 'away', 60_000)
    const { wallMs } = time.now()
    await pass(300_000)
    expect(uploader.health().summary).toMatchObject({
      state: 'away',
      sinceMs: wallMs,
      cause: 'the link to central is lost',
    })
    central.weather = FAIR
    await until(connected, 60_000)
  })

  // Fault of the catalogue: [F5]
  test('names the gap that a restore left, for as long as central stays connected', async () => {
    const { central, log, uploader, run, until, pass } = start()
    log.append(opened(30))
    run()
    await until(() => log.cursorSeq === 30)
    log.purge(5)
    const [empty] = central.history
    if (empty) central.restore(empty)
    await until(
      () => uploader.health().summary.cause?.includes('events 1 to 25 are no longer kept') === true,
      60_000,
    )
    await until(() => central.database.stream?.seq === 30)
    await pass(60_000)
    expect(uploader.health().summary).toMatchObject({
      state: 'connected',
      cause: expect.stringContaining('restored too far back: events 1 to 25'),
    })
    expect(uploader.health().troubles).toMatchObject([{ code: 'central-gap' }])
    const gap = { kind: 'gap', detail: { ...IDENTITY, refillFromSeq: 26, fromSeq: 1, toSeq: 25 } }
    expect(central.database.incidents).toEqual([gap])
  })

  test('goes on delivering while the local cursor cannot be saved, and brings it up afterwards', async () => {
    const isFull = { now: true }
    const whenFull = (outbox: Outbox): Outbox => ({
      ...outbox,
      acknowledge: async (consumer, seq) => {
        if (isFull.now) throw new StoreError('buffer-full', 'the disk is full', { retryable: true })
        return outbox.acknowledge(consumer, seq)
      },
    })
    const { central, log, run, until, ended } = start((destination) => destination, 'deliver', whenFull)
    log.append(opened(45))
    run()
    await until(() => central.database.stream?.seq === 45)
    expect(log.cursorSeq).toBe(0)
    isFull.now = false
    await until(() => log.cursorSeq === 45, 60_000)
    expect(central.database.landed).toHaveLength(45)
    expect(ended()).toBe(false)
  })

  test('takes what a route at best effort has missed for no trouble', async () => {
    const { central, log, uploader, run, until } = start((destination) => destination, 'best-effort')
    log.append(opened(30))
    log.purge(5)
    run()
    await until(() => central.database.stream?.seq === 30)
    expect(central.database.incidents).toMatchObject([{ kind: 'gap', detail: { fromSeq: 1, toSeq: 25 } }])
    expect(uploader.health().summary).toMatchObject({ state: 'connected' })
    expect(uploader.health().summary.cause).toBeUndefined()
    expect(uploader.health().troubles).toEqual([])
  })

  test('is fenced by another log, says what to do, tells central once, and recovers by itself', async () => {
    const { central, log, uploader, run, until, pass } = start()
    log.append(opened(3))
    const stream = { incarnation: 'another', epoch: 1, seq: 7, hash: new Uint8Array(8) }
    await central.administer((database) => ({ ...database, stream }))
    run()
    await until(() => uploader.health().summary.state === 'fenced')
    expect(uploader.health().summary.cause).toContain('millrace buffer adopt')
    log.append(opened(20))
    await pass(300_000)
    expect(central.database.landed).toEqual([])
    expect(central.database.incidents.map(({ kind }) => kind)).toEqual(['fence'])
    await central.administer((database) => ({
      ...database,
      stream: { ...IDENTITY, seq: 0, hash: log.hash(0) },
    }))
    await until(() => central.database.stream?.seq === 23, 40_000)
    expect(uploader.health().summary.state).toBe('connected')
  })
})

describe('the quarantine', () => {
  test('is tried again within 60 s of the master data', async () => {
    const { central, log, uploader, run, until, pass } = start()
    log.append([...opened(2), ...opened(3, 'unknown-9')])
    run()
    await until(() => log.cursorSeq === 5)
    expect(uploader.health().summary.quarantineCount).toBe(3)
    expect(uploader.health().troubles).toMatchObject([
      {
        code: 'central-quarantine',
        what: expect.stringMatching(
          /^3 rows that central refused are in quarantine, such as 3 of unknown-9: \S/,
        ),
        hint: expect.stringContaining('millrace buffer quarantine discard'),
      },
    ])
    await pass(200_000)
    central.machines.add('unknown-9')
    await until(() => uploader.health().summary.quarantineCount === 0, 60_000)
    expect(central.database.landed.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5])
  })

  test('is tried at once when asked for', async () => {
    const { central, log, uploader, run, until, pass } = start()
    log.append(opened(3, 'unknown-9'))
    run()
    await until(() => log.cursorSeq === 3)
    await pass(30_000)
    central.machines.add('unknown-9')
    uploader.retryQuarantine()
    await until(() => central.database.landed.length === 3, 2_000)
  })

  test('is gone through to its end, however big, while new events land', async () => {
    const { central, log, uploader, run, until } = start()
    log.append(opened(400, 'unknown-9'))
    run()
    await until(() => log.cursorSeq === 400, 600_000)
    central.machines.add('unknown-9')
    log.append(opened(1))
    await until(() => central.database.landed.some(({ seq }) => seq === 401), 30_000)
    await until(() => uploader.health().summary.quarantineCount === 0, 600_000)
    expect(central.database.landed).toHaveLength(401)
  })
})

describe('what somebody should see to', () => {
  const codes = (uploader: Uploader) => uploader.health().troubles.map(({ code }) => code)

  test('is a central that is away for over a minute, until it is back', async () => {
    const { central, uploader, run, pass, until, connected } = start()
    run()
    await until(connected)
    central.weather = { ...FAIR, down: true }
    await until(() => uploader.health().summary.state === 'away', 60_000)
    await pass(59_000)
    expect(codes(uploader)).toEqual([])
    await pass(2_000)
    const { sinceMs } = uploader.health().summary
    expect(uploader.health().troubles).toEqual([{ code: 'central-away', what: expect.any(String), sinceMs }])
    central.weather = FAIR
    await until(connected, 60_000)
    expect(codes(uploader)).toEqual([])
  })

  test('is a fence, at once', async () => {
    const { central, uploader, run, until } = start()
    const stream = { incarnation: 'another', epoch: 1, seq: 7, hash: new Uint8Array(8) }
    await central.administer((database) => ({ ...database, stream }))
    run()
    await until(() => uploader.health().summary.state === 'fenced')
    expect(codes(uploader)).toEqual(['central-fenced'])
  })

  test('is a row in quarantine, and how to look at it', async () => {
    const { log, uploader, run, until } = start()
    log.append(opened(1, 'unknown-9'))
    run()
    await until(() => log.cursorSeq === 1)
    expect(uploader.health().troubles).toEqual([
      expect.objectContaining({
        code: 'central-quarantine',
        hint: expect.stringContaining('millrace buffer quarantine'),
      }),
    ])
  })

  test('is a clock that is more than 5 s off', async () => {
    const { uploader, run, until, connected } = start(sessionsWith(() => ({ clockOffsetMs: -6_000 })))
    run()
    await until(connected)
    expect(codes(uploader)).toEqual(['central-clock'])
  })

  test('ends within a turn of the clock being set, without a new connection', async () => {
    let offsetMs = -6_000
    const { uploader, run, until, connected } = start(
      sessionsWith(() => ({
        get clockOffsetMs() {
          return offsetMs
        },
      })),
    )
    run()
    await until(connected)
    expect(codes(uploader)).toEqual(['central-clock'])
    offsetMs = 0
    await until(() => codes(uploader).length === 0, 30_000)
  })
})

describe('an answer that never comes', () => {
  const hanging = sessionsWith(() => ({ transaction: () => new Promise(() => {}) }))

  test('ends the session, and the next one goes on', async () => {
    let hung = false
    const hangsOnce = sessionsWith((session) => ({
      transaction: (work) => {
        if (hung) return session.transaction(work)
        hung = true
        return new Promise(() => {})
      },
    }))
    const { log, run, until } = start(hangsOnce)
    log.append(opened(3))
    run()
    await until(() => log.cursorSeq === 3, 400_000)
  })

  test('does not hold up the stop for longer than its grace', async () => {
    const { log, abort, run, pass, until, ended } = start(hanging)
    log.append(opened(3))
    run()
    await pass(SOON_MS)
    abort.abort()
    await pass(2_900)
    expect(ended()).toBe(false)
    await until(ended, 1_000)
  })
})

describe('the stop', () => {
  test('lets a batch in flight land and be acknowledged', async () => {
    let inFlight = false
    const { central, log, abort, run, until, connected, ended } = start(
      applying(() => {
        inFlight = true
      }),
    )
    run()
    await until(connected)
    log.append(opened(ROWS))
    await until(() => inFlight)
    expect(central.database.landed).toEqual([])
    abort.abort()
    await until(ended, 7_000)
    expect(central.database.landed).toHaveLength(ROWS)
    expect(log.cursorSeq).toBe(ROWS)
  })

  test('is at once while nothing is on its way', async () => {
    const { abort, run, pass, until, connected, ended } = start()
    run()
    await until(connected)
    await pass(7_000)
    abort.abort()
    await until(ended, 200)
  })

  test('is at once while central is away', async () => {
    const { central, abort, run, pass, until, ended } = start()
    central.weather = { ...FAIR, down: true }
    run()
    await pass(100_000)
    abort.abort()
    await until(ended, 4_000)
  })
})

test('central is called on with delays that grow from half a second to half a minute', async () => {
  const attemptsMs: number[] = []
  const { time, run, pass } = start(() => ({
    connect: () => {
      attemptsMs.push(time.now().monoMs)
      return Promise.reject(new DestinationError('central-link', 'refused', { refusal: 'wait' }))
    },
  }))
  run()
  await pass(600_000)
  const delaysMs = attemptsMs.slice(1).map((atMs, index) => atMs - (attemptsMs[index] ?? 0))
  expect(delaysMs[0]).toBe(500)
  expect(Math.min(...delaysMs)).toBeGreaterThanOrEqual(500)
  expect(Math.max(...delaysMs)).toBeGreaterThan(10_000)
  expect(Math.max(...delaysMs)).toBeLessThanOrEqual(30_000)
})
