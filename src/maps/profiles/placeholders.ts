/** Words in braces that a map puts into the node ids of a profile: `{block}` in `ns=3;s="{block}"."State"`. */

const PLACEHOLDER = /\{([a-z0-9][a-z0-9_-]*)\}/g

/** The parameters that a text asks for, in its order. */
export function placeholdersOf(text: string): readonly string[] {
  return [...text.matchAll(PLACEHOLDER)].map(([, word = '']) => word)
}

/** The text with every word that is known put in. */
export function filled(text: string, words: Readonly<Record<string, string>>): string {
  return text.replace(PLACEHOLDER, (braces, word: string) => words[word] ?? braces)
}
