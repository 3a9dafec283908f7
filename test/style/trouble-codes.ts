/**
 * Two lists that must be one: the codes that `status` can show, as each room declares its own, and those that
 * docs/operations.md explains.
 */
import { withoutComments } from './imports.ts'
import type { SourceFile } from './source-files.ts'

/** A room's list of what can be wrong in it. */
const LIST = /\bconst (?:\w+_)?TROUBLES = \{([^}]*)\}/g
/** A code with a name of its own, for a room that has one only. */
const SINGLE = /\bconst ([A-Z_]+) = '([a-z]+(?:-[a-z0-9]+)+)'/g
/** Where such a name becomes the code of a trouble, or of a fault that `check` shows. */
const USE = /\bcode: ([A-Z_]+)\b/g
const USE_BY_CHECK = /\bcoded\(([A-Z_]+)\b/g
/** Troubles of a route are named after it, and the first route is central. */
const FIRST_ROUTE = 'central'
const LITERAL = /\bcode: '([^']*)'/g
const ABOUT_TROUBLES = /\bTrouble\b/

/** Every code that a trouble may have. */
export function declaredCodes(files: readonly SourceFile[]): readonly string[] {
  const texts = files.map(({ text }) => withoutComments(text))
  const lists = texts.flatMap((text) => found(text, LIST)).join()
  const about = texts.filter((text) => ABOUT_TROUBLES.test(text))
  const used = new Set([
    ...found(lists, /: ([A-Z_]+)\b/g),
    ...about.flatMap((text) => found(text, USE)),
    ...texts.flatMap((text) => found(text, USE_BY_CHECK)),
  ])
  const single = texts.flatMap((text) =>
    [...text.matchAll(SINGLE)].filter(([, name = '']) => used.has(name)).map(([, , code = '']) => code),
  )
  const codes = [...found(lists, /'([^']*)'/g), ...single]
  const whole = codes.map((code) => (code.includes('-') ? code : `${FIRST_ROUTE}-${code}`))
  return [...new Set(whole)].toSorted()
}

/** What the first group of each match holds. */
function found(text: string, pattern: RegExp): readonly string[] {
  return [...text.matchAll(pattern)].map(([, group = '']) => group)
}

/** Codes in files about troubles that stand in no list: they would be explained nowhere. */
export function looseCodes(files: readonly SourceFile[]): readonly string[] {
  const declared = declaredCodes(files)
  return files.flatMap(({ file, text }) => {
    const code = withoutComments(text)
    if (!ABOUT_TROUBLES.test(code)) return []
    return found(code, LITERAL)
      .filter((literal) => !declared.includes(literal))
      .map((literal) => `${file}: ${literal}`)
  })
}

interface Explained {
  readonly code: string
  readonly means: string
  readonly remedy: string
}

/** The rows of the page's table of codes. */
export function explainedCodes(page: string): readonly Explained[] {
  const [, table = ''] = page.split('| Code | Means | What to do |\n|---|---|---|\n')
  const rows = table.split('\n\n')[0]?.split('\n') ?? []
  return rows.flatMap((row) => {
    const [, codes = '', means = '', remedy = ''] = row.split('|').map((cell) => cell.trim())
    return [...codes.matchAll(/`([^`]+)`/g)].map(([, code = '']) => ({ code, means, remedy }))
  })
}

/** Links of a page to its own headings that lead nowhere. */
export function deadLinks(page: string): readonly string[] {
  const headings = [...page.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => anchorOf(heading))
  return [...page.matchAll(/\]\(#([^)]*)\)/g)]
    .map(([, anchor = '']) => anchor)
    .filter((anchor) => !headings.includes(anchor))
}

function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')
}
