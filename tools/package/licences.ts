/** The licences of everything in a package, each text once, with those that stand under it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const LICENCE_FILE = /^(?:licen[cs]e|copying|notice)(?:[-.].*)?$/i

/** @param tree whose packages are looked through */
export function licencesOf(tree: string): string {
  const byText = new Map<string, string[]>()
  for (const folder of packageFolders(join(tree, 'node_modules'))) {
    const { name, version, license } = manifestOf(folder)
    const text = licenceText(folder) || 'The package brings no text of its licence.'
    const users = byText.get(text) ?? []
    users.push(`${name} ${version} (${license})`)
    byText.set(text, users)
  }
  const parts = [...byText].map(([text, users]) => `${users.toSorted().join('\n')}\n\n${text}\n`)
  return `${OWN}\n${parts
    .toSorted()
    .map((part) => `${RULE}\n${part}`)
    .join('\n')}`
}

const RULE = '-'.repeat(100)
const OWN = `Millrace is not licensed to the public: it may be used by whom its owner has given it to.

It contains the following programs of others, under the licences that stand below their names.
`

function* packageFolders(modules: string): Generator<string> {
  for (const name of existsSync(modules) ? readdirSync(modules).toSorted() : []) {
    const folder = join(modules, name)
    if (name.startsWith('@')) yield* packageFolders(folder)
    else if (existsSync(join(folder, 'package.json'))) {
      yield folder
      yield* packageFolders(join(folder, 'node_modules'))
    }
  }
}

function manifestOf(folder: string) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    readonly name: string
    readonly version: string
    readonly license?: string | { readonly type: string }
  }
  return { name, version, license: typeof license === 'object' ? license.type : (license ?? 'not named') }
}

function licenceText(folder: string): string {
  const files = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && LICENCE_FILE.test(entry.name))
    .map(({ name }) => name)
    .toSorted()
  return files.map((file) => readFileSync(join(folder, file), 'utf8').trim()).join('\n\n')
}
