/**
 * The form of a check of security: one judge, asked about the product as it is shipped and about places where it was weakened on
 * purpose. A judge that finds nothing anywhere proves nothing, so every weakened site has to be seen.
 *
 * Site: whatever a judge looks at, such as a running gateway, a database, a unit file or a parser.
 */
import { describe, expect, test } from 'vitest'

/** `S7`, as in test/security/checks.ts. */
export type CheckId = `S${number}`

/** Builds a site. What it starts goes onto the stack, which is closed once the judge is done. */
export type MakeSite<Site> = (stack: AsyncDisposableStack) => Site | Promise<Site>

/** Several sites of one check, each called by what is special about it. */
export type Sites<Site> = Readonly<Record<string, MakeSite<Site>>>

/** What was found wrong, in words, one line each; none where the site is safe. */
export type Findings = readonly string[]

export interface SecurityCheck<Site> {
  readonly id: CheckId
  /** What this holds, in plain words. A check may have several parts in its file, each with a title of its own. */
  readonly title: string
  /** The same questions for every site. */
  judge(site: Site): Findings | Promise<Findings>
  readonly shipped: MakeSite<Site> | Sites<Site>
  readonly weakened: Sites<Site>
  /** Why it cannot be tried on this computer, such as a missing right; undefined where it can. */
  readonly cannotBeTried?: string | undefined
  readonly timeoutMs?: number
}

/** What the names of the tests begin with: test/security/verdicts.ts reads them back. */
export const HOLDS = 'holds'
export const SEEN = 'is seen to fail'

const TIMEOUT_MS = 60_000
const AS_SHIPPED = 'as shipped'

/** Declares the tests of one part of a check. */
export function securityCheck<Site>(check: SecurityCheck<Site>): void {
  const { id, title, judge, shipped, weakened, cannotBeTried, timeoutMs = TIMEOUT_MS } = check
  const held = Object.entries(typeof shipped === 'function' ? { [AS_SHIPPED]: shipped } : shipped)
  const failing = Object.entries(weakened)
  if (held.length === 0) throw new Error(`${id}, ${title}: nothing that is shipped is looked at`)
  if (failing.length === 0) throw new Error(`${id}, ${title}: it was never seen to fail`)
  const because = cannotBeTried ? ` (not tried: ${cannotBeTried})` : ''
  describe.skipIf(cannotBeTried !== undefined)(`${id}: ${title}`, () => {
    test.for(held)(`${HOLDS}: %s${because}`, { timeout: timeoutMs }, async ([, make]) => {
      expect(await judgedAt(make, judge)).toEqual([])
    })

    test.for(failing)(`${SEEN}: %s${because}`, { timeout: timeoutMs }, async ([, make]) => {
      expect(await judgedAt(make, judge)).not.toEqual([])
    })
  })
}

async function judgedAt<Site>(make: MakeSite<Site>, judge: SecurityCheck<Site>['judge']): Promise<Findings> {
  await using stack = new AsyncDisposableStack()
  return await judge(await make(stack))
}
