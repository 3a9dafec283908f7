/**
 * Keeps what is in force in step with the files: a bad file changes nothing, a good one only its own subject, and one with which
 * nothing can be read is taken back.
 *
 * It knows neither devices nor the derivation: a consumer puts maps in force and takes them away. One reading of the folder
 * goes on at a time, and a stop is noticed between any two files.
 */
import { type ConfigFault, faultText } from '../domain/errors.ts'
import type { Health, MapsHealth, Trouble } from '../domain/health.ts'
import type { Owner } from '../domain/owner.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Log } from '../runtime/log.ts'
import { FaultLog, MAP_FAULTS, MAP_ROLLED_BACK } from './fault-log.ts'
import type { MapInForce, MapSet } from './map-files.ts'
import type { SubjectMap } from './map-kind.ts'
import { MapNews, type NoteMap, nameOf, troubledBy } from './map-news.ts'
import type { MapStore } from './map-store.ts'
import { type MachineReading, MapTrials } from './map-trials.ts'
import { type Absent, judgeMapless, WaitingForMap } from './mapless.ts'
import { watchMaps } from './watch-maps.ts'

/** What is done with maps that come into force and go: the gateway ties it to devices and the derivation. */
export interface MapConsumer {
  /** Puts a map in force, in place of its subject's former one where there is one. */
  put(owner: Owner, map: SubjectMap): Promise<void>
  /**
   * The subject has no map any more, perhaps since before this start of the gateway.
   * @param lastMap the last one that it had; undefined where it is lost, or this version cannot understand it any more
   */
  remove(owner: Owner, lastMap: SubjectMap | undefined): Promise<void>
  /** How well a machine is read now; undefined where it is none, or not in place. */
  reading(owner: Owner): MachineReading | undefined
  /** Those with a saved state who were not put in place since the start. */
  absent(): readonly Absent[]
  /** Puts a subject in place of which nothing can be read until its file is mended. */
  putWithoutMap(owner: Owner, file: string): void
}

interface MapFollowerParts {
  readonly store: Pick<MapStore, 'read' | 'forget' | 'refuse'>
  readonly note: NoteMap
  readonly devicesFolder: string
  readonly consumer: MapConsumer
  readonly clock: Clock
  readonly log: Pick<Log, 'info' | 'warn' | 'error'>
  /** Calls back when the maps are to be read again at once. Returns the way to stop that. */
  readonly onReload: (listener: () => void) => () => void
}

/** What keeps the maps in force in step with the files, and says what is wrong with them. */
export interface MapFollower {
  /** Reads all maps once. Aborted, it ends after the file that it is at, and takes no map away. */
  load(signal: AbortSignal): Promise<void>
  /** Reads them again whenever they change or a reload is asked for, until aborted. */
  follow(signal: AbortSignal): Promise<void>
  health(): Health<MapsHealth>
}

/** Nothing is read before `load`. */
export function createMapFollower(parts: MapFollowerParts): MapFollower {
  const { store, consumer, clock, log } = parts
  const inForce = new Map<Owner, SubjectMap>()
  const news = new MapNews(parts)
  const trials = new MapTrials()
  const faultLog = new FaultLog(log)
  const waiting = new WaitingForMap({ put: consumer.putWithoutMap, now: () => clock.now().wallMs, log })
  let current: MapSet = { maps: [], takenAway: [], unusable: [], faults: [], passedOver: [] }

  async function load(signal: AbortSignal, triesAgain = false): Promise<void> {
    const reading = store.read({ triesAgain })
    while (!signal.aborted) {
      const step = reading.next()
      if (step.done) return settle(step.value)
      if (step.value) await take(step.value)
      // Lets the devices of this map be spoken to, and a stop be noticed, before the next file is read.
      await clock.sleep(0, signal)
    }
  }

  async function take(taken: MapInForce): Promise<void> {
    const { owner, map, faults, isLastGood, isRolledBack } = taken
    const subject = nameOf(owner)
    faultLog.found(faults, subject, isLastGood && !isRolledBack ? 'last good map stays: ' : '')
    const before = inForce.get(owner)
    if (isSame(before, map)) return
    const was = consumer.reading(owner)
    await consumer.put(owner, map)
    inForce.set(owner, map)
    waiting.end(owner)
    if (before && !isRolledBack) trials.begin(owner, { before, now: map }, was, clock.now().wallMs)
    news.inForce(taken, before)
  }

  /** All files were read: what none of them describes any more is taken away. */
  async function settle(set: MapSet): Promise<void> {
    for (const passed of newIn(set, current)) log.info({}, faultText(passed))
    current = set
    faultLog.found(set.faults)
    // Of a folder that cannot be read nobody knows what is still wrong in it.
    if (!set.folderFault) faultLog.onlyThese([...set.maps.flatMap((map) => map.faults), ...set.faults])
    const mapless = judgeMapless(set, [...waiting.absent, ...consumer.absent()])
    for (const [owner, file] of mapless.waiting) waiting.wait(owner, file)
    for (const owner of mapless.gone) await takeAway(owner, undefined)
    for (const [owner, lastMap] of leaving(set, inForce)) await takeAway(owner, lastMap)
  }

  async function takeAway(owner: Owner, lastMap: SubjectMap | undefined): Promise<void> {
    await consumer.remove(owner, lastMap)
    // Only now: what was not taken out of service in full is found again at the next start.
    store.forget(owner)
    inForce.delete(owner)
    trials.end(owner)
    waiting.end(owner)
    news.takenAway(owner)
  }

  return {
    load,
    follow: (signal) => followFiles(parts, { load, trials }, signal),
    health: () => healthOf(current, news, waiting.troubles),
  }
}

