/** The section `configuration:` of `gateway.yaml`: device maps and routes that come from elsewhere. */
import { statSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { z } from 'zod'
import type { DocumentDraft } from '../documents/draft.ts'
import type { Path } from '../documents/place.ts'
import { duration } from '../documents/quantities.ts'
import type { Section, Settling } from '../documents/section.ts'
import { text } from '../documents/text.ts'
import { Secret } from '../runtime/secret.ts'

/** What proves to a server who asks: from the environment, or a file that is read each time. */
export interface LoginSecret {
  readonly secret?: Secret
  readonly secretFile?: string
}

/** A git repository: one that is fetched, or a checkout on this computer that somebody else keeps up to date. Paths are absolute. */
export interface GitSource {
  readonly kind: 'git'
  /** Undefined where it is a checkout on this computer. */
  readonly url?: string
  readonly checkout?: string
  readonly branch: string
  /** Within the repository, with `/` between its parts; empty: its root. */
  readonly folder: string
  /** Whose SSH signatures count; without it whoever may write to the repository is trusted. */
  readonly allowedSignersFile?: string
  readonly user?: string
  readonly password: LoginSecret
  readonly caFile?: string
  /** Of SSH. */
  readonly keyFile?: string
  readonly knownHostsFile?: string
}

/** A signed bundle behind a URL. */
export interface BundleSource {
  readonly kind: 'bundle'
  readonly url: string
  readonly publicKeyFile: string
  readonly token: LoginSecret
  readonly caFile?: string
}

/** Where device maps and routes come from, and how often is looked. */
export interface ReleaseSettings {
  readonly source: GitSource | BundleSource
  readonly everyMs: number
}

/** All releases, in the data folder. */
export const RELEASES_FOLDER = 'releases'
/** The link to the release in force. */
export const CURRENT = 'current'

/** Where the device maps and routes of the release in force are; it need not be there yet. */
export function releaseFolders(dataFolder: string): { readonly devices: string; readonly routes: string } {
  return foldersOf(join(dataFolder, RELEASES_FOLDER, CURRENT))
}

/** The folders of one release. */
export function foldersOf(release: string): { readonly devices: string; readonly routes: string } {
  return { devices: join(release, 'devices'), routes: join(release, 'routes') }
}

const PATH_MAX = 4096
const URL_MAX = 2048
/** As git names branches, without the forms that it would take for something else. */
const BRANCH = /^(?![-/.])(?!.*(\.\.|\/\/|@\{|\.lock$|\/$))[\p{L}\p{N}._/-]+$/u
const FOLDER = /^(?!\/)(?!.*(^|\/)\.\.(\/|$))[^\\:*?"<>|]*$/

const path = () => text(PATH_MAX).optional()
const refused = (name: string, variable: string) =>
  z.never({ error: `a ${name} has no place in this file: use ${name}_file or ${variable}` }).optional()

const gitSchema = z
  .strictObject({
    url: text(URL_MAX).optional().describe('https:// or ssh:// of a repository, without a password.'),
    path: path().describe('Instead: a checkout on this computer that somebody else keeps up to date.'),
    branch: text(200).regex(BRANCH, { error: 'the name of a branch, such as main' }).default('main'),
    folder: text(PATH_MAX)
      .regex(FOLDER, { error: 'a folder within the repository, such as plants/sav-1' })
      .default('.')
      .describe('Where devices/ and routes/ are within the repository.'),
    allowed_signers_file: path().describe(
      'Whose SSH signatures of commits count (ssh-keygen, ALLOWED SIGNERS).',
    ),
    user: text(255).optional(),
    password: refused('password', 'MILLRACE_CONFIGURATION_GIT_PASSWORD'),
    password_file: path().describe('A file that holds nothing but the password or access token.'),
    ca_file: path(),
    key_file: path().describe('The private key for ssh://.'),
    known_hosts_file: path().describe('The keys of the hosts that ssh:// may reach.'),
  })
  .meta({ title: 'git' })

const bundleSchema = z
  .strictObject({
    url: text(URL_MAX).describe('https:// of the bundle that millrace bundle has made.'),
    public_key_file: text(PATH_MAX).describe('The Ed25519 key that bundles must be signed with, in PEM.'),
    token: refused('token', 'MILLRACE_CONFIGURATION_BUNDLE_TOKEN'),
    token_file: path().describe('A file with the token that the server asks for (Authorization: Bearer).'),
    ca_file: path(),
  })
  .meta({ title: 'bundle' })

const schema = z
  .strictObject({
    git: gitSchema.optional(),
    bundle: bundleSchema.optional(),
    every: duration({ min: '5s', max: '7d' }).prefault('5m').describe('How often is looked for a newer one.'),
  })
  .meta({ title: 'configuration' })
  .nullable()
  .default(null)
  .describe('Device maps and routes from elsewhere; without it they are the folders devices and routes.')

type Written = z.output<typeof schema>

/** The section, as `config/` puts it together with the others; null where the files of this computer hold. */
export const configurationSection: Section<Written, ReleaseSettings | null> = {
  schema,
  settle: (settling, at, written) => {
    if (written === undefined) return undefined
    if (written === null) return null
    const { git, bundle, every } = written
    if ((git === undefined) === (bundle === undefined)) {
      settling.draft.fault(at, 'device maps and routes come from one place', 'either git: or bundle:', 'key')
      return undefined
    }
    const source = git
      ? settleGit(settling, [...at, 'git'], git)
      : bundle && settleBundle(settling, [...at, 'bundle'], bundle)
    return source && { source, everyMs: every }
  },
}

type Files = Readonly<Record<string, string | undefined>>

function settleGit(settling: Settling, at: Path, written: z.output<typeof gitSchema>): GitSource | undefined {
  const { draft, resolve } = settling
  const { url, path: checkout, branch, folder, user } = written
  if ((url === undefined) === (checkout === undefined)) {
    draft.fault(at, 'a repository is at one place', 'either url: or path:', 'key')
    return undefined
  }
  if (url !== undefined && !isGitUrl(draft, at, url, written.allowed_signers_file !== undefined))
    return undefined
  const file = fileReader(settling, at, written)
  return {
    kind: 'git',
    ...(url !== undefined && { url }),
    ...(checkout !== undefined && { checkout: resolve([...at, 'path'], checkout) }),
    branch,
    folder: folder
      .split('/')
      .filter((part) => part !== '.' && part !== '')
      .join('/'),
    ...(user !== undefined && { user }),
    password: loginSecret(settling, [...at, 'password'], written.password_file),
    ...file('allowedSignersFile', 'allowed_signers_file'),
    ...file('caFile', 'ca_file'),
    ...file('keyFile', 'key_file'),
    ...file('knownHostsFile', 'known_hosts_file'),
  }
}

function settleBundle(
  settling: Settling,
  at: Path,
  written: z.output<typeof bundleSchema>,
): BundleSource | undefined {
  const { draft, resolve } = settling
  const url = URL.canParse(written.url) ? new URL(written.url) : undefined
  if (!url || !['https:', 'http:'].includes(url.protocol)) {
    draft.fault(
      [...at, 'url'],
      'this is not the URL of a bundle',
      'as in https://updates.plant.example/sav-1.bundle',
    )
    return undefined
  }
  if (hasLogin(draft, at, url)) return undefined
  const token = loginSecret(settling, [...at, 'token'], written.token_file)
  if (url.protocol === 'http:' && (token.secret || token.secretFile)) {
    draft.fault([...at, 'url'], 'the token would be sent in clear text', 'use https://')
    return undefined
  }
  const publicKeyFile = resolve([...at, 'public_key_file'], written.public_key_file)
  return {
    kind: 'bundle',
    url: written.url,
    publicKeyFile,
    token,
    ...fileReader(settling, at, written)('caFile', 'ca_file'),
  }
}

/** A file's path as a setting, where the section names one. */
function fileReader({ resolve }: Settling, at: Path, written: object) {
  const files = written as Files
  return <Name extends string>(name: Name, key: string): { readonly [Key in Name]?: string } => {
    const file = files[key]
    if (file === undefined) return {}
    return { [name]: resolve([...at, key], file) } as { readonly [Key in Name]?: string }
  }
}

/** `git@host:path` is how people write ssh. */
const SCP_LIKE = /^[\w.-]+@[\w.-]+:(?!\/\/)[^\s]+$/

function isGitUrl(draft: DocumentDraft, at: Path, written: string, isSigned: boolean): boolean {
  const path = [...at, 'url']
  if (SCP_LIKE.test(written)) return true
  const url = URL.canParse(written) ? new URL(written) : undefined
  if (isAbsolute(written) || url?.protocol === 'file:') {
    draft.fault(path, 'a repository of this computer is no URL', 'write path: instead of url:')
    return false
  }
  if (!url || !['https:', 'http:', 'ssh:'].includes(url.protocol)) {
    draft.fault(path, 'this is not the URL of a git repository', 'as in https://git.plant.example/plant.git')
    return false
  }
  if (url.search !== '' || url.hash !== '') {
    // git is called with it, and every user of the computer can see how a program was called.
    draft.fault(
      path,
      'what stands behind ? or # may be a secret, and would be seen',
      'use user and password_file',
    )
    return false
  }
  if (url.protocol === 'ssh:') return !hasPassword(draft, at, url)
  if (url.protocol === 'http:' && !isSigned) {
    draft.fault(
      path,
      'over http:// anybody on the way could change the maps',
      'use https://, or allowed_signers_file',
    )
    return false
  }
  return !hasLogin(draft, at, url)
}

/** The message never repeats the URL. */
function hasLogin(draft: DocumentDraft, at: Path, url: URL): boolean {
  if (url.username === '') return hasPassword(draft, at, url)
  draft.fault([...at, 'url'], 'the URL holds a login', 'use user and password_file, or token_file')
  return true
}

function hasPassword(draft: DocumentDraft, at: Path, url: URL): boolean {
  if (url.password === '') return false
  draft.fault([...at, 'url'], 'the URL holds a password', 'use password_file')
  return true
}

/** The bits of a file's mode that let others than the owner use it. */
const SHARED_MODE = 0o077

/** The environment wins. The file is read at each look; that it is not there yet is no reason not to start. */
function loginSecret(settling: Settling, at: Path, written: string | undefined): LoginSecret {
  const { value } = settling.secret(at)
  if (value) return { secret: new Secret(value) }
  if (written === undefined) return {}
  const key: Path = [...at.slice(0, -1), `${String(at.at(-1))}_file`]
  const file = settling.resolve(key, written)
  const stat = statSync(file, { throwIfNoEntry: false })
  const place = { path: key.join('.'), ...settling.draft.origin.place(key) }
  if (!stat) settling.warnings.push({ ...place, message: `${written} is not there`, hint: 'create it' })
  else if (stat.mode & SHARED_MODE) {
    const message = `others than its owner can read ${written}`
    settling.warnings.push({ ...place, message, hint: `chmod 600 ${written}` })
  }
  return { secretFile: file }
}
