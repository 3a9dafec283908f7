import { setImmediate as nextTurnOfTheLoop } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { GroupCommit, type GroupCommitOptions } from '../../../src/buffer/group-commit.ts'
import { type Group, OUT_OF_TURN } from '../../../src/buffer/messages.ts'
import { StoreError } from '../../../src/domain/errors.ts'
import { eventCodec } from '../../../src/domain/events/index.ts'
import { type Clock, systemClock } from '../../../src/runtime/clock.ts'
import { recordingLog } from '../../support/buffer.ts'
import { entry } from '../../support/entries.ts'

/** Waits are over at once, and are counted. */
function impatientClock() {
  const waitsMs: number[] = []
  const sleep = async (ms: number) => {
    waitsMs.push(ms)
  }
  return { ...systemClock, sleep, waitsMs }
}

function commits(store: GroupCommitOptions['store'], options: Partial<GroupCommitOptions> = {}): GroupCommit {
  return new GroupCommit({
    store,
    onStored: () => {},
    onFailed: () => {},
    encode: eventCodec.encode,
    bootId: 'boot',
    clock: impatientClock(),
    log: recordingLog().log,
    ...options,
  })
}

/** A store that keeps each commit waiting until it is told to go on. */
function slowStore() {
  const groups: Group[] = []
  const finish: (() => void)[] = []
  const store = (_turn: number, group: Group) => {
    groups.push(group)
    return new Promise<void>((resolve) => finish.push(resolve))
  }
  return { groups, store, finishNext: () => finish.shift()?.() }
}

const diskFull = new StoreError('buffer-disk-full', 'the disk is full', {
  retryable: true,
  hint: 'free some space',
})

it('puts everything that arrives during one commit into the next', async () => {
  const { groups, store, finishNext } = slowStore()
  const commit = commits(store)
  const first = commit.append(entry(1))
  await Promise.resolve()
  const later = [2, 3, 4].map((number) => commit.append(entry(number)))
  expect(commit.uncommitted).toBe(4)
  finishNext()
  await first
  expect(groups.map(({ payloads }) => payloads.length)).toEqual([1, 3])
  finishNext()
  await Promise.all(later)
  expect(commit.uncommitted).toBe(0)
})

it('makes one group of what arrives in one tick', async () => {
  const groups: Group[] = []
  const commit = commits(async (_turn, group) => void groups.push(group))
  await Promise.all([1, 2, 3].map((number) => commit.append(entry(number))))
  expect(groups.length).toBe(1)
})

it('bounds a group by events and by bytes, and lets one large entry go alone', async () => {
  const groups: Group[] = []
  const commit = commits(async (_turn, group) => void groups.push(group))
  const notes = 'x'.repeat(400_000)
  const appended = Array.from({ length: 5_000 }, (_, number) => commit.append(entry(number)))
  for (const number of [5_000, 5_001, 5_002]) appended.push(commit.append(entry(number, notes)))
  appended.push(commit.append(entry(5_003, notes.repeat(5))))
  await Promise.all(appended)
  const sizes = groups.map(({ payloads }) => payloads.length)
  expect(Math.max(...sizes)).toBe(2_000)
  expect(sizes.at(-1)).toBe(1)
  expect(sizes.reduce((sum, size) => sum + size)).toBe(5_004)
})

it('tries the same group again until it is stored; what came later waits behind it', async () => {
  const stored: string[] = []
  let failures = 3
  const clock = impatientClock()
  const commit = commits(
    async (_turn, { payloads }) => {
      if (failures > 0) {
        failures -= 1
        throw diskFull
      }
      stored.push(...payloads)
    },
    { clock },
  )
  const first = commit.append(entry(1))
  await Promise.resolve()
  await Promise.all([first, commit.append(entry(2))])
  expect(stored.map((text) => (JSON.parse(text) as { reason: string }).reason)).toEqual(['E-1', 'E-2'])
  expect(clock.waitsMs).toEqual([50, 100, 200])
})

