/** What lies in the folder of device maps: the files that are read, and those that somebody may believe to be read. */
import { join, relative } from 'node:path'
import {
  isYamlName,
  listYamlFolder,
  looksLikeYaml,
  namesIn,
  type YamlListing,
} from '../documents/yaml-folder.ts'
import type { ConfigFault } from '../domain/errors.ts'
import { claimOf } from './claims.ts'
import { MAP_KINDS } from './compile-map.ts'
import { withDrafts } from './drafts.ts'
import type { MapFolder } from './map-file.ts'
import { isProfileFile, PROFILES_FOLDER } from './profiles/shelf.ts'

/** The content of the folder, or why it cannot be read; then nothing is known of any file. */
export type MapListing = Omit<YamlListing, 'isAbsent'>

/** More files than this are not read. */
const FILES_MAX = 1_000

/** Reads the names only, and the beginnings of files without an ending. */
export function listMaps(where: MapFolder): MapListing {
  const { folder, cwd, drafts, kinds = MAP_KINDS } = where
  const {
    isAbsent: _,
    names,
    ...listing
  } = listYamlFolder({
    folder,
    cwd,
    noun: 'device map',
    filesMax: FILES_MAX,
    isMeant: (path) => claimOf(path, kinds) !== undefined,
    within: (name, path) => (name === PROFILES_FOLDER ? passedOverProfiles(path, where) : undefined),
  })
  return { names: withDrafts(names, folder, drafts).filter(isYamlName), ...listing }
}

function passedOverProfiles(path: string, { cwd }: MapFolder): readonly ConfigFault[] {
  const names = namesIn(path)
  return names
    .filter((name) => looksLikeYaml(name) && !isProfileFile(name, names))
    .map((name) => ({
      file: relative(cwd, join(path, name)),
      line: 1,
      column: 1,
      path: '',
      message: 'passed over: a profile is called NAME.yaml or NAME.yml, one file a name',
      hint: 'rename it, or move it away if nobody needs it',
    }))
}
