/**
 * Which files a map may name that somebody sends from a page: passwords and keys of the devices of this site. A device gets what stands in
 * such a file as its password, and whoever writes a map says which device that is: of any other file, the content would be given away.
 */
import { realpathSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { isRecord } from '../../documents/draft.ts'
import { filesIn, namedFile } from '../../documents/file-keys.ts'
import { isYamlName, namesIn } from '../../documents/yaml-folder.ts'
import { readYamlFile } from '../../documents/yaml-source.ts'
import { listDeviceFiles } from './device-files.ts'

/** What belongs to the gateway itself. All paths are absolute. */
export interface GatewayFiles {
  /** `gateway.yaml`, and what it names: central's password, keys. */
  readonly files: readonly string[]
  readonly dataFolder: string
  /** Its files name passwords as well, of brokers and databases. */
  readonly routesFolder: string
}

/** Where the files of a site are. */
interface SiteFolders {
  /** Of the device maps, absolute. */
  readonly folder: string
  readonly cwd: string
  readonly own: GatewayFiles
}

/**
 * Whether a map that was sent may name a file: one of this site that is not the gateway's own, or one that a file of the folder
 * names already, since whoever wrote that may write there by hand.
 */
export function mayName(file: string, site: SiteFolders): boolean {
  const path = namedFile(file, site.folder)
  return (isOfSite(path, site) && !isOwn(path, site.own)) || namedAlready(site).has(path)
}

/** Beside the folder of the maps, or below that. What is hidden, or holds an environment, is nobody's password alone. */
function isOfSite(path: string, { folder }: SiteFolders): boolean {
  const steps = relative(dirname(folder), path).split(/[\\/]/)
  return !steps.some((step) => step.startsWith('.') || step === '') && !path.endsWith('.env')
}

function isOwn(path: string, { files, dataFolder, routesFolder }: GatewayFiles): boolean {
  const asked = [path, realPath(path)]
  const folders = [dataFolder, realPath(dataFolder), routesFolder, realPath(routesFolder)]
  if (folders.some((folder) => asked.some((one) => !relative(folder, one).startsWith('..')))) return true
  const own = [...files, ...namedByRoutes(routesFolder)].flatMap((one) => [one, realPath(one)])
  return asked.some((one) => own.includes(one))
}

function namedByRoutes(folder: string): readonly string[] {
  const names = namesIn(folder).filter(isYamlName)
  return names.flatMap((name) => namedIn(join(folder, name), folder, folder))
}

function namedAlready({ folder, cwd }: SiteFolders): ReadonlySet<string> {
  const documents = listDeviceFiles(folder).filter(({ kind }) => kind !== 'table')
  return new Set(documents.flatMap(({ path }) => namedIn(path, folder, cwd)))
}

/** The files that one document names. */
function namedIn(path: string, folder: string, cwd: string): readonly string[] {
  const { value } = readYamlFile(path, cwd)
  return isRecord(value) ? filesIn(value).map(({ file }) => namedFile(file, folder)) : []
}

/** Without links; of what is not there, as it was written. */
function realPath(path: string): string {
  try {
    return realpathSync.native(path)
  } catch {
    return path
  }
}
