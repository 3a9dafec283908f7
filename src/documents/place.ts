/** Where something is: within a document, and within the text of its file. */

/** Keys, and positions in lists from 0: `['status', 2, 'when']`. */
export type Path = readonly (string | number)[]

/** Lines and columns count from 1. */
export interface Place {
  /** As named to the user. */
  readonly file: string
  readonly line: number
  readonly column: number
}
