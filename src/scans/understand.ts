/** From a raw scan to a badge or a code. */
import type { ScannedCode } from '../domain/scan.ts'
import type { RawScan } from '../domain/scanner.ts'
import { EMPLOYEE_CODE, type StationMap } from '../domain/station-map.ts'
import { type CodeRules, classify, takersOf } from './classify.ts'
import { takeAimId } from './codes/aim.ts'
import { withoutParity } from './codes/parity.ts'
import { type Payload, payloadOf } from './codes/payload.ts'
import { hasBadgeBeside, isPartOfBadge, isRunTogether } from './hidden-badge.ts'
import { matchOf } from './patterns.ts'

type Understood =
  /** To be hashed at once, and kept nowhere. */
  | { readonly kind: 'badge'; readonly employeeCode: string }
  /** A badge that lets nobody in, or a part of one: nothing of it may be kept. */
  | { readonly kind: 'hidden_badge'; readonly why: string }
  | { readonly kind: 'code'; readonly code: ScannedCode }

/** What of a map says what a scan is. */
export type ScanRules = CodeRules & Pick<StationMap, 'payload' | 'operator'>

/**
 * A badge where a pattern of badges takes it, else the code that the first rule makes of it.
 * @param elsewhere the patterns of badges at all stations: people also scan their badge where nobody badges in
 */
export function understand(map: ScanRules, raw: RawScan, elsewhere: readonly RegExp[] = []): Understood {
  const payload = payloadOf(raw, map.payload)
  const employeeCode = employeeCodeIn(payload, map.operator.badges)
  if (employeeCode !== null) return { kind: 'badge', employeeCode }
  const code = classify(map, payload)
  const amongNoise = code.meaning.kind === 'unknown' ? badgeAmongNoise(code, map.operator.badges) : null
  if (amongNoise !== null) return { kind: 'badge', employeeCode: amongNoise }
  const why = whyHidden(map, raw, code, elsewhere)
  return why === null ? { kind: 'code', code } : { kind: 'hidden_badge', why }
}

/** Which rule takes a code, by its index in the map; null: none. */
export function ruleTaking(map: ScanRules, raw: RawScan): number | null {
  const [first] = takersOf(map, payloadOf(raw, map.payload))
  return first?.rule ?? null
}

const NOT_ALONE = 'a badge came with something else: scan it again'
const NOT_WHOLE = 'it may be a part of a badge: scan it again'
const NOT_HERE = 'this is a badge, and nobody badges in here'
const WRONG_CASE =
  'a badge came with small and capital letters exchanged: set the scanner to ignore Caps Lock'

/** What a rule takes is a code, however much of it looks like a badge, unless the two can be told apart. */
function whyHidden(
  map: ScanRules,
  raw: RawScan,
  { data, marks, meaning }: ScannedCode,
  elsewhere: readonly RegExp[],
): string | null {
  const { badges } = map.operator
  const isBadge = (text: string) => employeeCodeIn(payloadOfText(text), badges) !== null
  if (hasBadgeBeside(data, { isBadge })) return NOT_ALONE
  if (meaning.kind !== 'unknown' || data === '') return null
  if (employeeCodeIn({ data, marks }, elsewhere) !== null) return NOT_HERE
  if (badges.length === 0) return null
  if (isBadge(otherCase(data))) return WRONG_CASE
  const isTaken = (text: string) => classify(map, payloadOfText(text)).meaning.kind !== 'unknown'
  if (isRunTogether(data, { isBadge, isTaken })) return NOT_ALONE
  return raw.mayBePart && isPartOfBadge(data, badges) ? NOT_WHOLE : null
}

/** As a scanner in keyboard mode sends it where it believes that Caps Lock is on. */
function otherCase(text: string): string {
  return text.replace(/[a-z]+|[A-Z]+/g, (letters) =>
    /[a-z]/.test(letters) ? letters.toUpperCase() : letters.toLowerCase(),
  )
}

function payloadOfText(data: string): Payload {
  return { data, aimId: null, marks: [] }
}

/** A disturbed line may put bytes in front of a badge or behind it, which would make it a code that no rule takes. */
function badgeAmongNoise({ data, marks }: ScannedCode, badges: readonly RegExp[]): string | null {
  if (!marks.includes('not_utf8')) return null
  const pieces = data.split(/[^ -~]+/)
  return (
    pieces.map((piece) => employeeCodeIn(payloadOfText(piece), badges)).find((found) => found !== null) ??
    null
  )
}

/**
 * Badges come before every rule. A badge is one also with blanks around it, with control characters of a line anywhere in it,
 * with an AIM identifier that the map does not expect, and where the parity of the line is set wrongly: otherwise it would be
 * stored as an unknown code, for everybody to read.
 */
function employeeCodeIn({ data, marks }: Pick<Payload, 'data' | 'marks'>, badges: readonly RegExp[]) {
  const bare = data.replace(CONTROLS, '').trim()
  const sent = withoutParity(Buffer.from(data, marks.includes('not_utf8') ? 'latin1' : 'utf8'))
  const texts = [
    data,
    bare,
    takeAimId(bare).rest,
    ...(sent === null ? [] : [sent.replace(CONTROLS, '').trim()]),
  ]
  for (const text of new Set(texts)) {
    for (const pattern of badges) {
      const match = matchOf(pattern, text)
      if (match) return match.named.get(EMPLOYEE_CODE) ?? match.first ?? text
    }
  }
  return null
}
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROLS = /[\0-\x1f\x7f]/g
