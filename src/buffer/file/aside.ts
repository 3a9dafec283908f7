/** Keeps what lies where a part of the log belongs and is none. */
import { renameSync } from 'node:fs'
import { utcFileText } from '../../domain/instant.ts'

/**
 * Gives something another name in its folder, with the moment in it, so that none replaces another. The folder is not synced.
 * @returns the new path
 */
export function moveAside(path: string, atMs: number): string {
  const aside = `${path}.found-${utcFileText(atMs)}`
  renameSync(path, aside)
  return aside
}
