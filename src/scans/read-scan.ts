/** What a scan is, and what is known of it: the last step before it reaches its station. */
import { StoreError } from '../domain/errors.ts'
import type { BadgeHolder, Lookup, LookupResult, MasterData } from '../domain/master-data.ts'
import type { UnderstoodScan } from '../domain/scan.ts'
import type { RawScan } from '../domain/scanner.ts'
import type { StationMap } from '../domain/station-map.ts'
import { understand } from './understand.ts'

/**
 * Reads one scan; null where it is none: empty, or what the scanner says of itself. A badge goes to `masterData.holderOf` and
 * nowhere else, not even into an error.
 * @param elsewhere the patterns of badges at all stations
 * @throws StoreError when a badge could not be looked up; nobody can be let in on a guess
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
    if (code.data === '' || code.meaning.kind === 'no_scan') return null
    return { kind: 'scan', subject, at, code, found: code.lookup && (await findIn(masterData, code.lookup)) }
  }
  if (understood.kind === 'hidden_badge') {
    return { kind: 'badge', subject, at, badge: '', operator: null, why: understood.why, shiftEndMs: null }
  }
  const { badge, operator, why } = await holderOf(masterData, understood.employeeCode)
  return { kind: 'badge', subject, at, badge, operator, why, shiftEndMs: masterData.shiftEndMs(at.wallMs) }
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
