/** The device maps of the gateway: what keeps them in force, and what is noted of each that comes into force. */
import { dirname, join, resolve } from 'node:path'
import type { Config } from '../config/config.ts'
import { ConsoleSaves } from '../maps/edit/console-saves.ts'
import { createMapFollower, type MapConsumer, type MapFollower } from '../maps/follow-maps.ts'
import { noteAppliedMap, savedBy, sweepMapHistories } from '../maps/map-history.ts'
import type { NoteMap } from '../maps/map-news.ts'
import { createMapStore } from '../maps/map-store.ts'
import type { MapTexts } from '../maps/map-texts.ts'
import { PROFILES_FOLDER } from '../maps/profiles/shelf.ts'
import { BRAND_TONES } from '../scanners/brands.ts'
import type { World } from './world.ts'

/** The maps, and what is saved of them in the console. */
interface DeviceMaps {
  readonly follower: MapFollower
  readonly saves: ConsoleSaves
}

export function createDeviceMaps(config: Config, world: World, consumer: MapConsumer): DeviceMaps {
  const { devicesFolder, dataFolder } = config
  const { clock, log, cwd, onReload, drivers, scanners } = world
  const now = () => clock.now().wallMs
  const hardware = { drivers: drivers.all, transports: scanners.all, brands: BRAND_TONES }
  const store = createMapStore({ ...hardware, devicesFolder, dataFolder, cwd, now })
  const saves = new ConsoleSaves()
  let swept: Promise<void> | undefined
  const note: NoteMap = ({ owner, map, file, texts, what, atMs }) => {
    const path = resolve(cwd, file)
    const saved = {
      inConsole: saves.latest(filesOf(path, texts), 0),
      byFile: map && !map.isLastGood ? savedBy(path) : null,
    }
    const content = map?.content ?? ''
    return async () => {
      swept ??= sweepMapHistories(dataFolder)
      await swept
      return noteAppliedMap(dataFolder, owner, { atMs, file: map?.file ?? '', content, what, texts, saved })
    }
  }
  const follower = createMapFollower({ store, note, devicesFolder, consumer, clock, log, onReload })
  return { follower, saves }
}

/** The file of a map, and those that it draws on. */
function filesOf(path: string, texts: MapTexts | undefined): readonly string[] {
  const folder = dirname(path)
  const profiles = Object.keys(texts?.profiles ?? {}).flatMap((name) => [`${name}.yaml`, `${name}.yml`])
  return [
    path,
    ...profiles.map((name) => join(folder, PROFILES_FOLDER, name)),
    ...Object.keys(texts?.tables ?? {}).map((name) => join(folder, name)),
  ]
}
