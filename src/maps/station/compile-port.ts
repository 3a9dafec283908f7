/** Finds the transport of a scanner's port and lets it read its settings. */
import { type DocumentDraft, isRecord, keysAt } from '../../documents/draft.ts'
import { nearestWord } from '../../documents/nearest-word.ts'
import { keysOf, objectsOf } from '../../documents/schema-keys.ts'
import type { ScannerTransport } from '../../domain/scanner.ts'
import type { Hardware } from '../map-kind.ts'
import { STATION_SYNONYMS, stationWordHint } from './words.ts'

/** A port as far as it was understood. */
interface PortDraft {
  readonly transport: ScannerTransport
  /** Undefined when the transport refused them. */
  readonly settings: unknown
}

/** Keys of a port that are not its transport's. */
const OWN_KEYS: readonly string[] = ['brand']
const EXAMPLE = 'as in port: {usb_serial: "21097B1234", brand: honeywell}'

/** Faults are noted in the draft. */
export function compilePort(draft: DocumentDraft, { transports }: Hardware): PortDraft | undefined {
  const written = draft.at(['port'])
  if (written === undefined) {
    draft.fault(['port'], '"port" is missing', EXAMPLE, 'key')
    return undefined
  }
  if (!isRecord(written)) {
    draft.fault(['port'], 'a port is a group of keys', EXAMPLE)
    return undefined
  }
  const [transport, other] = transports.filter(({ key }) => key in written)
  if (!transport) {
    faultWithoutPlace(draft, transports)
    return undefined
  }
  if (other) {
    draft.fault(
      ['port', other.key],
      `a port is either ${transport.key} or ${other.key}`,
      'remove one of them',
      'key',
    )
    return undefined
  }
  const raw = Object.fromEntries(Object.entries(written).filter(([key]) => !OWN_KEYS.includes(key)))
  const settings = draft.judgeValue(raw, ['port'], transport.settings, OWN_KEYS)
  return { transport, settings }
}

/** No key says where the scanner is; perhaps one of them was meant to. */
function faultWithoutPlace(draft: DocumentDraft, transports: readonly ScannerTransport[]): void {
  const places = transports.map(({ key }) => key)
  const known = [...transports.flatMap(({ settings }) => objectsOf(settings).flatMap(keysOf)), ...OWN_KEYS]
  const unknown = keysAt(draft.at(['port'])).filter((key) => !known.includes(key))
  const meant = unknown.find((key) => nearestWord(key, places, STATION_SYNONYMS) !== undefined)
  if (meant === undefined) {
    draft.fault(['port'], 'this port does not say where the scanner is', `one of: ${places.join(', ')}`)
  } else {
    draft.fault(['port', meant], `unknown key "${meant}" in a port`, stationWordHint(meant, places), 'key')
  }
}

/** The brand that a port names; undefined where it names none, or one that is not known. */
export function compileBrand(draft: DocumentDraft, { brands }: Hardware): string | undefined {
  const written = draft.at(['port', 'brand'])
  if (written === undefined) return undefined
  const known = Object.keys(brands)
  const brand = known.find((name) => name === written)
  if (brand === undefined)
    draft.fault(
      ['port', 'brand'],
      `unknown brand "${written}"`,
      stationWordHint(String(written), known) ?? `one of: ${known.join(', ')}`,
    )
  return brand
}
