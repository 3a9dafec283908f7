/** Days of the week as sites write them into `shifts.active_days`. */
const NAMES = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday']
/** A shorter beginning could be of two days, and stands for neither. */
const SHORTEST = 2

/**
 * The number of a day, Monday being 1 and Sunday 7; undefined for a word that nobody knows.
 * @param word lower case: `monday`, `mon`, `mo`, or a number: 1 to 7 as ISO 8601 counts, or 0 for Sunday
 */
export function weekdayOf(word: string): number | undefined {
  if (/^[0-7]$/.test(word)) return Number(word) || 7
  const bare = word.replace(/\.$/, '')
  const index = bare.length < SHORTEST ? -1 : NAMES.findIndex((name) => name.startsWith(bare))
  return index < 0 ? undefined : index + 1
}

/** Words of these that stand for no day. */
export function unknownDays(words: readonly string[]): readonly string[] {
  return words.filter((word) => weekdayOf(word) === undefined)
}