it('tries again at once, however long it has waited, when a consumer has acknowledged something; a broken disk gets its pauses', async () => {
  const tried: string[] = []
  let failure: StoreError | undefined = new StoreError('buffer-full', 'no room', { retryable: true })
  const waitsMs: number[] = []
  const sleep = async (ms: number, signal?: AbortSignal) => {
    waitsMs.push(ms)
    if (ms < 5_000) return
    await new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve()))
  }
  const commit = commits(
    async (_turn, { payloads }) => {
      tried.push(...payloads)
      if (failure) throw failure
    },
    { clock: { ...systemClock, sleep } },
  )
  const longestPause = async () => {
    while (waitsMs.at(-1) !== 5_000) await nextTurnOfTheLoop()
  }
  const first = commit.append(entry(1))
  await longestPause()
  failure = new StoreError('buffer-disk-error', 'the disk reports an error', { retryable: true })
  const waits = waitsMs.length
  commit.roomMayBeMade()
  while (waitsMs.length === waits) await nextTurnOfTheLoop()
  expect(waitsMs[waits]).toBe(50)
  await longestPause()
  const before = tried.length
  commit.roomMayBeMade()
  for (let turn = 0; turn < 5; turn += 1) await nextTurnOfTheLoop()
  expect(tried).toHaveLength(before)
  await commit.close(0)
  await expect(first).rejects.toThrow('closed')
})

it('leaves the thread as long to others as a try takes, however many acknowledgements come', async () => {
  let monoMs = 0
  const alarms: { ms: number; ring: () => void }[] = []
  const clock: Clock = {
    now: () => ({ ...systemClock.now(), monoMs }),
    after: (ms, ring) => {
      alarms.push({ ms, ring })
      return () => undefined
    },
    sleep: (_, signal) =>
      new Promise((resolve) => signal?.addEventListener('abort', () => resolve(), { once: true })),
  }
  let tries = 0
  const commit = commits(
    async () => {
      tries += 1
      monoMs += 400
      throw new StoreError('buffer-disk-full', 'the disk is full', { retryable: true })
    },
    { clock },
  )
  const settle = async () => {
    for (let turn = 0; turn < 5; turn += 1) await nextTurnOfTheLoop()
  }
  const stored = commit.append(entry(1))
  stored.catch(() => undefined)
  await settle()
  for (let times = 0; times < 20; times += 1) {
    monoMs += 5
    commit.roomMayBeMade()
  }
  await settle()
  expect(tries).toBe(1)
  expect(alarms[0]?.ms).toBe(395)
  for (const { ring } of alarms.splice(0)) ring()
  await settle()
  expect(tries).toBe(2)
  monoMs += 400
  commit.roomMayBeMade()
  await settle()
  expect(tries).toBe(3)
  const closed = commit.close(0)
  for (const { ring } of alarms) ring()
  await closed
  await expect(stored).rejects.toThrow('closed')
})

it('sends the next group ahead on a quick disk, and keeps the order when the one before it fails', async () => {
  const stored: string[] = []
  let expectedTurn = 1
  let underWay = 0
  let mostUnderWay = 0
  let failures = 3
  const store = async (turn: number, { payloads }: Group) => {
    underWay += 1
    mostUnderWay = Math.max(mostUnderWay, underWay)
    await nextTurnOfTheLoop()
    underWay -= 1
    if (turn !== expectedTurn) throw new StoreError(OUT_OF_TURN, 'out of turn', { retryable: true })
    if (turn > 5 && failures > 0) {
      failures -= 1
      throw diskFull
    }
    expectedTurn += 1
    stored.push(...payloads)
  }
  const commit = commits(store, {
    clock: { ...impatientClock(), now: () => ({ boot: 'boot-1', wallMs: 0, monoMs: 0 }) },
  })
  const appended: Promise<void>[] = []
  for (let number = 0; number < 30; number += 1) {
    appended.push(commit.append(entry(number)))
    await nextTurnOfTheLoop()
  }
  await Promise.all(appended)
  const reasons = stored.map((text) => (JSON.parse(text) as { reason: string }).reason)
  expect(reasons).toEqual(Array.from({ length: 30 }, (_, number) => `E-${number}`))
  expect(mostUnderWay).toBe(2)
  expect(failures).toBe(0)
})

