/** What a scan is, and what is known of it: the last step before it reaches its station. */
import { GatewayError, StoreError } from '../domain/errors.ts'
import type { BadgeHolder, Lookup, LookupResult, MasterData } from '../domain/master-data.ts'
import type { ScannedCode, UnderstoodScan } from '../domain/scan.ts'
import type { RawScan } from '../domain/scanner.ts'
import type { StationMap } from '../domain/station-map.ts'
import { withoutParity } from './codes/parity.ts'
import { understand } from './understand.ts'

/**
 * Reads one scan; null where it is none: empty, or what the scanner says of itself. A badge goes to `masterData.holderOf` and
 * nowhere else, not even into an error.
 * @param elsewhere the patterns of badges at all stations
 * @throws StoreError when a badge could not be looked up; nobody can be let in on a guess
 * @throws ParityFault
 */
export async function readScan(
  map: StationMap,
  raw: RawScan,
  masterData: MasterData,
  elsewhere: readonly RegExp[] = [],
): Promise<UnderstoodScan | null> {
  const understood = understand(map, raw, elsewhere)
  const { subject } = map.port
  const { at } = raw
  if (understood.kind === 'code') {
    const { code } = understood
    if (isOfOtherParity(map, raw, code)) throw new ParityFault()
    if (code.data === '' || code.meaning.kind === 'no_scan') return null
    return { kind: 'scan', subject, at, code, found: code.lookup && (await findIn(masterData, code.lookup)) }
  }
  if (understood.kind === 'hidden_badge') {
    return { kind: 'badge', subject, at, badge: '', operator: null, why: understood.why, shiftEndMs: null }
  }
  const { badge, operator, why } = await holderOf(masterData, understood.employeeCode)
  return { kind: 'badge', subject, at, badge, operator, why, shiftEndMs: masterData.shiftEndMs(at.wallMs) }
}

/** The port is set to another parity than the scanner, so what came is another text than was scanned. */
class ParityFault extends GatewayError {
  override readonly name = 'ParityFault'
  readonly retryable = false
  constructor() {
    super('scan-parity', 'the scanner sends a parity that its port is not set to', {
      hint: 'write parity and data_bits: 7 under port, or set both in the device server; or set the scanner to 8 bits without parity',
    })
  }
}

/** Whether a code that no rule takes is one for which there is a rule, with the parity taken off. */
function isOfOtherParity(map: StationMap, raw: RawScan, { meaning, marks }: ScannedCode): boolean {
  if (meaning.kind !== 'unknown' || !marks.includes('not_utf8')) return false
  const sent = withoutParity(raw.bytes)
  const meant = sent === null ? null : understand(map, { ...raw, bytes: withoutLineEnds(sent) })
  return meant?.kind === 'code' && meant.code.meaning.kind !== 'unknown'
}

/** CR with a parity bit is none for the port, so it is still there. */
function withoutLineEnds(sent: string): Uint8Array {
  return Buffer.from(sent.replace(/[\r\n]+$/, ''), 'latin1')
}

async function holderOf(masterData: MasterData, employeeCode: string): Promise<BadgeHolder> {
  try {
    return await masterData.holderOf(employeeCode)
  } catch {
    // Without its cause, whose text might hold the badge.
    throw new StoreError(
      'badge-unread',
      'a badge was scanned, and the copy of the users on this gateway could not be read',
      {
        retryable: true,
        hint: 'scan the badge again; if it fails again, look at the disk and at `millrace status`',
      },
    )
  }
}

/** A copy that cannot be read must not cost a scan: central is asked again when it is uploaded. */
async function findIn(masterData: MasterData, lookup: Lookup): Promise<LookupResult> {
  try {
    return await masterData.find(lookup)
  } catch {
    return { kind: 'unknown' }
  }
}
