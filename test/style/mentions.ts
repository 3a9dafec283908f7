/** Mentions of files in pages and comments, and links between pages, that lead nowhere. */
import { posix } from 'node:path'
import { commentsOf } from './imports.ts'
import type { SourceFile } from './source-files.ts'

/** A file or folder by its path from the root: `src/buffer/outbox.ts`, `docs/operations.md`, `test/style/`. */
const FROM_ROOT = /(?<![\w./:-])(?:src|test|simulators|docs|config|devices|tools)\/[\w./*{},-]*/g
/** A file of ours by the end of its path: `judging/rules.ts`, `rules.ts`. */
const BY_ITS_END = /(?<![\w./*-])(?:[\w-]+\/)*[\w-]+\.(?:ts|sql|md)(?!\.?\w)/g
const LINK = /\[[^\]]*\]\(([^)\s]+)\)/g
/** `devices/NAME.yaml`, `routes/*.ts`, `{a,b}`: a word stands for many. */
const PLACEHOLDER = /[*{}]|\b[A-Z]{2,}\b(?!\.md)/
const CODE_BLOCK = /^```[\s\S]*?^```/gm

/** @param paths every file and folder of the repository; folders end with a slash */
export function deadMentions(
  sources: readonly SourceFile[],
  pages: readonly SourceFile[],
  paths: ReadonlySet<string>,
): readonly string[] {
  const inComments = sources.flatMap(({ file, text }) => mentionsIn(file, commentsOf(text), paths))
  const inPages = pages.flatMap((page) => [
    ...mentionsIn(page.file, page.text, paths),
    ...linksIn(page, pages, paths),
  ])
  return [...new Set([...inComments, ...inPages])].toSorted()
}

function mentionsIn(file: string, text: string, paths: ReadonlySet<string>): readonly string[] {
  const ends = [...paths]
  const fromRoot = matches(text, FROM_ROOT).filter((path) => !paths.has(path) && !paths.has(`${path}/`))
  const byEnd = matches(text, BY_ITS_END).filter(
    (path) => !paths.has(path) && !ends.some((whole) => whole.endsWith(`/${path}`)),
  )
  return [...fromRoot, ...byEnd].map((path) => `dead mention: ${file} names ${path}`)
}

function matches(text: string, pattern: RegExp): readonly string[] {
  return [...text.matchAll(pattern)]
    .map(([path]) => path.replace(/[.,-]+$/, ''))
    .filter((path) => !PLACEHOLDER.test(path))
}

function linksIn(
  { file, text }: SourceFile,
  pages: readonly SourceFile[],
  paths: ReadonlySet<string>,
): readonly string[] {
  const links = [...text.replace(CODE_BLOCK, '').matchAll(LINK)].flatMap(([, link]) => link ?? [])
  return links
    .filter((link) => !/^[a-z]+:/.test(link))
    .filter((link) => {
      const [path = '', anchor] = link.split('#')
      const target = path === '' ? file : posix.join(posix.dirname(file), path)
      if (!paths.has(target) && !paths.has(`${target}/`)) return true
      const page = pages.find((candidate) => candidate.file === target)
      return anchor !== undefined && page !== undefined && !anchorsOf(page.text).includes(anchor)
    })
    .map((link) => `dead link: ${file} leads to ${link}`)
}

/** A heading's anchor as GitHub makes it: lower case, without marks, hyphens for blanks. */
function anchorsOf(text: string): readonly string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w\s-]/g, '')
      .replace(/ /g, '-'),
  )
}
