/** Finds the word that somebody meant. */

/** What technicians write where the device map has another word for it. */
const SYNONYMS: Readonly<Record<string, string>> = {
  debounce: 'for',
  delay: 'for',
  address: 'at',
  register: 'at',
  ip: 'host',
  node_id: 'node',
  nodeid: 'node',
  slave: 'unit',
  slave_id: 'unit',
  unit_id: 'unit',
  interval: 'poll',
  rules: 'status',
  tags: 'signals',
  stopped: 'down',
  fault: 'down',
  ready: 'idle',
  producing: 'running',
  bool: 'bit',
  boolean: 'bit',
  word: 'u16',
  uint16: 'u16',
  int16: 'i16',
  int: 'i16',
  dword: 'u32',
  uint32: 'u32',
  dint: 'i32',
  int32: 'i32',
  float: 'f32',
  real: 'f32',
  double: 'f64',
  lreal: 'f64',
}

/** The nearest of the valid words, or undefined when none is near enough to be meant. */
export function nearestWord(word: string, valid: readonly string[]): string | undefined {
  const synonyms = Object.keys(SYNONYMS).filter((synonym) => valid.includes(SYNONYMS[synonym] ?? ''))
  const candidates = [...valid, ...synonyms]
    .map((candidate) => ({ candidate, edits: distance(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(
      ({ candidate, edits }) => edits <= Math.max(1, Math.floor(Math.max(word.length, candidate.length) / 3)),
    )
    .sort((a, b) => a.edits - b.edits)
  const best = candidates[0]?.candidate
  return best === undefined || valid.includes(best) ? best : SYNONYMS[best]
}

/** The hint that goes with a wrong word: the nearest valid one, else all of them when they are few. */
export function wordHint(word: string, valid: readonly string[]): string | undefined {
  const nearest = nearestWord(word, valid)
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
