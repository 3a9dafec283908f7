/** Finds out whose format a file has, and reads it. */
import { csvText } from '../documents/csv.ts'
import { GatewayError } from '../domain/errors.ts'
import { readCodesysSheet } from './formats/codesys.ts'
import { readIoBrokerSheet } from './formats/iobroker.ts'
import { readKepwareSheet } from './formats/kepware.ts'
import { OWN_COLUMNS, readOwnSheet } from './formats/own.ts'
import { readSiemensSheet } from './formats/siemens.ts'
import type { Sheet, SheetOptions } from './sheet.ts'
import { NoXml } from './xml-elements.ts'

/** By the word behind `--format`, in the order in which they are tried: each knows its own by what only it has. */
const FORMATS: Readonly<Record<string, (text: string, options: SheetOptions) => Sheet | undefined>> = {
  codesys: readCodesysSheet,
  kepware: readKepwareSheet,
  iobroker: readIoBrokerSheet,
  own: readOwnSheet,
  siemens: readSiemensSheet,
}

/** The words behind `--format`. */
export const SHEET_FORMATS: readonly string[] = Object.keys(FORMATS)

/** A file of which no signals can be read. */
class NoSheet extends GatewayError {
  override readonly name = 'NoSheet'
  readonly retryable = false
  constructor(message: string, hint: string) {
    super('sheet-unreadable', message, { hint })
  }
}

const KNOWN = `it has to be our own template (columns ${OWN_COLUMNS.slice(1, 6).join(';')};…, see docs/sheets.md), a CSV export of KEPServerEX, a table of ioBroker's Modbus adapter, a tag table of TIA Portal (XML, SDF or CSV) or a symbol configuration of CODESYS (XML)`

/**
 * Understands a file.
 * @param format one of {@link SHEET_FORMATS}; found out where it is not given
 * @throws NoSheet
 */
export function readSheet(
  bytes: Uint8Array,
  { format, ...options }: SheetOptions & { readonly format?: string | undefined },
): Sheet {
  refuseWorkbook(bytes)
  const text = csvText(bytes)
  const readers = format === undefined ? Object.values(FORMATS) : [FORMATS[format]]
  try {
    for (const read of readers) {
      const sheet = read?.(text, options)
      if (sheet) return sheet
    }
  } catch (error) {
    if (!(error instanceof NoXml)) throw error
    throw new NoSheet(
      `the file is no XML that can be read: line ${error.line}: ${error.message}`,
      'export it again',
    )
  }
  throw new NoSheet('the file is no sheet of signals that is known here', KNOWN)
}

/** A workbook of Excel is a ZIP archive, an older one an OLE file. */
function refuseWorkbook(bytes: Uint8Array): void {
  const start = Buffer.from(bytes.subarray(0, 4)).toString('hex')
  if (start === '504b0304' || start === 'd0cf11e0')
    throw new NoSheet(
      'the file is a workbook of a spreadsheet',
      'save the sheet as CSV there, or choose XML or SDF in TIA Portal',
    )
}
