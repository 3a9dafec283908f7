/** What is set aside, as people are shown it. */
import type { QuarantineSummary } from './destination.ts'
import { type Owner, ownerCode } from './owner.ts'

/** What a destination has counted: how much is set aside, and of which subjects for which reasons. */
interface CountedQuarantine {
  readonly count: number
  readonly kinds: readonly { readonly subject: string; readonly reason: string; readonly count: number }[]
}

/** Subjects go by the codes that people know. */
export function quarantineSummaryOf({ count, kinds }: CountedQuarantine): QuarantineSummary {
  const refused = kinds.map(({ subject, reason, count: alike }) => ({
    machine: ownerCode(subject as Owner),
    reason,
    count: alike,
  }))
  return { count, refused }
}
