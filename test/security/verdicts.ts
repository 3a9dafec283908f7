/** What a run of the checks came to, check by check: read from the report that vitest writes. */
import { CHECKS, type CheckTitle } from './checks.ts'
import { type CheckId, HOLDS, SEEN } from './security-check.ts'

/** As much of vitest's JSON report as is read. */
export interface TestReport {
  readonly testResults: readonly {
    readonly name: string
    readonly assertionResults: readonly TestOutcome[]
  }[]
}

export interface TestOutcome {
  /** The group that it is in: `S7: …`. */
  readonly ancestorTitles: readonly string[]
  readonly title: string
  readonly status: string
}

export interface CheckVerdict extends CheckTitle {
  readonly verdict: 'holds' | 'fails' | 'missing' | 'not tried' | 'never seen to fail'
  /** How many sites it held at, and how many weakened ones it saw. */
  readonly held: number
  readonly seen: number
  /** Tests that failed or were not run, by name. */
  readonly wrong: readonly string[]
}

/** One verdict for each of the 30, whatever the report has. */
export function verdictsOf(report: TestReport): readonly CheckVerdict[] {
  const outcomes = report.testResults.flatMap(({ assertionResults }) => assertionResults)
  return CHECKS.map((check) =>
    verdictOf(
      check,
      outcomes.filter((outcome) => idOf(outcome) === check.id),
    ),
  )
}

/** `S7   holds                 OPC UA is signed … (held at 2, seen to fail at 3)`. */
export function verdictLine({ id, verdict, title, requirements, held, seen }: CheckVerdict): string {
  const standard = requirements.length > 0 ? `; ${requirements.join(', ')}` : ''
  return `${id.padEnd(4)} ${verdict.padEnd(19)} ${title} (held at ${held}, seen to fail at ${seen}${standard})`
}

function verdictOf(check: CheckTitle, outcomes: readonly TestOutcome[]): CheckVerdict {
  const passed = outcomes.filter(({ status }) => status === 'passed')
  const held = passed.filter(({ title }) => title.startsWith(HOLDS)).length
  const seen = passed.filter(({ title }) => title.startsWith(SEEN)).length
  const failed = outcomes.filter(({ status }) => status === 'failed')
  const skipped = outcomes.filter(({ status }) => status !== 'failed' && status !== 'passed')
  const wrong = [...failed, ...skipped].map(
    ({ ancestorTitles, title }) => `${ancestorTitles.join(' ')}: ${title}`,
  )
  return { ...check, held, seen, wrong, verdict: judged() }

  function judged(): CheckVerdict['verdict'] {
    if (failed.length > 0) return 'fails'
    if (outcomes.length === 0) return 'missing'
    if (skipped.length > 0) return 'not tried'
    if (held === 0) return 'missing'
    return seen === 0 ? 'never seen to fail' : 'holds'
  }
}

function idOf({ ancestorTitles }: TestOutcome): CheckId | undefined {
  return /^(S\d+): /.exec(ancestorTitles[0] ?? '')?.[1] as CheckId | undefined
}
