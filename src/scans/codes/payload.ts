/** From the bytes of a scan to the text that `barcode_labels.barcode_data` holds for it. */
import type { CodeMark } from '../../domain/scan.ts'
import type { RawScan } from '../../domain/scanner.ts'
import type { PayloadRules } from '../../domain/station-map.ts'
import { takeAimId } from './aim.ts'

/** What was read, without anything that the scanner added to it. */
export interface Payload {
  /** Control characters are kept, but for NUL, which PostgreSQL cannot hold. */
  readonly data: string
  /** `]C1`; null where the scanner gave none. */
  readonly aimId: string | null
  readonly marks: readonly CodeMark[]
}

/** Takes off what the scanner and the map's `frame` say does not belong to the code. */
export function payloadOf(raw: RawScan, rules: PayloadRules): Payload {
  const { text, marks } = decode(raw.bytes)
  const { aimId, data } = takeApart(text.replaceAll(NO_CHARACTERS, ''), raw.aimId, rules)
  const isAimMissing = rules.aimId === 'expected' && aimId === null
  return { data, aimId, marks: isAimMissing ? [...marks, 'no_aim'] : marks }
}

/** NUL, and the mark by which some QR codes say that they are in UTF-8. */
const NO_CHARACTERS = /[\0\uFEFF]/g

function decode(bytes: Uint8Array): { readonly text: string; readonly marks: readonly CodeMark[] } {
  try {
    return { text: UTF8.decode(bytes), marks: [] }
  } catch {
    // Latin-1 gives every byte a character, so that nothing of the code is lost.
    return { text: Buffer.from(bytes).toString('latin1'), marks: ['not_utf8'] }
  }
}
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Brands differ in whether the prefix stands before the AIM identifier or behind it. */
function takeApart(text: string, aimIdBeside: string | null, { prefix, aimId: aim }: PayloadRules) {
  const bare = without(prefix, text)
  if (aimIdBeside !== null || aim === 'off') return { aimId: aimIdBeside, data: bare }
  const { aimId, rest } = takeAimId(bare)
  return { aimId, data: bare === text ? without(prefix, rest) : rest }
}

function without(prefix: string, text: string): string {
  return text.startsWith(prefix) ? text.slice(prefix.length) : text
}
