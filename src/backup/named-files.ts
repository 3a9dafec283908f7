/** The files that a configuration, device maps and routes name: passwords, keys and certificates, wherever they are on this computer. */
import { dirname, join, relative } from 'node:path'
import type { Config } from '../config/config.ts'
import { isRecord } from '../documents/draft.ts'
import { filesIn, namedFile } from '../documents/file-keys.ts'
import { isYamlName, namesIn } from '../documents/yaml-folder.ts'
import { readYamlFile } from '../documents/yaml-source.ts'
import { PROFILES_FOLDER } from '../maps/profiles/shelf.ts'

/** A file that a key names. */
interface NamedFile {
  /** The document and the key, the name of the document, a slash and the key: where it is said, whatever it says. */
  readonly path: string
  /** Absolute. */
  readonly file: string
  readonly isSecret: boolean
}

/** Where the files of a gateway are, all absolute. */
export type GatewayFolders = Pick<Config, 'devicesFolder' | 'routesFolder' | 'dataFolder'>

interface Document {
  readonly name: string
  readonly path: string
  /** Relative files begin here. */
  readonly from: string
}

/** These are shown to everybody who asks. */
const PUBLIC_KEYS = /^(ca|cert|public_key|allowed_signers|known_hosts)_file$/

/** @param configFile `gateway.yaml`, absolute; it may lie under another name for the moment */
export function namedFiles(configFile: string, folders: GatewayFolders, cwd: string): readonly NamedFile[] {
  const { devicesFolder: devices, routesFolder: routes } = folders
  const documents: readonly Document[] = [
    { name: 'gateway.yaml', path: configFile, from: dirname(configFile) },
    ...documentsIn(devices, { as: 'devices', from: devices }),
    ...documentsIn(join(devices, PROFILES_FOLDER), { as: 'devices/profiles', from: devices }),
    ...documentsIn(routes, { as: 'routes', from: routes }),
  ]
  return documents.flatMap(({ name, path, from }) => {
    const { value } = readYamlFile(path, cwd)
    const named = isRecord(value) ? filesIn(value) : []
    return named.map(({ at, file }) => ({
      path: `${name}/${at.join('.')}`,
      file: namedFile(file, from),
      isSecret: !PUBLIC_KEYS.test(String(at.at(-1))),
    }))
  })
}

function documentsIn(
  folder: string,
  { as, from }: { readonly as: string; readonly from: string },
): readonly Document[] {
  return namesIn(folder)
    .filter(isYamlName)
    .map((name) => ({ name: `${as}/${name}`, path: join(folder, name), from }))
}

/** Whether a path is in a folder, or is that folder. */
export function isWithin(path: string, folder: string): boolean {
  return !relative(folder, path).startsWith('..')
}