it('says why it is blocked while it is, and logs the change once each way', async () => {
  const { log, lines } = recordingLog()
  const seen: (string | null)[] = []
  let attempts = 0
  const commit: GroupCommit = commits(
    async () => {
      attempts += 1
      seen.push(commit.blocked)
      if (attempts < 4) throw diskFull
    },
    { log },
  )
  await commit.append(entry(1))
  expect(seen).toEqual([null, ...Array(3).fill('the disk is full; free some space')])
  expect(commit.blocked).toBeNull()
  expect(lines.map(({ msg }) => msg)).toEqual([
    'buffer: nothing can be stored; events wait',
    'buffer: events are stored again',
  ])
})

it('counts a disk that is busy with one write for long as blocked', async () => {
  const { store, finishNext } = slowStore()
  let monoMs = 0
  const commit = commits(store, {
    clock: { ...systemClock, now: () => ({ boot: 'boot-1', wallMs: 0, monoMs }) },
  })
  const appended = commit.append(entry(1))
  await Promise.resolve()
  monoMs = 12_000
  expect(commit.blocked).toBe('the disk has been busy with one write for 12 s')
  finishNext()
  await appended
  expect(commit.blocked).toBeNull()
})

it('stores nothing behind a group that would fail for ever, and says that the log has failed', async () => {
  const failures: StoreError[] = []
  const stored: string[] = []
  const store = async (_turn: number, { payloads }: Group) => {
    if (payloads[0]?.includes('E-1')) throw new StoreError('buffer-newer', 'too new', { retryable: false })
    stored.push(...payloads)
  }
  const commit = commits(store, { onFailed: (failure) => void failures.push(failure) })
  const refused = commit.append(entry(1))
  await Promise.resolve()
  const behind = commit.append(entry(2))
  await expect(refused).rejects.toThrow('too new')
  await expect(behind).rejects.toMatchObject({ code: 'buffer-closed' })
  await expect(commit.append(entry(3))).rejects.toMatchObject({ code: 'buffer-closed' })
  expect(stored).toEqual([])
  expect(failures.map(({ code }) => code)).toEqual(['buffer-newer'])
})

it('waits out an error that nobody has thought of, in its order', async () => {
  let attempts = 0
  const stored: string[] = []
  const commit = commits(async (_turn, { payloads }) => {
    attempts += 1
    if (attempts < 30) throw new StoreError('buffer-fault', 'never heard of', { retryable: true })
    stored.push(...payloads)
  })
  await Promise.all([commit.append(entry(1)), commit.append(entry(2))])
  expect(stored.length).toBe(2)
})

it('says that the log has failed when that error does not go away', async () => {
  const failures: StoreError[] = []
  const clock = impatientClock()
  const commit = commits(
    async () => {
      throw new StoreError('buffer-fault', 'never heard of', { retryable: true })
    },
    { onFailed: (failure) => void failures.push(failure), clock },
  )
  await expect(commit.append(entry(1))).rejects.toThrow('never heard of')
  expect(failures.length).toBe(1)
  const waitedMs = clock.waitsMs.reduce((sum, ms) => sum + ms, 0)
  expect(waitedMs).toBeGreaterThan(2 * 60_000)
  expect(waitedMs).toBeLessThan(5 * 60_000)
})

it('gives up at closing after its time, when the disk never answers', async () => {
  const commit = commits(() => new Promise<void>(() => {}), { clock: systemClock })
  const appended = [commit.append(entry(1)), commit.append(entry(2))]
  const outcomes = Promise.allSettled(appended)
  await commit.close(20)
  expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
})

it('refuses what JSON cannot say, and stores the rest', async () => {
  const commit = commits(async () => {})
  await expect(
    commit.append({ at: entry(1).at, events: [], states: { 'machine:press': 1n } }),
  ).rejects.toThrow('BigInt')
  await commit.append(entry(2))
})
