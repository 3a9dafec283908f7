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

/** The number of the report that carries codes, where the device does not say another. */
export const USUAL_REPORT_ID = 2

/** Number, length, AIM identifier, data, two bytes of the maker, a flag. Honeywell's, and of others who follow it. */
const WITH_AIM_ID: PosLayout = {
  reportId: USUAL_REPORT_ID,
  lengthAt: 1,
  aimAt: 2,
  dataAt: 5,
  dataLength: 56,
  continuedBit: 63 * 8,
}
/** The same without an AIM identifier. Newland FM420 integration guide, "HID-POS". */
const WITHOUT_AIM_ID: PosLayout = { ...WITH_AIM_ID, aimAt: null, dataAt: 2 }

/**
 * The layout to read a report by when the device's own description cannot be had, as after a crash of this gateway. Makers
 * fill what follows the data with zeros, so a report fits one of the two layouts or neither. Undefined: neither, and then
 * nothing is read, since a code without its first characters would be another code.
 */
export function usualPosLayout(report: Uint8Array): PosLayout | undefined {
  return [WITH_AIM_ID, WITHOUT_AIM_ID].find((layout) => fits(report, layout))
}

function fits(report: Uint8Array, { reportId, dataAt, dataLength }: PosLayout): boolean {
  const length = report[1] ?? 0
  if (report[0] !== reportId || report.length < dataAt + dataLength) return false
  if (length === 0 || length > dataLength) return false
  const filling = report.subarray(dataAt + length, dataAt + dataLength)
  return report[dataAt + length - 1] !== 0 && filling.every((byte) => byte === 0)
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
