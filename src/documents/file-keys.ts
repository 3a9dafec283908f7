/** Keys whose values name files: their names end in `_file`, also in a group of keys. A file may be a credential of systemd. */
import { join, resolve } from 'node:path'
import { isRecord } from './draft.ts'
import type { Path } from './place.ts'

type Keys = Readonly<Record<string, unknown>>

const ENDING = '_file'

/** What to do about a file that may not be named. */
export const SITE_FILES_HINT =
  'keep the passwords of devices in files of their own beside the folder of the maps, as in secrets/; in a map that is written by hand there, any file may stand'

/** `credential:central-password`: what the unit's `LoadCredential=` and the like have put into the service's own folder. */
const CREDENTIAL = /^credential:(\w[\w.-]{0,254})$/
/**
 * Where systemd keeps them while the service runs, in memory and for its user alone. The service finds the same folder in
 * CREDENTIALS_DIRECTORY; commands that root runs beside it find it by this name.
 */
const CREDENTIALS_FOLDER = '/run/credentials/millrace.service'

/**
 * The absolute path of a file as a key names it.
 * @param folder where relative ones begin
 * @param credentials the folder of the service's credentials, where the environment names one
 */
export function namedFile(written: string, folder: string, credentials = CREDENTIALS_FOLDER): string {
  const [, credential] = CREDENTIAL.exec(written) ?? []
  return credential === undefined ? resolve(folder, written) : join(credentials, credential)
}

/** The same keys, with relative files beginning in a folder. */
export function absoluteFiles(keys: Keys, folder: string): Keys {
  return Object.fromEntries(
    Object.entries(keys).map(([key, value]) => {
      if (isRecord(value)) return [key, absoluteFiles(value, folder)]
      const isFile = key.endsWith(ENDING) && typeof value === 'string'
      return [key, isFile ? namedFile(value, folder) : value]
    }),
  )
}

/** The files that keys name, and where. */
export function filesIn(keys: Keys): readonly { readonly at: Path; readonly file: string }[] {
  return Object.entries(keys).flatMap(([key, value]) => {
    if (isRecord(value)) return filesIn(value).map(({ at, file }) => ({ at: [key, ...at], file }))
    return key.endsWith(ENDING) && typeof value === 'string' ? [{ at: [key], file: value }] : []
  })
}
