/**
 * Where a barcode scanner's reports hold what it read. "HID Usage Tables" 1.5, chapter "Barcode Scanner Page (0x8C)", of the
 * former "HID Point of Sale Usage Tables" 1.02.
 */
import { fieldsOf, placeOf, type ReportPlace } from '../report-descriptor.ts'

/** In bytes from the start of a report, its number included. */
export interface PosLayout {
  /** Null: the device has one report only, without a number. */
  readonly reportId: number | null
  readonly dataAt: number
  readonly dataLength: number
  /** The byte that says how many bytes of the data count; null: none does, and zeros at the end are filling. */
  readonly lengthAt: number | null
  /** The three characters of the AIM identifier; null: the report has none. */
  readonly aimAt: number | null
  /** The bit that says that the code goes on in the next report; null: it never does. */
  readonly continuedBit: number | null
}

/**
 * The layout that Honeywell prints in its manuals and others have taken over: 64 bytes with the number 2, the length, three
 * characters of AIM identifier, 56 bytes of data, two of the maker, and in the last byte the bit "to be continued".
 * Used where the device's own description cannot be had.
 */
export const USUAL_POS_LAYOUT: PosLayout = {
  reportId: 2,
  lengthAt: 1,
  aimAt: 2,
  dataAt: 5,
  dataLength: 56,
  continuedBit: 63 * 8,
}

export const BARCODE_SCANNER_PAGE = 0x8c
const SYMBOLOGY_IDENTIFIER_1 = 0xfb
const DECODED_DATA = 0xfe
const DECODED_DATA_CONTINUED = 0xff
const GENERIC_DESKTOP_PAGE = 0x01
const BYTE_COUNT = 0x3b

/** The layout that a report descriptor describes; undefined where it has no decoded data in whole bytes. */
export function posLayoutOf(descriptor: Uint8Array): PosLayout | undefined {
  const fields = fieldsOf(descriptor)
  const scanner = (usage: number) => placeOf(fields, BARCODE_SCANNER_PAGE, usage)
  const data = scanner(DECODED_DATA)
  if (data === undefined || !isInBytes(data)) return undefined
  const besides = (place: ReportPlace | undefined) => (place?.reportId === data.reportId ? place : undefined)
  const length = besides(placeOf(fields, GENERIC_DESKTOP_PAGE, BYTE_COUNT))
  const aim = besides(scanner(SYMBOLOGY_IDENTIFIER_1))
  return {
    reportId: data.reportId,
    dataAt: data.firstBit / 8,
    dataLength: data.bits / 8,
    lengthAt: length && isInBytes(length) ? length.firstBit / 8 : null,
    aimAt: aim && isInBytes(aim) ? aim.firstBit / 8 : null,
    continuedBit: besides(scanner(DECODED_DATA_CONTINUED))?.firstBit ?? null,
  }
}

function isInBytes({ firstBit, bits }: ReportPlace): boolean {
  return firstBit % 8 === 0 && bits % 8 === 0 && bits > 0
}
