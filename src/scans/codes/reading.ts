/** What the readers of structured codes have in common. */
import type { CodeMark } from '../../domain/scan.ts'

/** What stands in a structured code. */
export interface CodeReading {
  /** By application identifier or data identifier; where one comes twice, the first counts. Values are not shortened. */
  readonly fields: ReadonlyMap<string, string>
  /**
   * Whether this is the code's format beyond doubt. Plain digits can look like an element string: they are one only for a
   * rule whose needs they meet.
   */
  readonly isSure: boolean
  readonly marks: readonly CodeMark[]
}

/** The first value of each name. */
export function firstOfEach(
  pairs: readonly (readonly [name: string, value: string])[],
): ReadonlyMap<string, string> {
  return new Map(pairs.toReversed())
}
