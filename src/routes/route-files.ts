/** Reads the folder of route files: one route a file, each judged on its own, then against the others. */
import { join } from 'node:path'
import { listYamlFolder, type YamlListing } from '../documents/yaml-folder.ts'
import { readYamlFile } from '../documents/yaml-source.ts'
import { judgeRouteFile, type RouteFile, type RouteJudge } from './route-file.ts'

/** Which files there are to read, and how. */
interface RouteFolder extends RouteJudge {
  readonly folder: string
  /** Absolute paths of files that are judged as if they stood in the folder, in place of those that describe the same. */
  readonly extra?: readonly string[]
}

/** The files of a folder, or why they cannot be read. Where no folder ever was, there are no routes besides central. */
export interface RouteFiles extends Omit<YamlListing, 'names'> {
  readonly files: readonly RouteFile[]
}

/** More files than this are not read: each route has a position of its own in the log, and a connection. */
const FILES_MAX = 100

/**
 * All files in the order of their names. Of two that describe one route, one has it: the one that had it before, or the first.
 * @param holders the file that has a route already, by its name in the folder
 */
export function readRouteFiles(
  where: RouteFolder,
  holders: ReadonlyMap<string, string> = new Map(),
): RouteFiles {
  const { names, ...listing } = listRoutes(where)
  const read = (path: string) => judgeRouteFile(readYamlFile(path, where.cwd), path, where)
  const replacing = (where.extra ?? []).map(read)
  const replaced = new Set(replacing.flatMap(({ claim }) => claim?.name ?? []))
  const standing = names
    .map((name) => read(join(where.folder, name)))
    .filter(({ claim }) => claim === undefined || !replaced.has(claim.name))
  const files = [...withoutTwins(replacing, new Map()), ...withoutTwins(standing, holders)]
  return { files: files.toSorted((a, b) => (a.name < b.name ? -1 : 1)), ...listing }
}

function withoutTwins(
  files: readonly RouteFile[],
  holders: ReadonlyMap<string, string>,
): readonly RouteFile[] {
  const claimed = Map.groupBy(files, ({ claim }) => claim?.name)
  return files.map((file) => {
    const name = file.claim?.name
    const alike = (name !== undefined && claimed.get(name)) || [file]
    const holder = alike.find((one) => one.name === holders.get(name ?? '')) ?? alike[0]
    return holder === undefined || holder === file ? file : asTwin(file, holder)
  })
}

/** It describes no route: the other file's goes on. */
function asTwin(file: RouteFile, holder: RouteFile): RouteFile {
  const message = `${holder.file} describes the route "${file.claim?.name}" already`
  const fault = {
    ...file.place,
    path: 'route',
    message,
    hint: 'give one of them another name, or remove one file',
  }
  return { ...file, claim: undefined, route: undefined, faults: [...file.faults, fault] }
}

/** A file without an ending is never meant: what is no YAML by its name holds secrets, or notes. */
function listRoutes({ folder, cwd }: RouteFolder): YamlListing {
  return listYamlFolder({ folder, cwd, noun: 'route file', filesMax: FILES_MAX, isMeant: () => false })
}
