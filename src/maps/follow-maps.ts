/**
 * Keeps what is in force in step with the files: a bad file changes nothing, a good one only its own subject, and one with which
 * nothing can be read is taken back.
 *
 * It knows neither devices nor the derivation: a consumer puts maps in force and takes them away. One reading of the folder
 * goes on at a time, and a stop is noticed between any two files.
 */
import { join } from 'node:path'
import { FaultLog } from '../documents/fault-log.ts'
import { type ConfigFault, faultText } from '../domain/errors.ts'
import type { Health, MapsHealth } from '../domain/health.ts'
import type { Owner } from '../domain/owner.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Log } from '../runtime/log.ts'
import { fingerprintAtOnce, watchFolders } from '../runtime/watch-folders.ts'
import { judgeTrials } from './judge-trials.ts'
import { KeptBehind } from './keep-behind.ts'
import type { MapInForce, MapSet } from './map-files.ts'
import type { SubjectMap } from './map-kind.ts'
import { MapNews, type NoteMap, nameOf } from './map-news.ts'
import type { MapStore, ReadOptions } from './map-store.ts'
import { type MachineReading, MapTrials, type TrialStanding } from './map-trials.ts'
import { type Absent, judgeMapless, leaving, WaitingForMap } from './mapless.ts'
import { mapsHealth, type SaidOfMaps, withAllUnkept } from './maps-health.ts'
import { PROFILES_FOLDER } from './profiles/shelf.ts'
import { MAP_FAULTS } from './troubles.ts'

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
  readonly store: Omit<MapStore, 'load'>
  readonly note: NoteMap
  readonly devicesFolder: string
  readonly consumer: MapConsumer
  readonly clock: Clock
  readonly log: Pick<Log, 'info' | 'warn' | 'error'>
  /** Calls back when the maps are to be read again at once, which is done when the listener's promise settles. Returns the way to stop that. */
  readonly onReload: (listener: () => unknown) => () => void
}

/** What keeps the maps in force in step with the files, and says what is wrong with them. */
export interface MapFollower {
  /** Reads all maps once. Aborted, it ends after the file that it is at, and takes no map away. */
  load(signal: AbortSignal): Promise<void>
  /** Reads them again whenever they change or a reload is asked for, until aborted. */
  follow(signal: AbortSignal): Promise<void>
  /** While it follows: reads them again at once. @returns when that is done and, on a disk that is not too slow, kept */
  lookAgain(triesAgain?: ReadOptions['triesAgain']): Promise<void>
  /** Calls `change` between two readings, so that none finds some files of before and some of after it, and reads them again. */
  between(change: () => Promise<void>): Promise<void>
  /** What the latest change of its map came to for a subject. */
  standing(owner: Owner): MapStanding
  health(): Health<MapsHealth>
  /** Resolves once what came into force until now is kept for the next start, with its history, or cannot be kept. */
  settled(): Promise<void>
}

/** How a subject stands with its map. */
export interface MapStanding {
  /** As of the latest reading of its file; undefined where nothing is in force for it. */
  readonly inForce: MapInForce | undefined
  /** Undefined where it had no other map since the start. */
  readonly trial: TrialStanding | undefined
  /** Undefined of what is no machine, or not in place. */
  readonly reading: MachineReading | undefined
}

/** Nothing is read before `load`. */
export function createMapFollower(parts: MapFollowerParts): MapFollower {
  return new FollowedMaps(parts)
}

class FollowedMaps implements MapFollower {
  readonly #parts: MapFollowerParts
  readonly #inForce = new Map<Owner, MapInForce>()
  readonly #news: MapNews
  readonly #trials = new MapTrials()
  readonly #faultLog: FaultLog
  readonly #waiting: WaitingForMap
  readonly #keeping: KeptBehind
  #current: SaidOfMaps = { maps: [], faults: [], passedOver: [] }
  /** Whether all files were read since the start. */
  #isRead = false
  /** The signal of whoever follows the files. */
  #following: AbortSignal | undefined
  #turn = Promise.resolve()
  /** Of the folders, before they were first read: what is saved while hundreds of maps are being loaded is read afterwards. */
  #since: string | undefined

