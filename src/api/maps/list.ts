/** The files of the devices folder as the page lists them: what each describes, and how it stands. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { MapsHealth, Trouble } from '../../domain/health.ts'
import type { Owner } from '../../domain/owner.ts'
import { claimOf } from '../../maps/claims.ts'
import { MAP_KINDS } from '../../maps/compile-map.ts'
import { type DeviceFile, listDeviceFiles } from '../../maps/edit/device-files.ts'
import type { MapEditor } from '../../maps/edit/map-editor.ts'
import type { MapFollower } from '../../maps/follow-maps.ts'
import { PROFILES_FOLDER } from '../../maps/profiles/shelf.ts'
import { readFilesAhead, readNamesAhead } from '../../runtime/read-ahead.ts'
import type { FileList, ListedFile } from './shapes.ts'
import { faultOnWire, namedFile, subjectOf, utcOrNull } from './wire.ts'

/** What the list is made of. */
export interface ListParts {
  /** Of the device maps, absolute. */
  readonly folder: string
  /** Files are named relative to it. */
  readonly cwd: string
  readonly editor: Pick<MapEditor, 'writeFault'>
  readonly follower: Pick<MapFollower, 'health' | 'standing'>
}

/** A new file of the folder, to find out whether one can be made. */
const SOME_NEW_FILE = 'new.yaml'

export async function listFiles({ folder, cwd, editor, follower }: ListParts): Promise<FileList> {
  const { summary, troubles } = follower.health()
  const fault = await editor.writeFault(SOME_NEW_FILE)
  const inForce = new Set(summary.inForce.map(({ file }) => file))
  const names = await readdir(folder).catch(() => [])
  const others = names.filter((name) => !inForce.has(namedFile(folder, cwd, name)))
  // What is in force is known; the others say themselves whom they are about.
  await readNamesAhead([folder, join(folder, PROFILES_FOLDER)])
  await readFilesAhead(others.map((name) => join(folder, name)))
  const listed = (file: DeviceFile) =>
    listedFile(file, { named: namedFile(folder, cwd, file.name), summary, troubles, follower })
  return {
    folder,
    not_writable: fault ? { what: fault.message, hint: fault.hint ?? null } : null,
    files: listDeviceFiles(folder).map(listed),
    passed_over: summary.passedOver.map(faultOnWire),
  }
}

interface Standing extends Pick<ListParts, 'follower'> {
  readonly named: string
  readonly summary: MapsHealth
  readonly troubles: readonly Trouble[]
}

function listedFile(file: DeviceFile, { named, summary, troubles, follower }: Standing): ListedFile {
  const inForce = summary.inForce.find((map) => map.file === named)
  const owner = file.kind === 'map' ? (inForce?.owner ?? claimOf(file.path, MAP_KINDS)) : undefined
  const { changed } = inForce ?? {}
  return {
    file: file.name,
    kind: kindOf(file, owner),
    subject: owner ? subjectOf(owner).code : null,
    faults: troubles.filter(({ what }) => what.startsWith(`${named}:`)).length,
    in_force_since: utcOrNull(inForce?.loadedAtMs),
    changed: changed ? { at: new Date(changed.atMs).toISOString(), what: changed.what } : null,
    rolled_back: inForce ? rolledBack(inForce.owner, follower) : null,
  }
}

function kindOf({ kind }: DeviceFile, owner: Owner | undefined): ListedFile['kind'] {
  return owner ? subjectOf(owner).kind : kind
}

function rolledBack(owner: Owner, follower: ListParts['follower']): string | null {
  const { inForce } = follower.standing(owner)
  return inForce?.isRolledBack ? inForce.faults.map(({ message }) => message).join('; ') : null
}
