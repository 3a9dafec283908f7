/** Names the first of many things in a message. */

/** More than this is only counted. */
const NAMED_MAX = 10

/** The first of many texts, and how many more there are. */
export function listed(texts: readonly string[]): readonly string[] {
  const more = texts.length - NAMED_MAX
  return more > 0 ? [...texts.slice(0, NAMED_MAX), `and ${more} more`] : texts
}
