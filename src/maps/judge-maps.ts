/** Judges the maps of a folder beside each other, as `check` and the editor show it, with last good maps deciding who has what. */
import { join, resolve } from 'node:path'
import type { ConfigFault } from '../domain/errors.ts'
import { judgeRules } from './check-rules.ts'
import { GOOD_MAPS_FOLDER, holdersOf, readGoodMaps } from './good-maps.ts'
import type { MapFile, MapFolder } from './map-file.ts'
import { readMapFiles } from './map-files.ts'
import { sameDeviceHints } from './same-device.ts'
import { samePlaceHints } from './same-place.ts'
import { missingMachineHints, samePortFaults, shadowMachineHints } from './stations-among.ts'

/** What is said of the maps of a folder. */
interface MapVerdict {
  /** With the faults that each has by itself. */
  readonly files: readonly MapFile[]
  /** What is wrong only beside the others. */
  readonly together: readonly ConfigFault[]
  /** What is unwise or passed over, and no fault. */
  readonly hints: readonly ConfigFault[]
  /** Why no map can be judged. */
  readonly inTheWay: readonly ConfigFault[]
}

/** @param hasRulesJudged which files have the rules of their scans compared: it can take seconds */
export function judgeMaps(
  where: MapFolder & { readonly dataFolder: string },
  hasRulesJudged: (file: MapFile) => boolean = () => true,
): MapVerdict {
  const { cwd, dataFolder, extra = [] } = where
  const holders = holdersOf(readGoodMaps(join(dataFolder, GOOD_MAPS_FOLDER), cwd).maps)
  const elsewhere = extra.length === 0 ? [] : outsideOf(where, extra)
  const { files, folderFault, passedOver } = readMapFiles({ ...where, extra: elsewhere }, holders)
  const rules = judgeRules(files.filter(hasRulesJudged))
  return {
    files,
    together: [...rules.faults, ...samePortFaults(files)],
    hints: [
      ...files.flatMap((map) => map.hints),
      ...sameDeviceHints(files),
      ...samePlaceHints(files),
      ...missingMachineHints(files),
      ...shadowMachineHints(files),
      ...rules.hints,
      ...passedOver,
    ],
    inTheWay: folderFault ? [folderFault] : [],
  }
}

/** Those that the folder does not hold already. */
function outsideOf({ extra: _, ...folder }: MapFolder, paths: readonly string[]): readonly string[] {
  const known = new Set(readMapFiles(folder).files.map(({ file }) => resolve(folder.cwd, file)))
  return paths.filter((path) => !known.has(path))
}
