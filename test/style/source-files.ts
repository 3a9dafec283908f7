/** The repository's own files, by path from its root, with their text. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface SourceFile {
  readonly file: string
  readonly text: string
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
/** What a checkout may have and the repository does not hold. */
const NOT_OURS = /^(?:node_modules|dist|console\/dist|data|secrets|\.git)\//

/** Every TypeScript file below some folders, those with elements of pages in them included. */
export function sourceFiles(...folders: readonly string[]): readonly SourceFile[] {
  return read(folders.map((folder) => `${folder}/**/*.{ts,tsx}`))
}

/** Every page of Markdown. */
export function pages(): readonly SourceFile[] {
  return read(['*.md', 'docs/**/*.md'])
}

/** Every file and folder of the repository; folders end with a slash. */
export function everyPath(): ReadonlySet<string> {
  const entries = globSync(['**/*', '.*'], {
    cwd: ROOT,
    withFileTypes: true,
    exclude: ['node_modules', '.git'],
  })
  const paths = entries.map((entry) => {
    const path = `${entry.parentPath}/${entry.name}`.slice(ROOT.length).replaceAll('\\', '/')
    return entry.isDirectory() ? `${path}/` : path
  })
  return new Set(paths.filter((path) => !NOT_OURS.test(path)))
}

export function repositoryFile(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8')
}

function read(patterns: string[]): readonly SourceFile[] {
  return globSync(patterns, { cwd: ROOT }).map((file) => ({
    file: file.replaceAll('\\', '/'),
    text: repositoryFile(file),
  }))
}
