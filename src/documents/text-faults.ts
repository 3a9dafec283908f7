/** What is wrong with a file before it is YAML at all: other encodings and line ends, and blanks that are none. */

/** Blanks that look like one and are none to YAML; texts from PDF files and web pages are full of them. */
const ODD_BLANK = '[\\u00a0\\u1680\\u2000-\\u200b\\u2028\\u2029\\u202f\\u205f\\u2060\\u3000\\ufeff]'
/** Where YAML needs a blank: at the beginning of a line, and behind a colon, a comma, a dash or a bracket. */
const NEEDED = new RegExp(`(?<=^[ \\t]*|[:,{\\[][ \\t]*|^[ \\t]*-[ \\t]*)${ODD_BLANK}`, 'u')

export const ODD_BLANK_WORDS = [
  'a no-break space or its like stands here',
  'delete it and type a blank: it looks like one and is none',
] as const

/** Where the first odd blank of a word stands, or undefined. */
export function oddBlankAt(text: string): number | undefined {
  return new RegExp(ODD_BLANK, 'u').exec(text)?.index
}

/** Where an odd blank begins or ends a word, or undefined: it then stands beside the colon or the comma that parts the words. */
export function oddBlankAround(word: string): number | undefined {
  return new RegExp(`^${ODD_BLANK}|${ODD_BLANK}$`, 'u').exec(word)?.index
}

/** In one line: where an odd blank stands in the place of one that YAML needs, or undefined. A comment may hold what it wants. */
export function oddBlankIn(line: string): number | undefined {
  return /^[ \t]*#/.test(line) ? undefined : NEEDED.exec(line)?.index
}

/** Why these characters are no lines of text, or undefined. */
export function encodingFault(text: string): readonly [what: string, hint: string] | undefined {
  if (text.includes('\0')) return ['the file is not UTF-8 text', 'save it as UTF-8']
  const isOldMac = text.includes('\r') && !text.includes('\n')
  return isOldMac
    ? ['the lines of this file end in CR alone, so it is one long line', 'save it with line ends LF or CRLF']
    : undefined
}
