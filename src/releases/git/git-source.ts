/**
 * A git repository as a place that releases come from: the commit at the tip of a branch, or the one that is checked out on this computer.
 * Each look has a repository of its own, which is removed after it.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolderBelow } from '../../runtime/files.ts'
import { readPlainFile } from '../../runtime/plain-file.ts'
import { systemFault } from '../../runtime/system-fault.ts'
import type { NewRelease } from '../install-release.ts'
import { readSecret } from '../read-secret.ts'
import { ReleaseRefused, ReleaseUnreachable } from '../release-error.ts'
import { type ReleaseNote, releasesIn, UNFINISHED } from '../release-folder.ts'
import type { ReleaseSource } from '../release-source.ts'
import type { GitSource } from '../settings.ts'
import { readCheckout } from './checkout.ts'
import { gitConfig } from './git-config.ts'
import { readTree } from './git-tree.ts'
import { type GitWorld, runGit } from './run-git.ts'

/** So far back a commit is known to stand on the one in force; beyond it, its date decides. */
const HISTORY = 500
const INCOMING = 'refs/millrace/incoming'
const SHORT = 12
const SIGNERS_BYTES_MAX = 1_048_576
const SHA256_LENGTH = 64

/** Nothing is looked at before it is asked. */
export function gitSource(source: GitSource, dataFolder: string): ReleaseSource {
  const { url, checkout = '', branch, folder } = source
  const place = url === undefined ? checkout : `${url}, branch ${branch}`
  const from = folder === '' ? place : `${place}, folder ${folder}`
  return {
    kind: 'git',
    from,
    find: async (current, signal) => {
      const releases = releasesIn(dataFolder)
      await makeFolderBelow(dataFolder, releases)
      const scratch = await mkdtemp(join(releases, `${UNFINISHED}git-`))
      try {
        const look = new Look(source, { line: `git ${from}`, from, folder: scratch, signal })
        return await look.find(current)
      } finally {
        await rm(scratch, { recursive: true, force: true })
      }
    },
  }
}

interface LookParts extends Pick<ReleaseNote, 'line' | 'from'> {
  /** Of this look alone. */
  readonly folder: string
  readonly signal: AbortSignal
}

/** One look at the repository. */
class Look {
  readonly #source: GitSource
  readonly #parts: LookParts
  readonly #world: GitWorld

  constructor(source: GitSource, parts: LookParts) {
    const { folder, signal } = parts
    const configFile = join(folder, 'config')
    const password = readSecret(source.password)
    const login = password && { user: source.user ?? 'git', password }
    this.#source = source
    this.#parts = parts
    this.#world = { repository: join(folder, 'repository'), configFile, login, signal }
  }

  async find(current: ReleaseNote | undefined): Promise<NewRelease | undefined> {
    const { line, from } = this.#parts
    await writeFile(this.#world.configFile, gitConfig(this.#source), { mode: 0o600 })
    const known = current?.line === line ? current : undefined
    const { commit, world } = await this.#commit(known)
    if (commit === known?.id) return undefined
    const { signer, dateS } = await this.#provenance(commit, world)
    if (known) await refuseOlder({ commit, dateS }, known, world)
    const files = await readTree(commit, this.#source.folder, world)
    const name = `git-${commit.slice(0, SHORT)}`
    return { note: { name, kind: 'git', from, line, counter: dateS, id: commit, signer }, files }
  }

  /** Its objects are there afterwards, unless it is the commit in force. */
  async #commit(
    known: ReleaseNote | undefined,
  ): Promise<{ readonly commit: string; readonly world: GitWorld }> {
    const { url, checkout = '' } = this.#source
    if (url !== undefined) return { commit: await this.#fetch(url, known), world: this.#world }
    const { commit, objects, copyShallow } = await readCheckout(checkout)
    await this.#init(commit)
    await copyShallow(this.#world.repository)
    return { commit, world: { ...this.#world, objects } }
  }

  async #fetch(url: string, known: ReleaseNote | undefined): Promise<string> {
    const ref = `refs/heads/${this.#source.branch}`
    const { output } = await runGit(['ls-remote', '--', url, ref], this.#world)
    // It also lists refs/heads/x/refs/heads/main, which anybody may have pushed.
    const line = output
      .toString('utf8')
      .split('\n')
      .find((one) => one.endsWith(`\t${ref}`))
    const [tip = ''] = (line ?? '').split('\t')
    if (tip === '')
      throw new ReleaseUnreachable(`there is no branch ${this.#source.branch} in it`, 'check git.branch')
    if (tip === known?.id) return tip
    await this.#init(tip)
    const how = [
      '--quiet',
      `--depth=${HISTORY}`,
      '--no-tags',
      '--no-recurse-submodules',
      '--no-write-fetch-head',
    ]
    await runGit(['fetch', ...how, '--', url, `+${ref}:${INCOMING}`], this.#world)
    const parsed = await runGit(['rev-parse', '--verify', `${INCOMING}^{commit}`], this.#world)
    return parsed.output.toString('utf8').trim()
  }

  async #init(commit: string): Promise<void> {
    const format = commit.length === SHA256_LENGTH ? 'sha256' : 'sha1'
    await runGit(['init', '--quiet', '--bare', `--object-format=${format}`], this.#world)
  }

  /** Who has signed a commit, and when it was made. @throws ReleaseRefused where it must be signed and is not */
  async #provenance(commit: string, world: GitWorld) {
    const { allowedSignersFile } = this.#source
    if (allowedSignersFile !== undefined) {
      readable(allowedSignersFile)
      const { code } = await runGit(['verify-commit', commit], world, { answers: [0, 1, 128] })
      if (code !== 0) throw unsigned(commit)
    }
    const format = allowedSignersFile === undefined ? '%ct%n' : '%ct%n%GS'
    const { output } = await runGit(['log', '-1', `--format=${format}`, commit], world)
    const [dateS = '', signer = ''] = output.toString('utf8').split('\n')
    return { signer: signer === '' ? null : signer, dateS: Number(dateS) }
  }
}

function readable(file: string): void {
  try {
    readPlainFile(file, SIGNERS_BYTES_MAX)
  } catch (error) {
    const why = systemFault(error)?.what ?? 'it cannot be read'
    throw new ReleaseUnreachable(
      `nobody is known who may sign: ${file}: ${why}`,
      'check allowed_signers_file',
      error,
    )
  }
}

function unsigned(commit: string): ReleaseRefused {
  const what = `commit ${commit.slice(0, SHORT)} is not signed by anybody in allowed_signers_file`
  return new ReleaseRefused(what, 'sign it (git commit -S) with a key that stands there, and push it')
}

interface DatedCommit {
  readonly commit: string
  readonly dateS: number
}

/** A commit goes on from the one in force, or is at least younger: a server cannot bring back what was replaced. */
async function refuseOlder(
  { commit, dateS }: DatedCommit,
  current: ReleaseNote,
  world: GitWorld,
): Promise<void> {
  const standsOn = ['merge-base', '--is-ancestor', current.id, commit]
  const { code } = await runGit(standsOn, world, { answers: [0, 1, 128] })
  if (code === 0 || dateS > current.counter) return
  const what = `commit ${commit.slice(0, SHORT)} is older than ${current.id.slice(0, SHORT)}, which is in force`
  throw new ReleaseRefused(what, 'to go back, make a new commit that says what the old one said (git revert)')
}
