/**
 * The text of a file as a page shows it, and the bytes that it is saved as: lines end in LF in the page, and in the file as they did
 * before; a byte order mark stays.
 */
import { createHash } from 'node:crypto'
import { csvText } from '../../documents/csv.ts'
import { FILE_BYTES_MAX } from '../../documents/yaml-source.ts'
import { readPlainFile } from '../../runtime/plain-file.ts'
import type { DeviceFile } from './device-files.ts'

/** How the text of a file is written down. */
interface LineForm {
  readonly lineEnd: '\n' | '\r\n'
  readonly hasMark: boolean
}

/** A file as it was read. */
export interface ReadText {
  /** With LF alone, and without a byte order mark. */
  readonly text: string
  /** Of the very bytes: whoever saves says with it what was read. */
  readonly hash: string
  readonly form: LineForm
}

/** A new file. */
export const NEW_FORM: LineForm = { lineEnd: '\n', hasMark: false }

const MARK = '\uFEFF'

/** @throws NotReadable, or what the file system says */
export function readFileText({ path }: Pick<DeviceFile, 'path'>): ReadText {
  const bytes = readPlainFile(path, FILE_BYTES_MAX)
  // What is no UTF-8 is shown by the code page of Windows, and saved as UTF-8, which every reader here takes.
  const decoded = csvText(bytes)
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
  const ends = decoded.match(/\r?\n/g) ?? []
  const windows = ends.filter((end) => end === '\r\n').length
  const lineEnd = windows > ends.length / 2 ? '\r\n' : '\n'
  return {
    text: plainText(decoded),
    hash: createHash('sha256').update(bytes).digest('hex').slice(0, HASH_LENGTH),
    form: { lineEnd, hasMark },
  }
}

const HASH_LENGTH = 16

/** A text as the page has it, whatever its line ends were. */
export function plainText(text: string): string {
  return text.replace(MARK, '').replaceAll(/\r\n?/g, '\n')
}

/** A text with the line ends of its file: as a reader finds it there. */
export function formedText(text: string, { lineEnd }: LineForm): string {
  return plainText(text).replaceAll('\n', lineEnd)
}

/** The bytes of a text in the form of its file. */
export function bytesOf(text: string, form: LineForm): Uint8Array {
  return Buffer.from(`${form.hasMark ? MARK : ''}${formedText(text, form)}`)
}
