/** Codes of errors and troubles: alerts are named by them, so they have one grammar, `part-what` in kebab-case. */
import { withoutComments } from './imports.ts'

/** Where a code stands as a literal: behind its key, or first in what makes an error. */
const CODE =
  /\bcode: '([^'\n]*)'(?! in)|\bsuper\(\s*'([^'\n]*)'|\bnew (?:StoreError|DestinationError|LineFault)\(\s*'([^'\n]*)'|\b(?:linkLost|lost)\(\s*[\w.#]+,\s*'([^'\n]*)'|#fail\(\s*'([^'\n]*)'|_FAULTS = '([^'\n]*)'|_TROUBLES = \{([^}]*)\}/g
const GRAMMAR = /^[a-z]+(-[a-z0-9]+)+$/
/** Files in which the key `code` means something else. */
const OTHER_CODES = [
  // Endings: the name of the file, `buffer`, is put before each.
  'src/sqlite/store-fault.ts',
  // Which of central's own codes a column needs: a machine's or a work order's.
  'src/routes/mes/tables/table.ts',
  // What stands on a label.
  'src/masterdata/file/copy.ts',
]
/** The word of the schema library for a fault that is found by hand. */
const NOT_OURS = ['custom']

export function codesIn(text: string): readonly string[] {
  return [...withoutComments(text).matchAll(CODE)].flatMap(([, ...groups]) => {
    const [found = '', troubles] = [groups.slice(0, 6).find((group) => group !== undefined), groups[6]]
    return troubles === undefined
      ? [found]
      : [...troubles.matchAll(/'([^']*)'/g)].map(([, code]) => code ?? '')
  })
}

/** What is wrong with the codes of one file. */
export function codeFaults(file: string, text: string): readonly string[] {
  if (OTHER_CODES.includes(file)) return []
  return codesIn(text)
    .filter((code) => !GRAMMAR.test(code) && !NOT_OURS.includes(code))
    .map((code) => `${file}: the code "${code}" is not of the form part-what`)
}
