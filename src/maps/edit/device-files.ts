/**
 * The files of the devices folder that can be edited, by their names: `press-07.yaml`, `profiles/festo.yaml`, `codes.csv`. A name
 * never leads out of the folder; where a file is a link, whoever made the link decided where it leads.
 */
import { basename, dirname, join } from 'node:path'
import { isYamlName, namesIn } from '../../documents/yaml-folder.ts'
import { isProfileFile, PROFILES_FOLDER } from '../profiles/shelf.ts'

/** What a file is, by where it stands and by its ending. */
export type DeviceFileKind = 'map' | 'profile' | 'table'

/** One file, which need not exist yet. */
export interface DeviceFile {
  /** Within the devices folder. */
  readonly name: string
  /** Absolute. */
  readonly path: string
  readonly kind: DeviceFileKind
}

/** Every file that is read, or can be drawn on. */
export function listDeviceFiles(folder: string): readonly DeviceFile[] {
  const names = namesIn(folder)
  const profiles = namesIn(join(folder, PROFILES_FOLDER))
  return [
    ...names.filter((name) => isYamlName(name) || isTableName(name)),
    ...profiles.filter((name) => isProfileFile(name, profiles)).map((name) => `${PROFILES_FOLDER}/${name}`),
  ].map((name) => fileOf(folder, name))
}

/** The file of this name where there is one, or where one may be made under it. */
export function findDeviceFile(folder: string, name: string): DeviceFile | undefined {
  return listDeviceFiles(folder).find((file) => file.name === name) ?? newFile(folder, name)
}

/** A letter or digit first, so that nothing is hidden, and nothing that a shell, Windows or a URL would take for more than a name. */
const NEW_NAME = /^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,99}\.(yaml|yml|csv)$/u

/** What a name of a new file has to be like, for people. */
export const NEW_NAME_HINT =
  'letters, digits, blanks, - and _, and at the end .yaml, or .csv for a table of codes; profiles are profiles/NAME.yaml'

function newFile(folder: string, name: string): DeviceFile | undefined {
  const inside = dirname(name) === PROFILES_FOLDER ? basename(name) : name
  const isOfFolder = inside !== name && inside.endsWith('.csv')
  return NEW_NAME.test(inside) && !isOfFolder ? fileOf(folder, name) : undefined
}

function fileOf(folder: string, name: string): DeviceFile {
  return { name, path: join(folder, name), kind: kindOf(name) }
}

function kindOf(name: string): DeviceFileKind {
  if (isTableName(name)) return 'table'
  return dirname(name) === PROFILES_FOLDER ? 'profile' : 'map'
}

function isTableName(name: string): boolean {
  return /^[^.#].*\.csv$/is.test(name)
}
