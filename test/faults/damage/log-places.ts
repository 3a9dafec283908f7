/** What each byte of a log belongs to, over all of its files. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { databasePlaces, PAGE_BYTES, type Place } from './database-places.ts'
import { WHOLE_PART } from './lost-parts.ts'
import { LOG_FILE, LOG_PARTS, type WrittenLog } from './written-logs.ts'

/** All places of one structure in one file of one log. */
export interface Target {
  readonly log: WrittenLog
  readonly part: (typeof LOG_PARTS)[number]
  readonly structure: string
  readonly places: readonly Place[]
}

const WAL_HEADER_BYTES = 32
const FRAME_HEADER_BYTES = 24

/** Everything that can be damaged in some logs. */
export function targetsIn(logs: readonly WrittenLog[]): readonly Target[] {
  return logs.flatMap((log) => [...partTargets(log), ...strangerTargets(log)])
}

function partTargets(log: WrittenLog): readonly Target[] {
  return LOG_PARTS.filter((part) => existsSync(join(log.folder, part))).flatMap((part) => {
    const file = readFileSync(join(log.folder, part))
    const places = placesIn(part, file).filter(({ length }) => length > 0)
    const byStructure = Map.groupBy(places, ({ structure }) => structure)
    const targets = [...byStructure].map(([structure, ofIt]) => ({ log, part, structure, places: ofIt }))
    return [...targets, { log, part, structure: WHOLE_PART, places: [] }]
  })
}

function strangerTargets(log: WrittenLog): readonly Target[] {
  return log.strangers.map(({ what, isOwnLogGone }) => ({
    log,
    part: isOwnLogGone ? `${LOG_FILE}-wal` : LOG_FILE,
    structure: what,
    places: [],
  }))
}

function placesIn(part: (typeof LOG_PARTS)[number], file: Buffer): readonly Place[] {
  if (part === LOG_FILE) return databasePlaces(file)
  if (part.endsWith('-wal')) return writeAheadPlaces(file)
  return [{ structure: 'wal index', at: 0, length: file.length }]
}

function writeAheadPlaces(file: Buffer): readonly Place[] {
  const places = [{ structure: 'wal header', at: 0, length: WAL_HEADER_BYTES }]
  const frame = FRAME_HEADER_BYTES + PAGE_BYTES
  for (let at = WAL_HEADER_BYTES; at + frame <= file.length; at += frame) {
    places.push({ structure: 'wal frame header', at, length: FRAME_HEADER_BYTES })
    places.push({ structure: 'wal frame', at: at + FRAME_HEADER_BYTES, length: PAGE_BYTES })
  }
  return places
}
