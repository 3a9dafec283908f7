/**
 * Collects what a gateway is made of, while it runs or while it is stopped: each file is replaced as a whole wherever it is written, and
 * where anything changed while it was read, all of it is read again. The log is never in it: a log that comes back would be a second
 * history under one name.
 */
import { readdirSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { openLogReader } from '../buffer/log-reader.ts'
import { outboxFile } from '../buffer/outbox-options.ts'
import type { Config } from '../config/config.ts'
import { isReleasePath } from '../releases/release-files.ts'
import { currentRelease, NOTE_FILE } from '../releases/release-folder.ts'
import { RELEASES_FOLDER, releaseFolders } from '../releases/settings.ts'
import { readPlainFile } from '../runtime/plain-file.ts'
import type { BackupAbout, BackupFile } from './backup-file.ts'
import { BackupRefused } from './backup-refused.ts'
import { namedFiles } from './named-files.ts'

/** What is collected, and of what. */
interface Collected {
  readonly files: readonly BackupFile[]
  readonly leftOut: readonly string[]
}

interface Gateway {
  /** `gateway.yaml`, absolute. */
  readonly configFile: string
  readonly config: Config
  readonly cwd: string
}

const FILE_BYTES_MAX = 64 * 1024 ** 2
const DEPTH_MAX = 6
const ATTEMPTS = 10
const AGAIN_MS = 300

/** In the data folder, by their paths: configuration in another form, identity, and what people have done. */
const KEPT_DATA =
  /^(maps\/[^/]+\.json|routes\/[^/]+\.json|map-history\/[^/]+\.json|opcua\/trusted-servers\.json|opcua\/pki\/(own|trusted|issuers)\/.+\.(pem|der|crt|cer|crl|key)|console\/(users\.json|own-certificate\.pem))$/
const SECRET_DATA = /^(opcua\/pki\/own\/private\/|console\/own-certificate\.pem$)/

/** A release as it came into force; never the link to it, which a restore makes itself. */
const RELEASE_DATA = /^releases\/(?!\.|current\/)[^/]+\/(.+)$/

/** Whether a backup may hold this file of the data folder: never the log, a lock or the audit trail, whoever has made it. */
export function isKeptData(path: string): boolean {
  const [, released] = RELEASE_DATA.exec(path) ?? []
  return (
    KEPT_DATA.test(path) || (released !== undefined && (released === NOTE_FILE || isReleasePath(released)))
  )
}

/** @param keepsSecrets only where the backup is locked */
export async function collect(gateway: Gateway, keepsSecrets: boolean): Promise<Collected> {
  for (let attempt = 1; ; attempt++) {
    const before = sources(gateway)
    const read = before.map(({ stamp: _, file, ...rest }) => ({ ...rest, bytes: bytesOf(file) }))
    if (stampsOf(before) === stampsOf(sources(gateway))) {
      const files = read.flatMap(({ bytes, ...rest }) => (bytes ? [{ ...rest, bytes }] : []))
      const kept = files.filter(({ isSecret }) => keepsSecrets || !isSecret)
      const secrets = files.filter((file) => !kept.includes(file))
      const unreadable = read.filter(({ bytes }) => bytes === undefined)
      const leftOut = [
        ...secrets.map(placeOf),
        ...unreadable.map((file) => `${placeOf(file)} (the gateway's user may not read it)`),
      ]
      return { files: kept, leftOut }
    }
    if (attempt === ATTEMPTS)
      throw new BackupRefused('its files change all the time', 'try again when nobody edits device maps')
    await wait(AGAIN_MS)
  }
}

interface Source extends Omit<BackupFile, 'bytes'> {
  readonly file: string
  readonly stamp: string
}

function sources({ configFile, config, cwd }: Gateway): readonly Source[] {
  const { devicesFolder, routesFolder, dataFolder } = config
  const isElsewhere = devicesFolder === releaseFolders(dataFolder).devices
  const release = isElsewhere ? currentRelease(dataFolder) : undefined
  const whole = (root: BackupFile['root'], folder: string, within = '') =>
    filesBelow(folder).map((path) => sourceOf(root, within + path, join(folder, path), false))
  const data = filesBelow(dataFolder).filter((path) => KEPT_DATA.test(path))
  return [
    sourceOf('configuration', basename(configFile), configFile, false),
    ...(isElsewhere ? [] : [...whole('devices', devicesFolder), ...whole('routes', routesFolder)]),
    ...(release
      ? whole('data', join(dataFolder, RELEASES_FOLDER, release.name), `${RELEASES_FOLDER}/${release.name}/`)
      : []),
    ...data.map((path) => sourceOf('data', path, join(dataFolder, path), SECRET_DATA.test(path))),
    ...namedFiles(configFile, config, cwd)
      .filter(({ file }) => isFile(file))
      .map(({ path, file, isSecret }) => sourceOf('named', path, file, isSecret)),
  ]
}

function sourceOf(root: BackupFile['root'], path: string, file: string, isSecret: boolean): Source {
  const { size, mtimeMs, ino } = readable(() => statSync(file)) ?? UNKNOWN
  return { root, path, file, isSecret, stamp: `${ino} ${size} ${mtimeMs}` }
}

const UNKNOWN = { size: 0, mtimeMs: 0, ino: 0 }

function bytesOf(file: string): Uint8Array | undefined {
  return readable(() => readPlainFile(file, FILE_BYTES_MAX))
}

/** Undefined where the gateway's user may not read it. */
function readable<Read>(read: () => Read): Read | undefined {
  try {
    return read()
  } catch (error) {
    if (/^(EACCES|EPERM)$/.test(String((error as { readonly code?: unknown }).code))) return undefined
    throw error
  }
}

function placeOf({ root, path }: Pick<Source, 'root' | 'path'>): string {
  return `${root}/${path}`
}

function stampsOf(files: readonly Source[]): string {
  return files.map(({ root, path, stamp }) => `${root}/${path} ${stamp}`).join('\n')
}

/** Plain files, and what may be one behind a link that may not be followed, by their paths within the folder; hidden ones are left out, as a file that is only half written has a hidden name. */
export function filesBelow(folder: string, depth = DEPTH_MAX): readonly string[] {
  const names = namesOf(folder).filter((name) => !name.startsWith('.'))
  return names.flatMap((name) => {
    const path = join(folder, name)
    const stat = readable(() => statSync(path, { throwIfNoEntry: false }) ?? null)
    if (stat === undefined || stat?.isFile()) return [name]
    return stat?.isDirectory() && depth > 0
      ? filesBelow(path, depth - 1).map((inside) => `${name}/${inside}`)
      : []
  })
}

function namesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort()
  } catch (error) {
    if ((error as { readonly code?: unknown }).code === 'ENOENT') return []
    throw error
  }
}

function isFile(path: string): boolean {
  const stat = readable(() => statSync(path, { throwIfNoEntry: false }) ?? null)
  return stat === undefined || (stat?.isFile() ?? false)
}

/** How far the log of a gateway stands with central at this moment; null where there is no log that can be read. */
export function streamOf({ dataFolder }: Config): BackupAbout['stream'] {
  try {
    using log = openLogReader(outboxFile(dataFolder))
    const { incarnation, epoch } = log.identity
    return { incarnation, epoch, acknowledged: log.acknowledged('central') }
  } catch {
    // A gateway that never ran has none.
    return null
  }
}