interface Following {
  load(signal: AbortSignal, triesAgain?: boolean): Promise<void>
  readonly trials: MapTrials
}

async function followFiles(
  parts: MapFollowerParts,
  { load, trials }: Following,
  signal: AbortSignal,
): Promise<void> {
  const { devicesFolder, clock, log } = parts
  let turn = Promise.resolve()
  const again = (triesAgain = false) => {
    turn = turn
      .then(() => load(signal, triesAgain))
      .catch((error: unknown) => log.error({ error }, 'the device maps could not be read again'))
  }
  const stopReload = parts.onReload(() => again(true))
  try {
    await Promise.all([
      watchMaps(devicesFolder, () => again(), signal, { clock }),
      judgeTrials(parts, trials, () => again(), signal),
    ])
  } finally {
    stopReload()
    await turn
  }
}

/** Refuses each map whose trial has failed, and reads again: the one before it comes back into force. */
async function judgeTrials(
  { clock, consumer, store }: MapFollowerParts,
  trials: MapTrials,
  again: () => void,
  signal: AbortSignal,
): Promise<void> {
  let lookedMs = clock.now().monoMs
  while (!signal.aborted) {
    await clock.sleep(TRIAL_LOOK_MS, signal)
    const nowMs = clock.now().monoMs
    const failed = trials.pass(nowMs - lookedMs, consumer.reading)
    lookedMs = nowMs
    const refused = failed.filter(({ owner, why }) => store.refuse(owner, why))
    if (refused.length > 0) again()
  }
}

const TRIAL_LOOK_MS = 1_000

/** Whoever is in force, or was at the last start, and has no map in this set: with the last map that it had. */
function leaving(
  { maps, takenAway }: MapSet,
  inForce: ReadonlyMap<Owner, SubjectMap>,
): ReadonlyMap<Owner, SubjectMap | undefined> {
  const staying = new Set(maps.map(({ owner }) => owner))
  const known = takenAway.map(({ owner, map }) => [owner, map] as const)
  return new Map([...known, ...[...inForce].filter(([owner]) => !staying.has(owner))])
}

function isSame(before: SubjectMap | undefined, now: SubjectMap): boolean {
  return before === now || (before !== undefined && JSON.stringify(before) === JSON.stringify(now))
}

/** What is passed over and was not before, so that the log says it once. */
function newIn(set: MapSet, before: MapSet): readonly ConfigFault[] {
  const known = new Set(before.passedOver.map(faultText))
  return set.passedOver.filter((passed) => !known.has(faultText(passed)))
}

function healthOf(
  { maps, faults, passedOver }: MapSet,
  news: Pick<MapNews, 'changed'>,
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
    ],
  }
}

/** @param inForce what goes on in place of the file's map, if anything */
function troubleOf({ file, line, column, message, hint }: ConfigFault, inForce?: MapInForce): Trouble {
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
