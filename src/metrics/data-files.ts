/** How much of the disk the gateway takes, and how much of it is left. */
import { stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'

/** The files of the data folder that grow, and its disk. */
export interface DataFiles {
  /** In bytes, with what SQLite has still to move into it; null where it is not there. */
  readonly sizes: readonly { readonly file: string; readonly bytes: number | null }[]
  readonly disk: { readonly freeBytes: number; readonly sizeBytes: number } | null
}

/** docs/ARCHITECTURE.md says what is in each. */
const FILES = ['outbox.db', 'recording.db', 'history.db', 'masterdata.db']

/** Before the first look. */
export const UNSEEN_FILES: DataFiles = { sizes: [], disk: null }

/** Never fails. While the disk hangs it hangs as well, so nothing that has to be in time may wait for it. */
export async function lookAtFiles(dataFolder: string): Promise<DataFiles> {
  const sizes = FILES.map(async (file) => ({ file, bytes: await bytesOf(join(dataFolder, file)) }))
  const disk = await statfs(dataFolder).catch(() => null)
  return {
    sizes: await Promise.all(sizes),
    disk: disk && { freeBytes: disk.bavail * disk.bsize, sizeBytes: disk.blocks * disk.bsize },
  }
}

async function bytesOf(path: string): Promise<number | null> {
  const [file, log] = await Promise.all([path, `${path}-wal`].map((one) => stat(one).catch(() => null)))
  return file ? file.size + (log?.size ?? 0) : null
}
