/**
 * Tables as spreadsheets save them, with the place of every cell: commas, semicolons or tabs between the cells, quotes around
 * those that need them, in UTF-8, UTF-16 or the code page of Windows.
 */

/** One cell. Lines and columns count from 1, columns in characters. */
export interface CsvCell {
  readonly text: string
  readonly line: number
  readonly column: number
}

/** The cells of each line that is not blank. */
interface CsvTable {
  readonly rows: readonly (readonly CsvCell[])[]
  /** Where a quote begins that nothing closes. */
  readonly unclosed?: CsvCell
}

const SEPARATORS = [';', '\t', ','] as const

/** A first line that tells Excel what parts the cells. */
const SEPARATOR_LINE = /^"?sep=([;\t,])"?(?:\r\n|\r|\n)/i

/**
 * The text of a file, by its byte order mark. Without one it is UTF-16 where every other byte is zero, as with letters of the West, and
 * otherwise UTF-8, or, where it is none, Windows-1252.
 */
export function csvText(bytes: Uint8Array): string {
  const [first, second] = bytes
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le').decode(bytes)
  if (first === 0xfe && second === 0xff) return new TextDecoder('utf-16be').decode(bytes)
  if (hasZeros(bytes, 1)) return new TextDecoder('utf-16le').decode(bytes)
  if (hasZeros(bytes, 0)) return new TextDecoder('utf-16be').decode(bytes)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    // Every sequence of bytes is a text of that code page.
    return new TextDecoder('windows-1252').decode(bytes)
  }
}

/** Whether, at the start of the file, the bytes from one on, two apart, are mostly zero, and those beside them are not. */
function hasZeros(bytes: Uint8Array, from: number): boolean {
  const start = bytes.subarray(0, 2 * Math.floor(Math.min(bytes.length, 64) / 2))
  const zeros = start.filter((byte, at) => byte === 0 && at % 2 === from).length
  return zeros > start.length / 4 && start.every((byte, at) => byte !== 0 || at % 2 === from)
}

/** Understands a text. It throws for nothing that it may hold. */
export function parseCsv(text: string): CsvTable {
  const reader = new CellReader(text.replace(/^\uFEFF/, ''))
  const rows: CsvCell[][] = [[]]
  for (let cell = reader.next(); cell; cell = reader.next()) {
    rows.at(-1)?.push(cell)
    if (reader.isUnclosed) return { rows, unclosed: cell }
    if (reader.isAtLineEnd) rows.push([])
  }
  return { rows: rows.filter((row) => row.some(({ text }) => text !== '')) }
}

/** What parts the cells of the first line: the one that stands there most often outside of quotes. */
function separatorOf(text: string): string {
  const line = (/^[^\r\n]*/.exec(text)?.[0] ?? '').replaceAll(/"[^"]*"/g, '')
  const counts = SEPARATORS.map((separator) => line.split(separator).length)
  return SEPARATORS[counts.indexOf(Math.max(...counts))] ?? ';'
}

class CellReader {
  /** The cell that was read last is the last one of its line. */
  isAtLineEnd = false
  isUnclosed = false
  readonly #text: string
  readonly #separator: string
  #at = 0
  #line = 1
  #lineStart = 0

  constructor(text: string) {
    const stated = SEPARATOR_LINE.exec(text)
    this.#text = text
    this.#separator = stated?.[1] ?? separatorOf(text)
    if (stated) {
      this.#at = stated[0].length
      this.#newLine(this.#at)
    }
  }

  next(): CsvCell | undefined {
    if (this.#at >= this.#text.length) return undefined
    const place = { line: this.#line, column: this.#at - this.#lineStart + 1 }
    const text = this.#text[this.#at] === '"' ? this.#quoted() : this.#plain()
    this.#endCell()
    return { text: text.trim(), ...place }
  }

  #plain(): string {
    const from = this.#at
    while (this.#at < this.#text.length && !this.#isEnd(this.#text[this.#at])) this.#at += 1
    return this.#text.slice(from, this.#at)
  }

  /** Two quotes within stand for one. What follows the closing quote up to the next cell belongs to it as well. */
  #quoted(): string {
    let text = ''
    for (this.#at += 1; this.#at < this.#text.length; this.#at += 1) {
      const character = this.#text[this.#at]
      if (character === '"' && this.#text[this.#at + 1] !== '"') {
        this.#at += 1
        return text + this.#plain()
      }
      if (character === '"') this.#at += 1
      text += character
      if (character === '\n') this.#newLine(this.#at + 1)
    }
    this.isUnclosed = true
    return text
  }

  #isEnd(character: string | undefined): boolean {
    return character === this.#separator || character === '\n' || character === '\r'
  }

  #endCell(): void {
    const end = this.#text[this.#at]
    this.isAtLineEnd = end !== this.#separator
    this.#at += end === '\r' && this.#text[this.#at + 1] === '\n' ? 2 : 1
    if (this.isAtLineEnd) this.#newLine(this.#at)
  }

  #newLine(start: number): void {
    this.#line += 1
    this.#lineStart = start
  }
}
