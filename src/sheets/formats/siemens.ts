/**
 * Symbols of a Siemens PLC: the tag table of TIA Portal as XML, as SDF or as a spreadsheet saved as CSV, and the symbol table of STEP 7 as SDF.
 *
 * They become nodes of the OPC UA server of an S7-1200 or S7-1500, whose ids are the symbols in quotes. The absolute addresses
 * (%M0.0) are of no use there, and stand beside each signal in words.
 */
import { parseCsv } from '../../documents/csv.ts'
import { tableWith } from '../cells.ts'
import { type Sheet, SheetDraft } from '../sheet.ts'
import { elementsOf } from '../xml-elements.ts'

/** One symbol as any of these files has it. */
interface PlcSymbol {
  readonly line: number
  readonly name: string
  readonly address: string
  readonly type: string
  readonly comment: string
}

const NAMESPACE = 'http://www.siemens.com/simatic-s7-opcua'

/** Types of one value. Structures, lists and those of the user's program are none. */
const VALUE_TYPES: ReadonlySet<string> = new Set(
  (
    'bool byte word dword lword sint usint int uint dint udint lint ulint real lreal char wchar string wstring ' +
    'date time ltime tod time_of_day dt date_and_time dtl s5time counter timer'
  ).split(' '),
)
const ADDRESS = /^%?(?:[IQMEA]|P[IQEA])[BWDX]?\s*\d+(?:\.\d)?$/i

/** Undefined where the text is none of these files. */
export function readSiemensSheet(text: string): Sheet | undefined {
  const symbols = symbolsOf(text)
  if (!symbols || symbols.length === 0) return undefined
  const draft = new SheetDraft()
  for (const symbol of symbols) takeSymbol(draft, symbol)
  draft.doubt(
    1,
    'the signals are read from the OPC UA server of the PLC (S7-1200 from firmware 4.4 on, S7-1500): it has to be enabled, with a licence, and each tag "accessible from HMI/OPC UA"',
    'an S7-300 or S7-400 has none: have its program copy the values for a Modbus server, and fill in our own template',
  )
  return {
    format: 'symbols of a Siemens PLC',
    driver: 'opcua',
    device: {},
    signals: draft.signals,
    doubts: draft.doubts,
  }
}

function takeSymbol(draft: SheetDraft, { line, name, address, type, comment }: PlcSymbol): void {
  if (name === '') {
    draft.leaveOut(line, 'this line names no symbol')
    return
  }
  if (!VALUE_TYPES.has(type.toLowerCase().replace(/\s*\[.*$/, ''))) {
    draft.leaveOut(
      line,
      `"${name}" is of the type ${type || 'unknown'}, which is not one value`,
      'name its fields in the map, as in nsu=…;s="DB"."field"',
    )
    return
  }
  const about = [address, comment].filter((part) => part !== '').join(' ')
  draft.signal(name, line, { node: `nsu=${NAMESPACE};s="${name}"` }, about)
}

function symbolsOf(text: string): readonly PlcSymbol[] | undefined {
  if (/^\s*<\?xml|^\s*<Tagtable/i.test(text)) return fromXml(text)
  const table = tableWith(text, ['Name', 'Data Type', 'Logical Address'])
  if (table)
    return table.rows.map((row) => ({
      line: row.line,
      name: row.cell('Name'),
      address: row.cell('Logical Address'),
      type: row.cell('Data Type'),
      comment: row.cell('Comment'),
    }))
  return fromSdf(text)
}

function fromXml(text: string): readonly PlcSymbol[] | undefined {
  const elements = elementsOf(text)
  if (!elements.some(({ name }) => name === 'Tagtable')) return undefined
  return elements
    .filter(({ name }) => name === 'Tag')
    .map(({ line, text, attributes }) => ({
      line,
      name: text,
      address: attributes.addr ?? '',
      type: attributes.type ?? '',
      comment: attributes.remark ?? '',
    }))
}

/** Lines without a head: symbol, address, type, and in STEP 7 a comment. */
function fromSdf(text: string): readonly PlcSymbol[] | undefined {
  const { rows } = parseCsv(text)
  const looksLikeIt = rows.every(
    ([, address, type]) => type !== undefined && ADDRESS.test(address?.text ?? ''),
  )
  if (rows.length === 0 || !looksLikeIt) return undefined
  return rows.map(([name, address, type, comment, ...more]) => ({
    line: name?.line ?? 1,
    name: name?.text ?? '',
    address: address?.text ?? '',
    type: type?.text ?? '',
    // In TIA Portal's, True and False of the HMI follow here.
    comment: more.length === 0 ? (comment?.text ?? '') : '',
  }))
}
