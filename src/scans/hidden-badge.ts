/**
 * Badges that did not come alone or not whole: the suffix was lost between a badge and the next code, or only a part of a badge
 * came. No pattern takes what came, so it would be stored as a code, for everybody to read.
 */
import { languageOf, textInBoth } from './pattern-language.ts'

/** Control characters that codes have of their own, FS to US and EOT, separate nothing here. */
const OF_CODES = '\x04\x1c\x1d\x1e\x1f'
const BETWEEN_SCANS = new RegExp(`[^ -~${OF_CODES}]+`)
/** A badge and a code are shorter; trying every place of a long text would keep the gateway busy. */
const TOGETHER_MAX = 80
const PART_MAX = 64

/** What is asked of a text: whether it is a badge, or a code that a rule of the station takes. */
interface Tests {
  readonly isBadge: (text: string) => boolean
  readonly isTaken: (text: string) => boolean
}

/** Whether a badge stands in a text beside something else, parted from it by what no code holds: a suffix that was garbled, or noise. */
export function hasBadgeBeside(text: string, { isBadge }: Pick<Tests, 'isBadge'>): boolean {
  const pieces = text.split(BETWEEN_SCANS)
  return pieces.length > 1 && pieces.some(isBadge)
}

/** Whether a text is two scans of which one is a badge. Digits alone may be cut into whatever one likes. */
export function isRunTogether(text: string, { isBadge, isTaken }: Tests): boolean {
  if (text.length > TOGETHER_MAX || /^\d*$/.test(text)) return false
  for (let end = 1; end < text.length; end += 1) {
    const [first, second] = [text.slice(0, end), text.slice(end)]
    const [isFirst, isSecond] = [isBadge(first), isBadge(second)]
    if (isFirst && (isSecond || isTaken(second))) return true
    if (isSecond && isTaken(first)) return true
  }
  return false
}

/** Whether some badge begins or ends like this. */
export function isPartOfBadge(text: string, badges: readonly RegExp[]): boolean {
  if (text.length > PART_MAX) return false
  const literal = [...text].map((character) => `\\u{${character.codePointAt(0)?.toString(16)}}`).join('')
  const parts = [new RegExp(`^${literal}`, 'u'), new RegExp(`${literal}$`, 'u')].map(languageOf)
  return badges
    .map(languageOf)
    .some((badge) =>
      parts.some((part) => badge !== null && part !== null && textInBoth(badge, part) !== null),
    )
}
