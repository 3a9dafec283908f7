import { expect, test } from 'vitest'
import type { Report } from '../../../src/demo/reconcile/report.ts'
import { summary } from '../../../src/demo/summary.ts'

const REPORT: Report = {
  machines: 2,
  truth: { transitions: 14, downtimes: 3, scans: 5 },
  central: { transitions: 14, downtimes: 3, scans: 5 },
  missing: [],
  extra: [],
  duplicates: [],
  wrong: [],
}
const TRUTH = {
  transitions: [],
  downtimes: [{ machine: 'PRESS-07', startedAtMs: 0, endedAtMs: 3_400 }],
  scans: [],
  orders: [],
  faults: [],
}

test('a good day is told in words and figures', () => {
  expect(summary(REPORT, TRUTH, 30_000)).toBe(
    'In 30 s, 2 machines changed their status 12 times, and 3 of their stops were long enough to be a downtime. ' +
      'An operator scanned 5 codes.\n' +
      'The longest: PRESS-07 stood still for 3.4 s.\n' +
      '\n' +
      'Central has all of it, each once and in order: 14 rows of status, 3 of downtime, 5 scans.\n' +
      '  missing 0, extra 0, duplicates 0, wrong 0\n',
  )
})

test('what differs is listed, and a long list is cut', () => {
  const finding = { machine: 'PRESS-07', at: '2026-01-31T09:00:00.000Z', what: 'running' }
  const text = summary({ ...REPORT, missing: Array.from({ length: 25 }, () => finding) }, TRUTH, 30_000)
  expect(text).toContain('do not agree: missing 25, extra 0, duplicates 0, wrong 0')
  expect(text).toContain('missing: happened, and is not in central')
  expect(text.match(/T09:00:00\.000Z {2}PRESS-07 {5}running/g)).toHaveLength(20)
  expect(text).toContain('... and 5 more')
})
