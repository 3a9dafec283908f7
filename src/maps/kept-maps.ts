/**
 * The last good maps, and the former maps of trials, as they are on disk or on their way there.
 *
 * Whatever is asked for is written beside the main thread, in the order in which it was asked for, over both folders: at any kill or
 * power cut there is what an earlier moment asked for, and never the end of a trial without its refusal. Nobody waits for it; what
 * is still to be written counts as written already.
 *
 * What a disk refuses is owed: it is said, tried again, and nothing of the same subject is written before it that a next start would
 * understand otherwise. Other subjects do not wait for that.
 */
import { dirname, join } from 'node:path'
import type { Place } from '../documents/place.ts'
import type { ConfigFault } from '../domain/errors.ts'
import type { Owner } from '../domain/owner.ts'
import { DiskQueue } from '../runtime/disk-queue.ts'
import { type GoodMap, GoodMapKeeper, type GoodMaps, readGoodMaps, readingGoodMaps } from './good-maps.ts'

/** Within the folder of the last good maps. */
const FORMER_FOLDER = 'former'

/** A map, and where its subject is named. */
interface PlacedMap {
  readonly map: GoodMap
  readonly place: Place
}

/** What is to become of the files of a subject; null: it is to go. */
interface Owed {
  readonly good?: PlacedMap | null
  readonly former?: PlacedMap | null
}

/** Reads, writes and removes them. One for each data folder. */
export class KeptMaps {
  /** Of the last good maps. */
  readonly folder: string
  readonly #cwd: string
  readonly #queue = new DiskQueue()
  readonly #keepers: Readonly<Record<keyof Owed, GoodMapKeeper>>
  /** What the last good map of a subject will be; null: none. */
  readonly #coming = new Map<Owner, GoodMap | null>()
  /** What is just being written, or was refused. */
  readonly #owed = new Map<Owner, Owed>()
  readonly #faults = new Map<Owner, readonly ConfigFault[]>()

  /** @param folder of the last good maps */
  constructor(folder: string, cwd: string) {
    this.folder = folder
    this.#cwd = cwd
    this.#keepers = {
      good: new GoodMapKeeper(folder, 'good'),
      former: new GoodMapKeeper(join(folder, FORMER_FOLDER), 'former', dirname(folder)),
    }
  }

  /** The last good maps, and what is damaged of them: some of them a step, since hundreds take a while. */
  *reading(): Generator<undefined, GoodMaps> {
    // What comes to the disk between two steps may have been read before.
    const onTheirWay = [...this.#coming]
    const { maps, faults } = yield* readingGoodMaps(this.folder, this.#cwd)
    for (const [owner, coming] of [...onTheirWay, ...this.#coming]) {
      if (coming) maps.set(owner, coming)
      else maps.delete(owner)
    }
    return { maps, faults }
  }

  /** The former maps that an earlier life of the gateway has left. */
  readFormer(): Map<Owner, GoodMap> {
    return readGoodMaps(join(this.folder, FORMER_FOLDER), this.#cwd).maps
  }

  /** Why what is in force could not be kept, or what is not could not be removed. */
  get unkept(): ReadonlyMap<Owner, readonly ConfigFault[]> {
    return this.#faults
  }

  keep(map: GoodMap, place: Place): void {
    this.#coming.set(map.owner, map)
    this.#ask(map.owner, { good: { map, place } })
  }

  forget(owner: Owner): void {
    this.#coming.set(owner, null)
    this.#ask(owner, { good: null })
  }

  keepFormer(map: GoodMap): void {
    this.#ask(map.owner, { former: { map, place: { file: map.file, line: 1, column: 1 } } })
  }

  forgetFormer(owner: Owner): void {
    this.#ask(owner, { former: null })
  }

  /** What the disk has refused is asked of it once more. */
  tryAgain(): void {
    for (const owner of this.#faults.keys()) this.#ask(owner, {})
  }

  /** Resolves once all that was asked for until now is durable, or cannot be kept. */
  settled(): Promise<void> {
    return this.#queue.settled()
  }

  /** Begins no further write. */
  stop(): void {
    this.#queue.stop()
  }

  #ask(owner: Owner, asked: Owed): void {
    void this.#queue.do(async () => {
      this.#owed.set(owner, { ...this.#owed.get(owner), ...asked })
      await this.#pay(owner)
    })
  }

  async #pay(owner: Owner): Promise<void> {
    for (const what of inOrder(this.#owed.get(owner))) {
      const owed = this.#owed.get(owner)?.[what]
      if (owed === undefined) continue
      const keeper = this.#keepers[what]
      const fault = await (owed === null ? keeper.forget(owner) : keeper.keep(owed.map, owed.place))
      if (fault) {
        this.#faults.set(owner, [fault])
        return
      }
      const { [what]: _, ...rest } = this.#owed.get(owner) ?? {}
      this.#owed.set(owner, rest)
      // From now on it is so as the disk says, where nothing else was asked for meanwhile.
      const written = owed === null ? null : owed.map
      if (what === 'good' && this.#coming.get(owner) === written) this.#coming.delete(owner)
    }
    this.#owed.delete(owner)
    this.#faults.delete(owner)
  }
}

/**
 * A trial begins with its former map, before the new one is kept; and a refusal is kept before the trial is over. A subject that is gone leaves no
 * former map behind, with which it would be on trial where it comes back.
 */
function inOrder({ good, former }: Owed = {}): readonly (keyof Owed)[] {
  return former || good === null ? ['former', 'good'] : ['good', 'former']
}
