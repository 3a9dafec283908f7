/** What the folder of device maps says of itself. */
import type { ConfigFault } from '../domain/errors.ts'
import type { Health, MapsHealth, Trouble } from '../domain/health.ts'
import type { MapInForce, MapSet } from './map-files.ts'
import { type MapNews, troubledBy } from './map-news.ts'
import { type MapStore, withUnkept } from './map-store.ts'
import { MAP_FAULTS, MAP_ROLLED_BACK } from './troubles.ts'

/** What a reading of the folder said, without the maps themselves. */
export interface SaidOfMaps extends Pick<MapSet, 'faults' | 'passedOver'> {
  readonly maps: readonly Omit<MapInForce, 'map'>[]
}

/** With what is wrong with their keeping, and with the keeping of what is in force no more. */
export function withAllUnkept(said: SaidOfMaps, unkept: MapStore['unkept']): SaidOfMaps {
  const inForce = new Set(said.maps.map(({ owner }) => owner))
  const others = [...unkept].flatMap(([owner, faults]) => (inForce.has(owner) ? [] : faults))
  return { ...said, maps: withUnkept(said.maps, unkept), faults: [...said.faults, ...others] }
}

/** @param waiting troubles of machines that are not read any more */
export function mapsHealth(
  { maps, faults, passedOver }: SaidOfMaps,
  news: Pick<MapNews, 'changed' | 'trouble'>,
  waiting: readonly Trouble[],
): Health<MapsHealth> {
  return {
    summary: {
      inForce: maps.map(({ owner, file, loadedAtMs, faults }) => ({
        owner,
        file,
        loadedAtMs,
        faults,
        changed: news.changed(owner),
      })),
      passedOver,
    },
    troubles: [
      ...waiting,
      ...maps.flatMap((map) => map.faults.map((fault) => troubleOf(fault, map))),
      ...faults.map((fault) => troubleOf(fault)),
      ...(news.trouble ? [news.trouble] : []),
    ],
  }
}

/** @param inForce what goes on in place of the file's map, if anything */
function troubleOf(
  { file, line, column, message, hint }: ConfigFault,
  inForce?: SaidOfMaps['maps'][number],
): Trouble {
  const isRolledBack = inForce?.isRolledBack ?? false
  const goesOn = inForce?.isLastGood && !isRolledBack ? 'until then its last good map goes on' : undefined
  const hints = [hint, goesOn].filter((one) => one !== undefined)
  return {
    code: MAP_FAULTS,
    ...(isRolledBack && { code: MAP_ROLLED_BACK }),
    what: `${file}:${line}:${column}: ${message}`,
    ...(hints.length === 0 ? {} : { hint: hints.join('; ') }),
    sinceMs: null,
    ...(inForce && troubledBy(inForce.owner)),
  }
}
