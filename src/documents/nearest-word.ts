/** Finds the word that somebody meant. */

/** Words that readers use, and the valid word that each stands for: `{ debounce: 'for' }`. */
export type Synonyms = Readonly<Record<string, string>>

const NO_SYNONYMS: Synonyms = {}

/** The nearest of the valid words, or undefined when none is near enough to be meant. */
export function nearestWord(
  word: string,
  valid: readonly string[],
  synonyms: Synonyms = NO_SYNONYMS,
): string | undefined {
  const usable = Object.keys(synonyms).filter((synonym) => valid.includes(synonyms[synonym] ?? ''))
  const candidates = [...valid, ...usable]
    .map((candidate) => ({ candidate, edits: distance(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(
      ({ candidate, edits }) => edits <= Math.max(1, Math.floor(Math.max(word.length, candidate.length) / 3)),
    )
    .sort((a, b) => a.edits - b.edits)
  const best = candidates[0]?.candidate
  return best === undefined || valid.includes(best) ? best : synonyms[best]
}

/** The hint that goes with a wrong word: the nearest valid one, else all of them when they are few. */
export function wordHint(
  word: string,
  valid: readonly string[],
  synonyms: Synonyms = NO_SYNONYMS,
): string | undefined {
  const nearest = nearestWord(word, valid, synonyms)
  if (nearest !== undefined) return `did you mean "${nearest}"?`
  return valid.length > 0 && valid.length <= LISTED_MAX ? `one of: ${valid.join(', ')}` : undefined
}

/** More valid words than this would hide the message, so none are listed then. */
const LISTED_MAX = 24
/** Longer words are compared by their beginning only: nobody mistypes a page of text. */
const COMPARED_MAX = 64

/** Damerau-Levenshtein distance (optimal string alignment): insertions, deletions, substitutions, swapped neighbours. */
export function distance(left: string, right: string): number {
  const [a, b] = [left.slice(0, COMPARED_MAX), right.slice(0, COMPARED_MAX)]
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, column) => column)]
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const substituted = cell(rows, i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1)
      const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? cell(rows, i - 2, j - 2) + 1 : Infinity
      row.push(Math.min(cell(rows, i - 1, j) + 1, (row[j - 1] ?? Infinity) + 1, substituted, swapped))
    }
    rows.push(row)
  }
  return cell(rows, a.length, b.length)
}

function cell(rows: readonly (readonly number[])[], i: number, j: number): number {
  return rows[i]?.[j] ?? Infinity
}
