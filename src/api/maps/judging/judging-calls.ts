/** What the thread that judges texts can be asked. It reads the files of the devices folder, and changes nothing. */
import { join } from 'node:path'
import { namesIn } from '../../../documents/yaml-folder.ts'
import { isMachine, ownerCode } from '../../../domain/owner.ts'
import { createDrivers } from '../../../drivers/index.ts'
import {
  type CompletedWords,
  type CompletionSources,
  complete,
} from '../../../maps/edit/completion/complete.ts'
import { type DeviceFile, findDeviceFile } from '../../../maps/edit/device-files.ts'
import {
  type DraftJudgement,
  type EditedSet,
  judgeDraft,
  judgeRemoval,
  type SubjectEffect,
} from '../../../maps/edit/judge-draft.ts'
import { type GatewayFiles, mayName } from '../../../maps/edit/site-files.ts'
import { GOOD_MAPS_FOLDER, readGoodMaps } from '../../../maps/good-maps.ts'
import { deviceMapJsonSchema, profileJsonSchema } from '../../../maps/json-schemas.ts'
import { KnownFiles } from '../../../maps/known-files.ts'
import type { Hardware } from '../../../maps/map-kind.ts'
import { folderShelf, PROFILES_FOLDER } from '../../../maps/profiles/shelf.ts'
import { BRAND_TONES } from '../../../scanners/brands.ts'
import { createScanners } from '../../../scanners/index.ts'
import { seesTheSame } from '../../../status/take-over.ts'

/** Where the files are. */
export interface JudgingSetup {
  /** Of the device maps, absolute. */
  readonly folder: string
  readonly dataFolder: string
  /** Files are named relative to it. */
  readonly cwd: string
  /** Of the gateway itself: no device may be given what stands in them. */
  readonly own: GatewayFiles
}

/** The calls that the thread answers. */
export interface JudgingCalls {
  draft(name: string, text: string): DraftJudgement
  removal(name: string): readonly SubjectEffect[]
  complete(name: string, text: string, offset: number): CompletedWords
  /** Gets ready for the first of the others. */
  warmUp(): void
}

/** Nothing is read before it is asked. */
export function judgingCalls(setup: JudgingSetup): JudgingCalls {
  const hardware: Hardware = {
    drivers: createDrivers().all,
    transports: createScanners().all,
    brands: BRAND_TONES,
  }
  const mayNameHere = (file: string) => mayName(file, setup)
  const set: EditedSet = {
    ...{ ...setup, ...hardware, seesTheSame, mayName: mayNameHere },
    known: new KnownFiles(),
  }
  let schemas: Pick<CompletionSources, 'map' | 'profile'> | undefined
  const schemasOnce = () => {
    schemas ??= { map: deviceMapJsonSchema(hardware), profile: profileJsonSchema(hardware.drivers) }
    return schemas
  }
  const find = (name: string): DeviceFile => {
    const file = findDeviceFile(setup.folder, name)
    if (!file) throw new Error(`"${name}" is no name of a file of device maps`)
    return file
  }
  return {
    draft: (name, text) => judgeDraft(set, find(name), text),
    removal: (name) => judgeRemoval(set, find(name)),
    complete: (name, text, offset) =>
      complete(text, offset, find(name).kind, { ...schemasOnce(), beside: besideIn(setup) }),
    warmUp: () => void schemasOnce(),
  }
}

function besideIn({ folder, dataFolder, cwd }: JudgingSetup): CompletionSources['beside'] {
  const shelf = folderShelf(join(folder, PROFILES_FOLDER), cwd)
  const owners = [...readGoodMaps(join(dataFolder, GOOD_MAPS_FOLDER), cwd).maps.keys()]
  return {
    machines: owners.filter(isMachine).map(ownerCode).sort(),
    profiles: shelf.names(),
    tables: namesIn(folder).filter((name) => /\.csv$/i.test(name)),
    profile: (name) => shelf.find(name)?.value,
  }
}
