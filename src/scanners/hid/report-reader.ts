/** What the readers of keyboard and of HID POS reports have in common. They are pure: reports in, codes out, no clock. */

/** A code that was read, or something that was none. */
export type Read =
  | { readonly kind: 'code'; readonly bytes: Uint8Array; readonly aimId: string | null }
  | { readonly kind: 'discarded'; readonly count: number; readonly why: string }

/** Makes codes of reports. */
export interface ReportReader {
  /** Takes one report as the device sent it, its number included where it has one. */
  read(report: Uint8Array): readonly Read[]
  /** A code is begun and not ended: after this long without a report, {@link pause} is due. Null: nothing is begun. */
  readonly dueMs: number | null
  /** No report came for as long. */
  pause(): readonly Read[]
}

/** Why a report is not read whose layout has to be guessed, and is none that is known. */
export const UNKNOWN_LAYOUT =
  'a report in no known layout, whose description is gone: plug the scanner in again, so that it can be read'
