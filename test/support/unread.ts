/** What a disk refuses for a while, where nobody may be asked to break one: a path that leads in a circle, which no right of a user passes. */
import { renameSync, rmSync, symlinkSync } from 'node:fs'

/** Does something while a file or folder is there and cannot be read. What is put in its place meanwhile is lost. */
export async function whileUnread<T>(path: string, act: () => Promise<T>): Promise<T> {
  const aside = `${path}.aside`
  renameSync(path, aside)
  symlinkSync(path, path)
  try {
    return await act()
  } finally {
    rmSync(path, { recursive: true, force: true })
    renameSync(aside, path)
  }
}