  constructor(parts: MapFollowerParts) {
    const { consumer, clock, log } = parts
    this.#parts = parts
    this.#news = new MapNews(parts)
    this.#faultLog = new FaultLog(log, MAP_FAULTS)
    this.#keeping = new KeptBehind({ ...parts, news: this.#news, faultLog: this.#faultLog })
    this.#waiting = new WaitingForMap({ put: consumer.putWithoutMap, now: () => clock.now().wallMs, log })
  }

  async load(signal: AbortSignal): Promise<void> {
    const loading = this.#read(signal)
    this.#turn = loading.catch(() => undefined)
    await loading
    if (signal.aborted) await this.#keeping.stop()
  }

  async #read(signal: AbortSignal, how: ReadOptions = {}): Promise<void> {
    const { store, clock, devicesFolder } = this.#parts
    this.#since ??= fingerprintAtOnce(foldersOf(devicesFolder))
    // A start has nobody yet who is polled, and begins with what is there first.
    if (this.#isRead) await store.readAhead({ clock, signal })
    const reading = store.read({ ...how, isOnTrial: (owner) => this.#trials.goesOn(owner) })
    const newcomers: MapInForce[] = []
    while (!signal.aborted) {
      const step = reading.next()
      if (step.done) {
        await this.#change(step.value, newcomers)
        break
      }
      if (step.value && this.#waitsForOthers(step.value)) newcomers.push(step.value)
      else if (step.value) await this.#take(step.value)
      // Lets the devices of this map be spoken to, and a stop be noticed, before the next file is read.
      await clock.sleep(0, signal)
    }
    this.#keeping.begin(signal)
  }

  settled(): Promise<void> {
    return this.#keeping.settled()
  }

  /**
   * Whether a map comes into force only after all files were read: it may be that of a machine that leaves under another name, and
   * no machine is read twice. At the start nothing has come into force that could leave.
   */
  #waitsForOthers({ owner }: MapInForce): boolean {
    return this.#isRead && !this.#inForce.has(owner)
  }

  async #change(set: MapSet, newcomers: readonly MapInForce[]): Promise<void> {
    await this.#settle(set)
    this.#isRead = true
    for (const taken of newcomers) await this.#take(taken)
  }

  async follow(signal: AbortSignal): Promise<void> {
    this.#following = signal
    const again = (how?: ReadOptions) => this.#again(signal, how)
    const inTurn = (work: () => Promise<void>) => this.#inTurn(work)
    await followFiles(this.#parts, { again, inTurn, trials: this.#trials, since: this.#since }, signal)
    await this.#turn
    await this.#keeping.stop()
  }

  async lookAgain(triesAgain: ReadOptions['triesAgain'] = []): Promise<void> {
    if (!this.#following) return
    await this.#again(this.#following, { triesAgain })
    await this.#keeping.nearlySettled(this.#following)
  }

  async between(change: () => Promise<void>): Promise<void> {
    const changing = this.#turn.then(change)
    this.#turn = changing.catch(() => undefined)
    await changing
    // While it is not followed yet, the change is noticed as soon as it is.
    await this.lookAgain()
  }

  standing(owner: Owner): MapStanding {
    return {
      inForce: this.#inForce.get(owner),
      trial: this.#trials.standing(owner),
      reading: this.#parts.consumer.reading(owner),
    }
  }

  health(): Health<MapsHealth> {
    const said = withAllUnkept(this.#current, this.#parts.store.unkept)
    return mapsHealth(said, this.#news, this.#waiting.troubles)
  }

  #again(signal: AbortSignal, how?: ReadOptions): Promise<void> {
    return this.#inTurn(() => this.#read(signal, how))
  }

  /** One reading, or what must not fall into one, after the other. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    this.#turn = this.#turn
      .then(work)
      .catch((error: unknown) => this.#parts.log.error({ event: 'maps-unread', error }, 'maps were not read'))
    return this.#turn
  }

  async #take(taken: MapInForce): Promise<void> {
    const { owner, map, faults, isLastGood, isRolledBack, inTrialAfter } = taken
    const { consumer, clock, store } = this.#parts
    this.#faultLog.found(faults, nameOf(owner), isLastGood && !isRolledBack ? 'last good map stays: ' : '')
    const was = this.#inForce.get(owner)
    const before = was?.map
    if (was && isSame(before, map)) {
      // Whoever works goes on with the map that it has, and the same one once more is not kept beside it.
      this.#inForce.set(owner, { ...taken, map: was.map })
      if (!isLastGood && was.content !== taken.content) this.#news.rewritten(taken)
      return
    }
    const reading = consumer.reading(owner)
    await consumer.put(owner, map)
    this.#inForce.set(owner, taken)
    this.#waiting.end(owner)
    const nowMs = clock.now().wallMs
    if (inTrialAfter) this.#trials.resume(owner, { before: inTrialAfter, now: map }, nowMs)
    else if (before && !isRolledBack) this.#trials.begin(owner, { before, now: map }, reading, nowMs)
    if (this.#trials.goesOn(owner)) store.trialBegan(owner)
    else store.trialEnded(owner)
    this.#news.inForce(taken, before)
  }

  /** All files were read: what none of them describes any more is taken away. */
  async #settle(set: MapSet): Promise<void> {
    const { consumer, log } = this.#parts
    const say = (fault: ConfigFault) => log.info({ event: 'map-file-passed-over' }, faultText(fault))
    newIn(set, this.#current).forEach(say)
    const { faults, passedOver } = set
    this.#current = { faults, passedOver, maps: set.maps.map(({ map: _, ...said }) => said) }
    this.#faultLog.found(set.faults)
    // Of a folder that cannot be read nobody knows what is still wrong in it.
    const unkept = [...this.#parts.store.unkept.values()].flat()
    const maps = set.maps.flatMap(({ faults }) => faults)
    if (!set.folderFault) this.#faultLog.onlyThese([...maps, ...unkept, ...set.faults])
    const mapless = judgeMapless(set, [...this.#waiting.absent, ...consumer.absent()])
    for (const [owner, file] of mapless.waiting) this.#waiting.wait(owner, file)
    for (const owner of mapless.gone) await this.#takeAway(owner, undefined)
    for (const [owner, lastMap] of leaving(set, this.#inForce)) await this.#takeAway(owner, lastMap)
  }

  async #takeAway(owner: Owner, lastMap: SubjectMap | undefined): Promise<void> {
    const { consumer, store } = this.#parts
    await consumer.remove(owner, lastMap)
    // Only now: what was not taken out of service in full is found again at the next start.
    store.forget(owner)
    this.#inForce.delete(owner)
    this.#trials.end(owner)
    this.#waiting.end(owner)
    this.#news.takenAway(owner)
  }
}

interface Following {
  again(how?: ReadOptions): Promise<void>
  inTurn(work: () => Promise<void>): Promise<void>
  readonly trials: MapTrials
  readonly since: string | undefined
}

async function followFiles(
  parts: MapFollowerParts,
  { again, inTurn, trials, since }: Following,
  signal: AbortSignal,
): Promise<void> {
  const { devicesFolder, clock } = parts
  const stopReload = parts.onReload(() => again({ triesAgain: 'all' }))
  const look = () => void again()
  try {
    await Promise.all([
      watchFolders(foldersOf(devicesFolder), look, signal, { clock, since }),
      judgeTrials(parts, trials, { inTurn, again: look }, signal),
    ])
  } finally {
    stopReload()
  }
}

function foldersOf(devicesFolder: string): readonly string[] {
  return [devicesFolder, join(devicesFolder, PROFILES_FOLDER)]
}

function isSame(before: SubjectMap | undefined, now: SubjectMap): boolean {
  return before === now || (before !== undefined && JSON.stringify(before) === JSON.stringify(now))
}

/** What is passed over and was not before, so that the log says it once. */
function newIn(set: MapSet, before: SaidOfMaps): readonly ConfigFault[] {
  const known = new Set(before.passedOver.map(faultText))
  return set.passedOver.filter((passed) => !known.has(faultText(passed)))
}
