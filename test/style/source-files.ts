/** The repository's own source files, by path from its root, with their text. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface SourceFile {
  readonly file: string
  readonly text: string
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

export function sourceFiles(...folders: readonly string[]): readonly SourceFile[] {
  const patterns = folders.map((folder) => `${folder}/**/*.ts`)
  return globSync(patterns, { cwd: ROOT }).map((file) => ({
    file: file.replaceAll('\\', '/'),
    text: readFileSync(join(ROOT, file), 'utf8'),
  }))
}
