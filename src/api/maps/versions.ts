/** The history of what a file describes, and the texts of its versions. */
import { join } from 'node:path'
import { ApiRefusal } from '../../console/refusal.ts'
import type { Owner } from '../../domain/owner.ts'
import { claimOf } from '../../maps/claims.ts'
import { MAP_KINDS } from '../../maps/compile-map.ts'
import { plainText } from '../../maps/edit/file-text.ts'
import type { MapFollower } from '../../maps/follow-maps.ts'
import { folderTables } from '../../maps/machine/reasons/reason-file.ts'
import { type AppliedMap, readMapHistories, readMapHistory, readMapVersion } from '../../maps/map-history.ts'
import { folderShelf, PROFILES_FOLDER } from '../../maps/profiles/shelf.ts'
import { readFilesAhead, readNamesAhead } from '../../runtime/read-ahead.ts'
import type { MapHistory, MapVersionEntry, MapVersionText } from './shapes.ts'
import { namedFile, subjectOf } from './wire.ts'

export interface VersionParts {
  /** Of the device maps, absolute. */
  readonly folder: string
  readonly dataFolder: string
  readonly cwd: string
  readonly follower: Pick<MapFollower, 'health' | 'standing'>
}

/** Also of a file that was taken away: then whoever had it last. */
export async function historyOf(name: string, parts: VersionParts): Promise<MapHistory> {
  const owners = await ownersOf(name, parts)
  return { subjects: await Promise.all(owners.map((owner) => subjectHistory(owner, parts))) }
}

async function subjectHistory(
  owner: Owner,
  { dataFolder, follower }: VersionParts,
): Promise<MapHistory['subjects'][number]> {
  const { maps } = await readMapHistory(dataFolder, owner)
  const { inForce } = follower.standing(owner)
  const versions = maps.toReversed()
  const newest = versions.findIndex(({ content }) => content === inForce?.content)
  return {
    ...subjectOf(owner),
    versions: versions.map((version, index) => entryOnWire(version, index === newest)),
  }
}

/** @throws ApiRefusal where it is not kept */
export async function versionOf(name: string, content: string, parts: VersionParts): Promise<MapVersionText> {
  const { folder, dataFolder, cwd } = parts
  const owners = await ownersOf(name, parts)
  const texts = await Promise.all(owners.map((owner) => readMapVersion(dataFolder, owner, content)))
  const found = texts.find((text) => text !== undefined)
  if (!found) {
    const hint = 'texts are kept of the latest versions of each map'
    throw new ApiRefusal(404, 'map-version-unknown', `no version ${content} of ${name} is kept`, { hint })
  }
  const profileFiles = Object.keys(found.profiles).map((one) => join(folder, PROFILES_FOLDER, `${one}.yaml`))
  await readNamesAhead([folder, join(folder, PROFILES_FOLDER)])
  await readFilesAhead([...profileFiles, ...Object.keys(found.tables).map((one) => join(folder, one))])
  const shelf = folderShelf(join(folder, PROFILES_FOLDER), cwd)
  const tables = folderTables(folder, cwd)
  const profiles = Object.entries(found.profiles).filter(([one, text]) => shelf.find(one)?.text !== text)
  const changed = Object.entries(found.tables).filter(([one, text]) => tables.find(one).text !== text)
  return {
    text: plainText(found.text),
    drawn_on_since: [
      ...profiles.map(([one]) => `${PROFILES_FOLDER}/${one}.yaml`),
      ...changed.map(([one]) => one),
    ],
  }
}

/** Whom the file describes: as it is in force, as it says, or as it last did. */
async function ownersOf(
  name: string,
  { folder, dataFolder, cwd, follower }: VersionParts,
): Promise<readonly Owner[]> {
  const named = namedFile(folder, cwd, name)
  const inForce = follower.health().summary.inForce.filter(({ file }) => file === named)
  if (inForce.length > 0) return inForce.map(({ owner }) => owner)
  const claimed = claimOf(join(folder, name), MAP_KINDS)
  if (claimed) return [claimed]
  return (await readMapHistories(dataFolder))
    .filter(({ maps }) => maps.findLast(({ file }) => file !== '')?.file === named)
    .map(({ owner }) => owner)
}

function entryOnWire({ isKept, ...version }: AppliedMap, isInForce: boolean): MapVersionEntry {
  return { ...version, kept: isKept, in_force: isInForce }
}
