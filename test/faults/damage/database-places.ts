/**
 * What each byte of a SQLite file belongs to, by the description of its format (https://sqlite.org/fileformat2.html): tables and
 * their columns, what holds pages together, pages that are free. Only of a whole file, before it is damaged.
 */
import Database from 'better-sqlite3'
import { columnLength, readVarint } from './record-format.ts'

/** A stretch of a file, and what it belongs to: `event.payload`, `state pointers`, `freelist`. */
export interface Place {
  readonly structure: string
  readonly at: number
  readonly length: number
}

interface Tree {
  readonly name: string
  readonly rootPage: number
  /** Of a table with row numbers; an index, or a table without them, keeps its columns otherwise. */
  readonly columns: readonly string[] | undefined
}

export const PAGE_BYTES = 4_096
const FILE_HEADER_BYTES = 100
const PAGE_TYPES = { indexInterior: 2, tableInterior: 5, indexLeaf: 10, tableLeaf: 13 } as const
/** Where the header of the file names the first page of the list of free ones. */
const FREELIST_AT = 32

/** Every place of a database. */
export function databasePlaces(file: Buffer): readonly Place[] {
  const header = [
    { structure: 'file header', at: 0, length: FILE_HEADER_BYTES },
    // The bytes that say that it is a database, and of which version of ours, out of the many that say little.
    { structure: 'file header', at: 0, length: 32 },
    { structure: 'file header', at: 56, length: 16 },
  ]
  return [...header, ...trees(file).flatMap((tree) => treePlaces(file, tree)), ...freePages(file)]
}

function trees(file: Buffer): readonly Tree[] {
  const inMemory = Buffer.from(file)
  // The two bytes that say that there is a write-ahead log, which a copy in memory cannot have.
  inMemory.fill(1, 18, 20)
  const db = new Database(inMemory)
  try {
    const rows = db
      .prepare<[], { name: string; rootPage: number; type: string; sql: string | null }>(
        'SELECT name, rootpage AS rootPage, type, sql FROM sqlite_schema',
      )
      .all()
    const schema = { name: 'sqlite_schema', rootPage: 1, columns: ['type', 'name', 'table', 'root', 'sql'] }
    return [
      schema,
      ...rows.map(({ name, rootPage, type, sql }) => {
        const hasRowNumbers = type === 'table' && !sql?.includes('WITHOUT ROWID')
        return { name, rootPage, columns: hasRowNumbers ? storedColumns(db, name) : undefined }
      }),
    ]
  } finally {
    db.close()
  }
}

/** A column that is computed is not in the file. */
function storedColumns(db: Database.Database, table: string): readonly string[] {
  return db
    .prepare<[string], string>('SELECT name FROM pragma_table_xinfo(?) WHERE hidden = 0')
    .pluck()
    .all(table)
}

function treePlaces(file: Buffer, tree: Tree): readonly Place[] {
  const places: Place[] = []
  const waiting = [tree.rootPage]
  for (let page = waiting.pop(); page !== undefined; page = waiting.pop()) {
    const { places: found, children } = pagePlaces(file, tree, page)
    places.push(...found)
    waiting.push(...children)
  }
  return places
}

interface PageFindings {
  readonly places: readonly Place[]
  readonly children: readonly number[]
}

function pagePlaces(file: Buffer, tree: Tree, page: number): PageFindings {
  const start = (page - 1) * PAGE_BYTES
  const head = page === 1 ? FILE_HEADER_BYTES : start
  const type = file[head]
  const isInterior = type === PAGE_TYPES.indexInterior || type === PAGE_TYPES.tableInterior
  const headLength = isInterior ? 12 : 8
  const cells = file.readUInt16BE(head + 3)
  const pointers = head + headLength
  const places = [
    { structure: `${tree.name} page header`, at: head, length: headLength },
    { structure: `${tree.name} cell pointers`, at: pointers, length: 2 * cells },
    { structure: `${tree.name} unused`, ...unused(file, start, head, pointers + 2 * cells) },
  ]
  const children = isInterior ? [file.readUInt32BE(head + 8)] : []
  for (let index = 0; index < cells; index += 1) {
    const at = start + file.readUInt16BE(pointers + 2 * index)
    if (isInterior) {
      children.push(file.readUInt32BE(at))
      places.push({ structure: `${tree.name} interior`, at, length: 6 })
    } else if (tree.columns) {
      places.push(...rowPlaces(file, { ...tree, columns: tree.columns }, at))
    } else {
      places.push({ structure: `${tree.name} entry`, at, length: readVarint(file, at).value })
    }
  }
  return { places, children }
}

function unused(
  file: Buffer,
  start: number,
  head: number,
  from: number,
): { readonly at: number; readonly length: number } {
  const content = start + (file.readUInt16BE(head + 5) || 65_536)
  return { at: from, length: Math.max(content - from, 0) }
}

function rowPlaces(
  file: Buffer,
  { name, columns }: { readonly name: string; readonly columns: readonly string[] },
  cell: number,
): readonly Place[] {
  const size = readVarint(file, cell)
  const rowNumber = readVarint(file, size.end)
  const headerSize = readVarint(file, rowNumber.end)
  const inPage = lengthInPage(size.value)
  const places: Place[] = [
    { structure: `${name} row size`, at: cell, length: size.end - cell },
    { structure: `${name} row number`, at: size.end, length: rowNumber.end - size.end },
    { structure: `${name} record header`, at: rowNumber.end, length: headerSize.value },
  ]
  let at = rowNumber.end + headerSize.value
  let typeAt = headerSize.end
  const end = rowNumber.end + inPage
  for (const column of columns) {
    const type = readVarint(file, typeAt)
    typeAt = type.end
    const length = columnLength(type.value)
    if (at < end && length > 0)
      places.push({ structure: `${name}.${column}`, at, length: Math.min(length, end - at) })
    at += length
  }
  if (inPage < size.value) places.push(...overflowPlaces(file, name, end, size.value - inPage))
  return places
}

function lengthInPage(length: number): number {
  const most = PAGE_BYTES - 35
  if (length <= most) return length
  const least = Math.floor(((PAGE_BYTES - 12) * 32) / 255) - 23
  const wanted = least + ((length - least) % (PAGE_BYTES - 4))
  return wanted <= most ? wanted : least
}

function overflowPlaces(file: Buffer, name: string, pointerAt: number, length: number): readonly Place[] {
  const places: Place[] = [{ structure: `${name} overflow pointer`, at: pointerAt, length: 4 }]
  let left = length
  for (let page = file.readUInt32BE(pointerAt); page !== 0; ) {
    const start = (page - 1) * PAGE_BYTES
    places.push({ structure: `${name} overflow pointer`, at: start, length: 4 })
    places.push({ structure: `${name} overflow`, at: start + 4, length: Math.min(left, PAGE_BYTES - 4) })
    left -= PAGE_BYTES - 4
    page = file.readUInt32BE(start)
  }
  return places
}

function freePages(file: Buffer): readonly Place[] {
  const places: Place[] = []
  for (let trunk = file.readUInt32BE(FREELIST_AT); trunk !== 0; ) {
    const start = (trunk - 1) * PAGE_BYTES
    const leaves = file.readUInt32BE(start + 4)
    places.push({ structure: 'freelist', at: start, length: 8 + 4 * leaves })
    for (let leaf = 0; leaf < leaves; leaf += 1) {
      const page = file.readUInt32BE(start + 8 + 4 * leaf)
      places.push({ structure: 'free page', at: (page - 1) * PAGE_BYTES, length: PAGE_BYTES })
    }
    trunk = file.readUInt32BE(start)
  }
  return places
}
