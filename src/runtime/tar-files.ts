/** Plain files in a tar archive, as bytes. Nothing is unpacked onto a disk here: what an archive says of paths is for whoever reads it to judge. */
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { extract, pack } from 'tar-stream'

/** One file, by its path in the archive. */
export interface ArchivedFile {
  readonly path: string
  readonly bytes: Uint8Array
}

/** What each file of an archive bears. */
interface ArchiveMarks {
  readonly mode: number
  readonly mtime: Date
}

/** Why bytes are no archive of plain files, in words. */
export class BadArchive extends Error {
  override readonly name = 'BadArchive'
}

/** In the order given; the same bytes for the same files. */
export async function packFiles(
  files: readonly ArchivedFile[],
  { mode, mtime }: ArchiveMarks,
): Promise<Buffer> {
  const archive = pack()
  for (const { path, bytes } of files)
    archive.entry({ name: path, mode, mtime, uid: 0, gid: 0 }, Buffer.from(bytes))
  archive.finalize()
  return await buffer(archive)
}

/** @throws BadArchive where it is cut short, holds a link or a folder, or more than `filesMax` files */
export async function unpackFiles(bytes: Uint8Array, filesMax: number): Promise<readonly ArchivedFile[]> {
  const files: ArchivedFile[] = []
  const reading = extract()
  const listing = (async () => {
    for await (const entry of reading) {
      const { name, type } = entry.header
      if (type !== 'file') throw new BadArchive(`${JSON.stringify(name)} in it is no plain file`)
      if (files.length >= filesMax) throw new BadArchive('it holds too many files')
      files.push({ path: name, bytes: await buffer(entry) })
    }
  })()
  try {
    await Promise.all([pipeline(Readable.from([bytes]), reading), listing])
    return files
  } catch (error) {
    if (error instanceof BadArchive) throw error
    throw new BadArchive(error instanceof Error ? error.message.toLowerCase() : String(error))
  }
}
