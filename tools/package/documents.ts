/** The pages of this checkout as they are installed: those of docs/ and of the root beside each other, and all that they lead to below. */
import { cpSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { CHECKOUT } from './checkout.ts'

const ROOT_PAGES = ['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md']
/** Pages lead to files in these, or name them: examples, the contract of live feeds, what other programs load. */
const FOLDERS = [
  'docs',
  'devices/examples',
  'config/examples',
  'packaging/grafana',
  'packaging/prometheus',
  'packaging/udev',
]
const LINK = /(?<=\]\()([^)\s#:]+)(?=[#)])/g

/** @param folder empty or not there */
export function putDocuments(folder: string): void {
  for (const file of [...ROOT_PAGES, ...FOLDERS.flatMap(filesOf)]) {
    const to = join(folder, installedAs(file))
    mkdirSync(dirname(to), { recursive: true })
    if (file.endsWith('.md')) writeFileSync(to, withLinksOf(file, readFileSync(join(CHECKOUT, file), 'utf8')))
    else cpSync(join(CHECKOUT, file), to)
  }
}

function filesOf(folder: string): readonly string[] {
  return readdirSync(join(CHECKOUT, folder), { recursive: true })
    .map((name) => posix.join(folder, String(name)))
    .filter((path) => statSync(join(CHECKOUT, path)).isFile())
    .toSorted()
}

/** A page keeps its links, from where it lies to where the other one does. */
function withLinksOf(page: string, text: string): string {
  const from = posix.dirname(installedAs(page))
  return text.replace(LINK, (link) =>
    posix.relative(from, installedAs(posix.join(posix.dirname(page), link))),
  )
}

function installedAs(path: string): string {
  return path.replace(/^docs\//, '')
}
