import { expect, test } from 'vitest'
import { CHECKS } from '../../security/checks.ts'
import { type TestOutcome, type TestReport, verdictLine, verdictsOf } from '../../security/verdicts.ts'

function reportOf(...outcomes: readonly [title: string, status: string][]): TestReport {
  const assertionResults: TestOutcome[] = outcomes.map(([title, status]) => ({
    ancestorTitles: ['S7: OPC UA is encrypted'],
    title,
    status,
  }))
  return { testResults: [{ name: 's07.test.ts', assertionResults }] }
}

function verdictOfS7(...outcomes: readonly [title: string, status: string][]) {
  return verdictsOf(reportOf(...outcomes)).find(({ id }) => id === 'S7')
}

test('there are 30, numbered from 1, and each is listed whatever was run', () => {
  expect(CHECKS.map(({ id }) => id)).toEqual(Array.from({ length: 30 }, (_, index) => `S${index + 1}`))
  expect(verdictsOf({ testResults: [] }).map(({ verdict }) => verdict)).toEqual(CHECKS.map(() => 'missing'))
})

test('one that held and was seen to fail holds', () => {
  const verdict = verdictOfS7(
    ['holds: as shipped', 'passed'],
    ['is seen to fail: one', 'passed'],
    ['is seen to fail: two', 'passed'],
  )
  expect(verdict).toMatchObject({ verdict: 'holds', held: 1, seen: 2, wrong: [] })
  expect(verdict && verdictLine(verdict)).toMatch(/^S7 {3}holds .*\(held at 1, seen to fail at 2\)$/)
})

test.each<[string, readonly [string, string][]]>([
  ['never seen to fail', [['holds: as shipped', 'passed']]],
  ['missing', [['is seen to fail: one', 'passed']]],
  [
    'fails',
    [
      ['holds: as shipped', 'failed'],
      ['is seen to fail: one', 'passed'],
    ],
  ],
  [
    'fails',
    [
      ['holds: as shipped', 'passed'],
      ['is seen to fail: one', 'failed'],
    ],
  ],
  [
    'not tried',
    [
      ['holds: as shipped', 'passed'],
      ['is seen to fail: one', 'skipped'],
    ],
  ],
])('%s: %j', (verdict, outcomes) => {
  expect(verdictOfS7(...outcomes)?.verdict).toBe(verdict)
})
