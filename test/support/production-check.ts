/** `central check --production` against a test's central, as a DBA reads it. */

import type { Judgement } from '../../src/domain/judgement.ts'
import { checkProduction } from '../../src/routes/mes/production/check-production.ts'
import type { CentralSettings } from '../../src/routes/mes/settings.ts'

/** All verdicts. */
export async function judgedProduction(settings: CentralSettings): Promise<readonly Judgement[]> {
  const verdicts: Judgement[] = []
  await checkProduction(settings, AbortSignal.timeout(60_000), (verdict) => verdicts.push(verdict))
  return verdicts
}

/** What is said of one matter: `NOT said`, each as a line. */
export function saidOf(verdicts: readonly Judgement[], what: string): readonly string[] {
  return verdicts.flatMap((one) => (one.what === what ? [`${one.verdict}: ${one.said}`] : []))
}
