import { expect, test } from 'vitest'
import { createLog } from '../../../src/runtime/log.ts'
import { Repeats } from '../../../src/runtime/repeats.ts'
import type { LoggedLine } from '../../support/buffer.ts'

const MINUTE_MS = 60_000

/** A log on a clock that a test moves. */
function countingLog() {
  let nowMs = Date.UTC(2026, 0, 31)
  const timers = new Set<{ readonly atMs: number; readonly callback: () => void }>()
  const repeats = new Repeats({
    now: () => ({ boot: '', wallMs: nowMs, monoMs: nowMs }),
    after: (ms, callback) => {
      const timer = { atMs: nowMs + ms, callback }
      timers.add(timer)
      return () => timers.delete(timer)
    },
  })
  const lines: (LoggedLine & { readonly atMs: number })[] = []
  const write = (text: string) => void lines.push({ ...JSON.parse(text), atMs: nowMs })
  const pass = (ms: number) => {
    nowMs += ms
    for (const timer of timers) {
      if (timer.atMs > nowMs) continue
      timers.delete(timer)
      timer.callback()
    }
  }
  return { log: createLog('info', { write }, repeats), lines, pass, repeats, timers }
}

const told = (lines: readonly LoggedLine[]) => lines.map(({ msg, times }) => [msg, times])

test('the same trouble is logged once, and then counted', () => {
  const { log, lines, pass } = countingLog()
  for (let second = 0; second < 60; second += 1) {
    log.warn({ event: 'test-line', device: 'PRESS-07' }, `PRESS-07: gave no answer within ${second} ms`)
    pass(1_000)
  }
  expect(told(lines)).toEqual([
    ['PRESS-07: gave no answer within 0 ms', undefined],
    ['PRESS-07: gave no answer within 59 ms', 59],
  ])
  expect(lines[1]).toMatchObject({ since: '2026-01-31T00:00:01.000Z' })
})

// Bound: PAUSE_MAX_MS
test('a night of the same trouble is a page, not a disk', () => {
  const { log, lines, pass } = countingLog()
  for (let second = 0; second < 12 * 3_600; second += 1) {
    log.warn({ event: 'test-line', device: 'PRESS-07' }, 'PRESS-07 is lost')
    log.info({ event: 'test-line', device: 'PRESS-07' }, 'PRESS-07 is connected')
    pass(1_000)
  }
  expect(lines.length).toBeLessThan(50)
  for (const line of lines) {
    const alike = lines.filter(({ msg, atMs }) => msg === line.msg && Math.abs(atMs - line.atMs) < MINUTE_MS)
    expect(alike).toHaveLength(1)
  }
})

test('after a quiet minute it is news again', () => {
  const { log, lines, pass } = countingLog()
  log.warn({ event: 'test-line' }, 'the outbox is slow')
  pass(MINUTE_MS)
  log.warn({ event: 'test-line' }, 'the outbox is slow')
  expect(told(lines)).toEqual([
    ['the outbox is slow', undefined],
    ['the outbox is slow', undefined],
  ])
})

test('other devices, other codes and other places in a file are other troubles', () => {
  const { log, lines } = countingLog()
  log.warn({ event: 'test-line', device: 'PRESS-07' }, 'is lost')
  log.warn({ event: 'test-line', device: 'PRESS-08' }, 'is lost')
  log.warn({ event: 'test-line', device: 'PRESS-08', code: 'device-silent' }, 'is lost')
  log.warn({ event: 'test-line', code: 'map-faults' }, 'devices/a.yaml:3:1: unknown key "x"')
  log.warn({ event: 'test-line', code: 'map-faults' }, 'devices/a.yaml:4:1: unknown key "y"')
  log.error({ event: 'test-line', error: new Error('timeout') }, 'it failed')
  log.error({ event: 'test-line', error: new Error('refused') }, 'it failed')
  expect(lines).toHaveLength(7)
})

test('whoever saves a map twice sees each taken at once', () => {
  const { log, lines } = countingLog()
  log.info({ event: 'test-line', machine: 'PRESS-07', file: 'devices/a.yaml' }, 'map in force')
  log.info({ event: 'test-line', machine: 'PRESS-07', file: 'devices/a.yaml' }, 'map in force')
  expect(lines).toHaveLength(2)
})

test('what is held back is not lost with the process', () => {
  const { log, lines, repeats, timers } = countingLog()
  log.warn({ event: 'test-line' }, 'the disk is full')
  log.warn({ event: 'test-line' }, 'the disk is full')
  repeats[Symbol.dispose]()
  expect(told(lines)).toEqual([
    ['the disk is full', undefined],
    ['the disk is full', 1],
  ])
  expect(timers.size).toBe(0)
})

// Bound: KINDS_MAX
test('ten thousand kinds of lines are bounded too', () => {
  const { log, lines } = countingLog()
  for (let n = 0; n < 10_000; n += 1) log.warn({ event: 'test-line', device: `D-${n}` }, 'is lost')
  expect(lines.length).toBeLessThan(1_010)
})
