/**
 * Puts a backup back. Nothing is overwritten without a word, the log is never touched, and `gateway.yaml` comes last: a gateway whose restore
 * was interrupted does not start, and the same call finishes it.
 */
import { existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { lockInstance } from '../buffer/instance-lock.ts'
import { outboxFile } from '../buffer/outbox-options.ts'
import { guessFolders } from '../config/load-config.ts'
import { isYamlName } from '../documents/yaml-folder.ts'
import { CURRENT, RELEASES_FOLDER, releaseFolders } from '../releases/settings.ts'
import { giveToNeighbours, linkOfAnother, replaceFileSync, syncFolderSync } from '../runtime/files.ts'
import { readPlainFile } from '../runtime/plain-file.ts'
import type { BackupFile } from './backup-file.ts'
import { BackupRefused } from './backup-refused.ts'
import { filesBelow, isKeptData } from './collect.ts'
import { type GatewayFolders, isWithin, namedFiles } from './named-files.ts'

interface RestoreSite {
  /** Where `gateway.yaml` is to be, absolute. */
  readonly configFile: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  /** Whether files that say something else may be overwritten. */
  readonly overwrites: boolean
  /** Whether a passphrase proves that nobody has changed it: what is not proven puts nothing beside the gateway's own files. */
  readonly isProven: boolean
}

/** What was done. */
interface Restored {
  readonly written: readonly string[]
  /** Were there already, just as they are in the backup. */
  readonly same: number
  /** Lie where device maps and routes are, and are not in the backup: they count all the same. */
  readonly besides: readonly string[]
  /** Passwords, keys and certificates that are named and not there. */
  readonly missing: readonly string[]
  /** Were not put where the backup wants them: nothing proves who has made it. */
  readonly withheld: readonly string[]
  /** The data folder has a log: the gateway goes on with it. */
  readonly hasLog: boolean
}

interface Target extends Pick<BackupFile, 'bytes'> {
  readonly path: string
  readonly mode: number
}

/** Everybody in the plant may read it. */
const OPEN_MODE = 0o644
const PRIVATE_MODE = 0o600
const PRIVATE_FOLDER = 0o700
const OPEN_FOLDER = 0o755
/** What is read here, and what no other program takes for a program or for settings of its own. */
const DATA_FILE = /\.(ya?ml|csv|pem|crt|cer|der|md|txt|json)$/i
const FILE_BYTES_MAX = 64 * 1024 ** 2

/** @throws BackupRefused; InstanceLocked where the gateway runs */
export function restore(files: readonly BackupFile[], site: RestoreSite): Restored {
  const configuration = files.find(({ root }) => root === 'configuration')
  if (!configuration) throw new BackupRefused('there is no gateway.yaml in it', 'take another backup')
  const { configFile } = site
  const draft = join(dirname(configFile), `.${basename(configFile)}.restored`)
  writeTo({ path: draft, bytes: configuration.bytes, mode: PRIVATE_MODE }, OPEN_FOLDER)
  try {
    // What it names need not be there yet, so that it cannot be judged as a whole before.
    const folders = guessFolders({ ...site, file: draft })
    refuseLinks(folders.dataFolder)
    using _lock = lockInstance(folders.dataFolder)
    return restoreTo(files, { ...site, configuration, folders, draft })
  } finally {
    rmSync(draft, { force: true })
  }
}

interface RestoreParts extends RestoreSite {
  readonly configuration: BackupFile
  readonly folders: GatewayFolders
  /** The new `gateway.yaml`, under another name. */
  readonly draft: string
}

function restoreTo(files: readonly BackupFile[], parts: RestoreParts): Restored {
  const { configuration, folders, draft, configFile, cwd, overwrites } = parts
  const last: Target = { path: configFile, bytes: configuration.bytes, mode: OPEN_MODE }
  const placed = files.flatMap((file) => targetOf(file, folders) ?? [])
  const plain = placed.filter((target) => isTrusted(target, parts))
  const conflicts = [...plain, last].filter(isOther).map(({ path }) => path)
  const besides = unknownMaps(plain, folders)
  if (!overwrites && conflicts.length + besides.length > 0) throw conflict([...conflicts, ...besides])
  const written: string[] = []
  const put = (target: Target) => {
    if (isSame(target)) return
    writeTo(target, isWithin(target.path, folders.dataFolder) ? PRIVATE_FOLDER : OPEN_FOLDER)
    written.push(target.path)
  }
  for (const target of plain) put(target)
  linkRelease(files, folders)
  const named = namedFiles(draft, folders, cwd)
  const wanted = namedTargets(files, named, overwrites)
  for (const target of wanted.filter((target) => isTrusted(target, parts))) put(target)
  put(last)
  const withheld = [...placed, ...wanted].filter((target) => !isTrusted(target, parts))
  return {
    written,
    same: files.length - withheld.length - written.length,
    besides,
    missing: named.filter(({ file }) => !existsSync(file)).map(({ file }) => file),
    withheld: withheld.map(({ path }) => path),
    hasLog: existsSync(outboxFile(folders.dataFolder)),
  }
}

/**
 * Whoever restores may be root, and a file is a way in wherever the system reads it. So a backup that no passphrase proves puts nothing
 * outside the gateway's own folders, and nothing but maps and certificates into those that its `gateway.yaml` names.
 */
function isTrusted({ path }: Target, { isProven, configFile, folders }: RestoreParts): boolean {
  const { devicesFolder, routesFolder, dataFolder } = folders
  if (isProven || isWithin(path, dataFolder)) return true
  if ([devicesFolder, routesFolder].some((folder) => isWithin(path, folder))) return DATA_FILE.test(path)
  return isWithin(path, dirname(configFile))
}

function conflict(files: readonly string[]): BackupRefused {
  const hint =
    'move them away, or say --overwrite: then they give way, and what the backup does not know stays'
  return new BackupRefused('there are other files already; nothing is restored', hint, files)
}

function refuseLinks(folder: string): void {
  const link = linkOfAnother(folder)
  if (link === undefined) return
  const hint = 'look where it leads; remove it, or lay it as the user who restores'
  throw new BackupRefused(`${link} is a link that another user has laid; nothing is written through it`, hint)
}

function foreign(path: string): BackupRefused {
  return new BackupRefused(
    `data/${path} in it belongs in no backup; nothing is restored`,
    'take a file that millrace backup has made',
  )
}

/** Undefined for what is put back otherwise. @throws BackupRefused of what would be the log, a lock or the audit trail */
function targetOf({ root, path, bytes }: BackupFile, folders: GatewayFolders): Target | undefined {
  const { devicesFolder, routesFolder, dataFolder } = folders
  if (root === 'data' && !isKeptData(path)) throw foreign(path)
  if (root === 'devices') return { path: join(devicesFolder, path), bytes, mode: OPEN_MODE }
  if (root === 'routes') return { path: join(routesFolder, path), bytes, mode: OPEN_MODE }
  return root === 'data' ? { path: join(dataFolder, path), bytes, mode: PRIVATE_MODE } : undefined
}

/** Each goes where the document says that names it; another file that is there already stays, unless it may be overwritten. */
function namedTargets(
  files: readonly BackupFile[],
  named: ReturnType<typeof namedFiles>,
  overwrites: boolean,
): readonly Target[] {
  return files
    .filter(({ root }) => root === 'named')
    .flatMap(({ path, bytes, isSecret }) => {
      const file = named.find((one) => one.path === path)?.file
      if (file === undefined || (existsSync(file) && !overwrites)) return []
      return [{ path: file, bytes, mode: isSecret ? PRIVATE_MODE : OPEN_MODE }]
    })
}

/** Device maps and routes that the backup does not have: with them, the set would be a mixture of two. */
function unknownMaps(
  targets: readonly Target[],
  { devicesFolder, routesFolder }: GatewayFolders,
): readonly string[] {
  const known = new Set(targets.map(({ path }) => path))
  return [devicesFolder, routesFolder]
    .flatMap((folder) => filesBelow(folder).map((path) => join(folder, path)))
    .filter((path) => isYamlName(basename(path)) && !path.includes('/examples/') && !known.has(path))
}

/** The release that was in force is in force again. */
function linkRelease(files: readonly BackupFile[], { dataFolder, devicesFolder }: GatewayFolders): void {
  if (devicesFolder !== releaseFolders(dataFolder).devices) return
  const note = files.find(
    ({ root, path }) => root === 'data' && /^releases\/[^/]+\/release\.json$/.test(path),
  )
  const name = note?.path.split('/')[1]
  const link = join(dataFolder, RELEASES_FOLDER, CURRENT)
  if (name === undefined) return
  refuseLinks(join(dirname(link), name))
  // An empty folder of routes is no file of a backup.
  for (const folder of Object.values(releaseFolders(dataFolder)))
    mkdirSync(join(dataFolder, RELEASES_FOLDER, name, basename(folder)), {
      recursive: true,
      mode: PRIVATE_FOLDER,
    })
  rmSync(link, { force: true })
  symlinkSync(name, link)
  syncFolderSync(dirname(link))
}

function isOther(target: Target): boolean {
  return existsSync(target.path) && !isSame(target)
}

function isSame({ path, bytes }: Target): boolean {
  return existsSync(path) && Buffer.compare(readPlainFile(path, FILE_BYTES_MAX), bytes) === 0
}

/** @throws BackupRefused where another user has laid a link on the way: it would be root that writes where it leads */
function writeTo({ path, bytes, mode }: Target, folderMode: number): void {
  refuseLinks(dirname(path))
  makeFolder(dirname(path), folderMode)
  replaceFileSync(path, bytes, mode)
}

/** Each new folder belongs to whoever has the one around it. */
function makeFolder(folder: string, mode: number): void {
  if (existsSync(folder)) return
  makeFolder(dirname(folder), mode)
  mkdirSync(folder, { mode })
  giveToNeighbours(folder)
}

/** For people: relative to where they are. */
export function shownPath(path: string, cwd: string): string {
  const near = relative(cwd, path)
  return near.startsWith('..') ? path : near
}
