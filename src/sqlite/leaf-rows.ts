/**
 * Reads the rows of tables straight from a file's pages, without asking how the pages hang together: for a file of which SQLite can
 * read nothing any more because the page that names the tables, or one that leads to the others, is destroyed. The format is that
 * of https://sqlite.org/fileformat2.html.
 *
 * A page that is free or was moved still holds rows that are no longer of any table. Whoever uses these rows needs a proof of each.
 */
import { closeSync, existsSync, openSync, readFileSync, readSync, statSync } from 'node:fs'
import { committedPages } from './write-ahead-pages.ts'

/** Files of ours have pages of this size, whatever a damaged header says. */
export const PAGE_BYTES = 4_096
const FILE_HEADER_BYTES = 100
const PAGE_HEADER_BYTES = 8
const TABLE_LEAF = 13
/** A longer text is not looked for: no event of ours comes near it, and a damaged length must not take the memory. */
const ROW_BYTES_MAX = 16 * 1024 * 1024

/** What a column of a row holds. */
type LeafValue = number | string | Uint8Array | null

/** Undefined for a page that is not there. */
type ReadPage = (page: number) => Buffer | undefined

/** A row with its number, and its columns as they are stored. */
export interface LeafRow {
  readonly rowNumber: number
  readonly values: readonly LeafValue[]
}

/** The pages of a file, each as the last commit left it. */
export class LeafPages implements Disposable {
  readonly #descriptor: number
  readonly #log: Buffer
  readonly #inLog: ReadonlyMap<number, number>
  readonly count: number

  /** @throws where the file cannot be opened */
  constructor(file: string) {
    const logFile = `${file}-wal`
    this.#log = existsSync(logFile) ? readFileSync(logFile) : Buffer.alloc(0)
    this.#inLog = committedPages(this.#log, PAGE_BYTES)
    this.count = Math.max(Math.ceil(statSync(file).size / PAGE_BYTES), ...this.#inLog.keys())
    this.#descriptor = openSync(file, 'r')
  }

  /** The rows of one page, counted from 1; none where it is no leaf of a table. */
  rows(page: number): readonly LeafRow[] {
    return leafRows(this.#read(page), page, (next) => (next > this.count ? undefined : this.#read(next)))
  }

  [Symbol.dispose](): void {
    closeSync(this.#descriptor)
  }

  #read(page: number): Buffer {
    const bytes = Buffer.alloc(PAGE_BYTES)
    const inLog = this.#inLog.get(page)
    if (inLog === undefined) readSync(this.#descriptor, bytes, 0, PAGE_BYTES, (page - 1) * PAGE_BYTES)
    else this.#log.copy(bytes, 0, inLog, inLog + PAGE_BYTES)
    return bytes
  }
}

/**
 * The rows that stand on a page; none where it is no leaf of a table.
 * @param readPage reads a page that a row goes on on; undefined where there is none
 */
export function leafRows(
  bytes: Buffer,
  page: number,
  readPage: ReadPage = () => undefined,
): readonly LeafRow[] {
  const starts = page === 1 ? [FILE_HEADER_BYTES, 0] : [0]
  const start = starts.find((at) => bytes[at] === TABLE_LEAF)
  if (start === undefined || bytes.length < PAGE_BYTES) return []
  const count = Math.min(bytes.readUInt16BE(start + 3), Math.floor(PAGE_BYTES / 4))
  const cells = Array.from({ length: count }, (_, index) => start + PAGE_HEADER_BYTES + 2 * index)
  return cells.flatMap((pointer) => leafRow(bytes, bytes.readUInt16BE(pointer), readPage) ?? [])
}

/** Undefined where what stands there cannot be a row. */
function leafRow(bytes: Buffer, cell: number, readPage: ReadPage): LeafRow | undefined {
  if (cell < PAGE_HEADER_BYTES || cell >= PAGE_BYTES - 4) return undefined
  const size = varint(bytes, cell)
  const rowNumber = varint(bytes, size.end)
  const record = recordAt(bytes, { at: rowNumber.end, length: size.value }, readPage)
  return record && { rowNumber: rowNumber.value, values: columns(record) }
}

/** What does not fit into the page is continued on pages of its own. */
function recordAt(
  bytes: Buffer,
  { at, length }: { readonly at: number; readonly length: number },
  readPage: ReadPage,
): Buffer | undefined {
  const inPage = bytesInPage(length)
  if (length > ROW_BYTES_MAX || at + inPage > PAGE_BYTES) return undefined
  const parts = [bytes.subarray(at, at + inPage)]
  let left = length - inPage
  let next = left > 0 && at + inPage + 4 <= PAGE_BYTES ? bytes.readUInt32BE(at + inPage) : 0
  while (left > 0) {
    const page = next === 0 ? undefined : readPage(next)
    if (!page) return undefined
    parts.push(page.subarray(4, 4 + left))
    left -= PAGE_BYTES - 4
    next = page.readUInt32BE(0)
  }
  return Buffer.concat(parts)
}

function columns(record: Buffer): readonly LeafValue[] {
  const header = varint(record, 0)
  const values: LeafValue[] = []
  let at = header.value
  for (let typeAt = header.end; typeAt < header.value && typeAt < record.length; ) {
    const type = varint(record, typeAt)
    typeAt = type.end
    const length = columnBytes(type.value)
    values.push(value(type.value, record.subarray(at, at + length)))
    at += length
  }
  return values
}

function value(type: number, bytes: Buffer): LeafValue {
  if (type >= 12) return type % 2 === 0 ? Uint8Array.from(bytes) : bytes.toString()
  if (type === 8 || type === 9) return type - 8
  if (bytes.length === 0 || bytes.length !== columnBytes(type)) return null
  if (type === 7) return bytes.readDoubleBE(0)
  return bytes.length > 6 ? Number(bytes.readBigInt64BE(0)) : bytes.readIntBE(0, bytes.length)
}

/** By the number that stands for a column's type. */
function columnBytes(type: number): number {
  if (type >= 12) return Math.floor((type - 12) / 2)
  return [0, 1, 2, 3, 4, 6, 8, 8][type] ?? 0
}

function bytesInPage(length: number): number {
  const most = PAGE_BYTES - 35
  if (length <= most) return length
  const least = Math.floor(((PAGE_BYTES - 12) * 32) / 255) - 23
  const wanted = least + ((length - least) % (PAGE_BYTES - 4))
  return wanted <= most ? wanted : least
}

/** A number of one to nine bytes, and where it ends. */
function varint(bytes: Buffer, at: number): { readonly value: number; readonly end: number } {
  let sum = 0
  for (let index = at; index < at + 8; index += 1) {
    const byte = bytes[index] ?? 0
    sum = sum * 128 + (byte & 0x7f)
    if (byte < 0x80) return { value: sum, end: index + 1 }
  }
  return { value: sum * 256 + (bytes[at + 8] ?? 0), end: at + 9 }
}
