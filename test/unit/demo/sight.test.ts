import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { darkWindows } from '../../../src/demo/dark-windows.ts'
import { parseTruth } from '../../../src/demo/reconcile/facts.ts'
import { expect as expected, union } from '../../../src/demo/reconcile/sight.ts'
import { readSights } from '../../../src/demo/sights.ts'
import { SIGHT } from './ideal-day.ts'

const FOREVER = Number.POSITIVE_INFINITY

test('from the start, and from a kill until the next contact, a machine is out of sight', () => {
  const dark = darkWindows(['A', 'B'])
  dark.open('A', 100)
  expect(dark.allInSight).toBe(false)
  dark.open('B', 120)
  expect(dark.allInSight).toBe(true)
  dark.close(500)
  dark.close(600)
  dark.open('B', 700)
  expect(dark.of('A')).toEqual([window(-FOREVER, 100), window(500, FOREVER)])
  expect(dark.of('B')).toEqual([window(-FOREVER, 120), window(500, 700)])
})

test('windows that touch are one', () => {
  expect(union([window(5, 9), window(1, 3), window(8, 12), window(3, 4)])).toEqual([
    window(1, 4),
    window(5, 12),
  ])
})

test.each([
  ['in full view', [], { required: true, latestMs: 11_000 }],
  ['hidden at its start', [window(9_000, 12_000)], { required: true, latestMs: 13_000 }],
  ['hidden but for a moment', [window(9_000, 18_500)], { required: false, latestMs: 21_000 }],
  ['hidden beyond its end', [window(9_000, 25_000)], { required: false, latestMs: 26_000 }],
])('a status %s', (_, darkWindows, outcome) => {
  const day = [transition(10_000, 'down'), transition(20_000, 'running')]
  expect(expected(day, { ...SIGHT, darkWindows })[0]).toMatchObject(outcome)
})

test('a stop whose code was hardly in sight may have that of the one into which it went over in the dark', () => {
  const day = [
    transition(10_000, 'down'),
    transition(12_000, 'running'),
    { ...transition(14_000, 'down'), reason: 'jam', category: 'material' },
    transition(16_000, 'running'),
  ]
  const named = { reason: 'jam', category: 'material' }
  const firstOf = (darkWindows: readonly ReturnType<typeof window>[]) =>
    expected(day, { ...SIGHT, darkWindows })[0]
  expect(firstOf([window(9_500, 15_000)])?.perhaps).toEqual(named)
  expect(firstOf([window(10_500, 15_000)])?.perhaps).toEqual(named)
  expect(firstOf([window(9_500, 13_000)])?.perhaps).toBeUndefined()
  expect(firstOf([window(13_000, 15_000)])?.perhaps).toBeUndefined()
})

test('how closely to look follows from the device map', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-sights-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, 'profiles'))
  writeFileSync(
    join(folder, 'press-07.yaml'),
    'machine: PRESS-07\ndevice: {driver: modbus-tcp, poll: 200ms}\nsignals: {fault: {role: fault_code, settle: 600ms}}\nstops: {ignore_run_below: 1s, ignore_stop_below: 0s}\n' +
      'status: [{when: {state: fault}, is: down, for: 300ms}, {else: true, is: idle, for: 3s}]\n',
  )
  const truth = parseTruth(
    '{"at":"2026-01-31T09:00:00.000Z","machine":"PRESS-07","event":"fault","fault":"drop","until":"2026-01-31T09:00:05.000Z"}\n',
  )
  const fromMs = Date.parse('2026-01-31T09:00:00.000Z')
  expect(readSights(folder)(truth, darkWindows(['PRESS-07']))).toEqual({
    'PRESS-07': {
      microStopBelowMs: 120_000,
      observableFromMs: 3_900,
      reasonFromMs: 4_500,
      earlyMs: 50,
      lateMs: 2_200,
      darkWindows: [window(-FOREVER, FOREVER)],
    },
  })
  const seen = darkWindows(['PRESS-07'])
  seen.open('PRESS-07', 1)
  expect(readSights(folder)(truth, seen)['PRESS-07']?.darkWindows).toEqual([
    window(-FOREVER, 1),
    window(fromMs, fromMs + 15_000),
  ])
})

test('a truth that is still being written is read up to its last whole line', () => {
  const line =
    '{"at":"2026-01-31T09:00:00.000Z","machine":"A","event":"status","status":"down","reason":null}\n'
  expect(parseTruth(`${line}{"at":"2026-01`).transitions).toEqual([
    {
      machine: 'A',
      atMs: Date.parse('2026-01-31T09:00:00.000Z'),
      status: 'down',
      reason: null,
      category: null,
    },
  ])
})

function window(fromMs: number, toMs: number) {
  return { fromMs, toMs }
}

function transition(atMs: number, status: string) {
  return { machine: 'PRESS-07', atMs, status, reason: null, category: null }
}
