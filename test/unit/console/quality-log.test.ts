import { expect, test } from 'vitest'
import { createQualityLog } from '../../../src/console/quality-log.ts'
import type { DeviceHealth, Health, MachineHealth, Trouble } from '../../../src/domain/health.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { NO_DEVICE_COUNTS } from '../../support/no-counts.ts'

const REFUSED = 'PRESS-01 state is bad: exception 2'
const TROUBLE: Trouble = {
  code: 'signal-bad',
  what: REFUSED,
  hint: 'correct it',
  sinceMs: 1,
  machine: 'PRESS-01',
  device: 'PRESS-01',
  signal: 'state',
}

/** What is wrong at each second; between two looks time passes at once. */
async function told(
  seconds: number,
  troublesAt: (second: number) => readonly Trouble[],
  lostAt = (_: number) => false,
  mapSinceMs = (_: number) => 0,
) {
  const lines: string[] = []
  const stop = new AbortController()
  let nowMs = 0
  const second = () => nowMs / 1_000
  const clock = {
    ...systemClock,
    now: () => ({ boot: 'boot-1', wallMs: nowMs, monoMs: nowMs }),
    sleep: async (ms: number) => {
      nowMs += ms
      if (second() > seconds) stop.abort()
    },
  }
  const device = (): DeviceHealth => ({
    device: 'PRESS-01',
    subject: 'machine:PRESS-01',
    state: lostAt(second()) ? 'lost' : 'connected',
    sinceMs: 0,
    lastContactMs: 0,
    signals: [],
    counts: NO_DEVICE_COUNTS,
  })
  const write = (level: string) => (_: object | string, message?: string) => {
    lines.push(`${second()} ${level} ${message}`)
  }
  await createQualityLog({
    machines: () => [{ summary: {} as MachineHealth, troubles: troublesAt(second()) }],
    devices: (): Health<readonly DeviceHealth[]> => ({ summary: [device()], troubles: [] }),
    stations: () => [],
    maps: () => ({
      inForce: [
        { owner: 'machine:PRESS-01', file: 'x', loadedAtMs: mapSinceMs(second()), faults: [], changed: null },
      ],
    }),
    clock,
    log: { info: write('info'), warn: write('warn') },
  }).run(stop.signal)
  return lines
}

test('a signal that is refused is told once when it begins, and once when it is over', async () => {
  const lines = await told(600, (second) => (second >= 10 && second < 300 ? [TROUBLE] : []))
  expect(lines).toEqual([`10 warn ${REFUSED}; correct it`, `300 info over: ${REFUSED}`])
})

test('one that comes and goes is told to do so, and then not before it has stayed away', async () => {
  const lines = await told(600, (second) => (second < 400 && second % 10 < 4 ? [TROUBLE] : []))
  expect(lines).toEqual([
    `2 warn ${REFUSED}; correct it`,
    `4 info over: ${REFUSED}`,
    `10 warn comes and goes: ${REFUSED}`,
    `452 info over: ${REFUSED}`,
  ])
})

test('one that is there again after the map was changed does not come and go', async () => {
  const lines = await told(
    100,
    (second) => (second >= 20 && second < 30 ? [] : [TROUBLE]),
    undefined,
    (second) => (second < 20 ? 1 : 2),
  )
  expect(lines).toEqual([
    `2 warn ${REFUSED}; correct it`,
    `20 info over: ${REFUSED}`,
    `30 warn ${REFUSED}; correct it`,
  ])
})

test('another cause while it lasts is told too, and the end names the last; another value is not', async () => {
  const cause = (second: number) => {
    if (second < 100) return `PRESS-01 state is bad: it shows ${second}`
    return second < 200 ? 'PRESS-01 state is bad: no answer' : `PRESS-01 state is bad: it shows ${second}`
  }
  const lines = await told(400, (second) => (second < 300 ? [{ ...TROUBLE, what: cause(second) }] : []))
  expect(lines).toEqual([
    '2 warn PRESS-01 state is bad: it shows 2; correct it',
    '100 warn PRESS-01 state is bad: no answer; correct it',
    '300 info over: PRESS-01 state is bad: it shows 298',
  ])
})

test('a lost device ends nothing that it said', async () => {
  const isLost = (second: number) => second >= 20 && second < 40
  const lines = await told(100, (second) => (isLost(second) ? [] : [TROUBLE]), isLost)
  expect(lines).toEqual([`2 warn ${REFUSED}; correct it`])
})

test('ten thousand signals that go bad at once are a page, and say how many more there are', async () => {
  const all = Array.from({ length: 10_000 }, (_, index) => ({ ...TROUBLE, signal: `s${index}` }))
  const lines = await told(120, () => all)
  expect(lines.length).toBe(31)
  expect(lines.at(-1)).toContain('and 9970 more like these: millrace status --json names them')
})
