/** Which bytes make a scanner beep: those of its brand, or those that its map has in hex. */
import { type DocumentDraft, isRecord } from '../../documents/draft.ts'
import { shown } from '../../documents/quantities.ts'
import type { ScannerTransport } from '../../domain/scanner.ts'
import type { Acknowledgements } from '../../domain/station-map.ts'
import type { Hardware } from '../map-kind.ts'

type Tone = keyof Acknowledgements

const TONES: readonly Tone[] = ['good', 'bad']
const BRAND = 'brand'
const SILENT = new Uint8Array()
/** No scanner takes a longer command. */
const BYTES_MAX = 64
const HEX = /^[\da-f]{2}(?: ?[\da-f]{2})*$/i
const EXAMPLE = 'brand, none, or bytes in hex: "16 07 0D"'
/** Control characters by the names that manuals print. */
const CONTROL_NAMES: Readonly<Record<string, string>> = {
  SOH: '01',
  ENQ: '05',
  ACK: '06',
  BEL: '07',
  NAK: '15',
  SYN: '16',
  ESC: '1B',
  CR: '0D',
  LF: '0A',
}

/** What decides the bytes besides `ack:`. */
interface ToneContext extends Pick<Hardware, 'brands'> {
  /** Undefined where none is named, or none that is known. */
  readonly brand: string | undefined
  /** Undefined where the port has a fault. */
  readonly transport: ScannerTransport | undefined
}

/** Faults are noted in the draft. */
export function compileTones(
  draft: DocumentDraft,
  { brands, brand, transport }: ToneContext,
): Acknowledgements {
  const ofBrand = brand === undefined ? undefined : brands[brand]
  if (transport?.isMute) noteUselessTones(draft)
  else noteMissingBrand(draft)
  const bytesOf = (tone: Tone): Uint8Array => {
    const value = draft.at(['ack', tone])
    if (value === undefined || value === BRAND) return ofBrand?.[tone] ?? SILENT
    return value === 'none' ? SILENT : bytesIn(draft, tone, value)
  }
  return { good: bytesOf('good'), bad: bytesOf('bad') }
}

function noteUselessTones(draft: DocumentDraft): void {
  const written = [['port', 'brand'], ...TONES.map((tone) => ['ack', tone])].find(
    (path) => !['none', undefined].includes(draft.at(path) as string | undefined),
  )
  const what = 'nothing can be sent to a scanner at this port: it beeps by itself, before its scan is stored'
  if (written) draft.hint(written, what, 'remove this, or set the scanner to a serial port over USB')
}

/** A port that cannot be read at all has a fault of its own. */
function noteMissingBrand(draft: DocumentDraft): void {
  if (!isRecord(draft.at(['port'])) || draft.at(['port', 'brand']) !== undefined) return
  const tone = TONES.find((tone) => draft.at(['ack', tone]) === BRAND)
  if (tone !== undefined) {
    draft.fault(['ack', tone], 'no brand is named', 'write brand: … under port, or bytes in hex')
  } else if (TONES.every((tone) => draft.at(['ack', tone]) === undefined)) {
    const hint = 'name its brand under port, or the bytes under ack; brand: none if it is to stay silent'
    draft.hint(['scanner'], 'nothing makes this scanner beep once a scan is stored', hint, 'key')
  }
}

function bytesIn(draft: DocumentDraft, tone: Tone, value: unknown): Uint8Array {
  const path = ['ack', tone]
  const text = typeof value === 'string' ? value.trim() : undefined
  if (text !== undefined && HEX.test(text)) {
    const bytes = Buffer.from(text.replaceAll(' ', ''), 'hex')
    if (bytes.length > BYTES_MAX) draft.fault(path, 'these are too many bytes', `at most ${BYTES_MAX}`)
    return new Uint8Array(bytes)
  }
  const written = typeof value === 'string' ? value : (draft.origin.written(path) ?? '')
  const found = typeof value === 'number' ? written : shown(value)
  draft.fault(path, `${found} is neither bytes in hex nor a word that is known here`, meant(written))
  return SILENT
}

/** What would be right, as far as it can be guessed. */
function meant(written: string): string {
  const bare = written.trim()
  const digits = bare.replaceAll(/0x|\\x|[\s,;:-]/gi, '')
  if (HEX.test(digits)) return `write "${pairs(digits)}"`
  const words = bare.toUpperCase().split(/[\s,+<>]+/)
  const named = words.filter((word) => word !== '').map((word) => CONTROL_NAMES[word])
  if (named.length > 0 && named.every((byte) => byte !== undefined)) return `write "${named.join(' ')}"`
  const isSent = /[^\x20-\x7e]/.test(written) || (bare !== '' && bare.length <= 2)
  return isSent ? `the text itself is "${pairs(hexOf(written))}"` : EXAMPLE
}

function pairs(digits: string): string {
  return (digits.toUpperCase().match(/../g) ?? []).join(' ')
}

function hexOf(text: string): string {
  return Buffer.from(text, 'latin1').toString('hex')
}
