/** Writes texts into one archive, which only its owner may read. */
import { writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { packFiles } from '../runtime/tar-files.ts'
import type { BundledText } from './folder-texts.ts'

const PRIVATE = 0o600

/**
 * @param file must not be there yet
 * @param at of every file in it
 */
export async function writeArchive(file: string, texts: readonly BundledText[], at: Date): Promise<void> {
  const files = texts.map(({ path, text }) => ({ path, bytes: Buffer.from(text) }))
  const archive = await packFiles(files, { mode: PRIVATE, mtime: at })
  await writeFile(file, await promisify(gzip)(archive), { flag: 'wx', mode: PRIVATE })
}
