/** Rows of the quarantine that somebody has chosen. */
import type { ChosenRowsShape } from '../../../../src/api/delivery/shapes.ts'

/** What is to be tried again or given up, and how that is called. */
export interface Chosen {
  readonly route: string
  readonly rows: ChosenRowsShape
  /** How many they are, as shown. */
  readonly count: number
  readonly words: string
}
