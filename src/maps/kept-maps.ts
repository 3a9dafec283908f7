/**
 * The last good maps, and the former maps of trials, as they are on disk or on their way there.
 *
 * Whatever is asked for is written beside the main thread, in the order in which it was asked for, over both folders: at any kill or
 * power cut there is what an earlier moment asked for, and never the end of a trial without its refusal. Nobody waits for it; what
 * is still to be written counts as written already.
 */
import { join } from 'node:path'
import type { ConfigFault } from '../domain/errors.ts'
import type { Owner } from '../domain/owner.ts'
import { DiskQueue } from '../runtime/disk-queue.ts'
import { type GoodMap, GoodMapKeeper, type GoodMaps, readGoodMaps, readingGoodMaps } from './good-maps.ts'

/** Within the folder of the last good maps. */
const FORMER_FOLDER = 'former'

/** Reads, writes and removes them. One for each data folder. */
export class KeptMaps {
  /** Of the last good maps. */
  readonly folder: string
  readonly #cwd: string
  readonly #queue = new DiskQueue()
  readonly #good: GoodMapKeeper
  readonly #former: GoodMapKeeper
  /** What the last good map of a subject will be; null: none. */
  readonly #coming = new Map<Owner, GoodMap | null>()
  readonly #goodFaults = new Map<Owner, readonly ConfigFault[]>()
  readonly #formerFaults = new Map<Owner, readonly ConfigFault[]>()

  /** @param folder of the last good maps */
  constructor(folder: string, cwd: string) {
    this.folder = folder
    this.#cwd = cwd
    this.#good = new GoodMapKeeper(folder, this.#queue)
    this.#former = new GoodMapKeeper(join(folder, FORMER_FOLDER), this.#queue)
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

  /** Why what is in force could not be kept. */
  get unkept(): ReadonlyMap<Owner, readonly ConfigFault[]> {
    return new Map([...this.#formerFaults, ...this.#goodFaults])
  }

  keep(map: GoodMap, place: Pick<ConfigFault, 'file' | 'line' | 'column'>): void {
    const { owner } = map
    this.#coming.set(owner, map)
    void this.#good.keep(map, place).then((faults) => {
      noteFaults(this.#goodFaults, owner, faults)
      this.#hasCome(owner, map)
    })
  }

  forget(owner: Owner): void {
    this.#coming.set(owner, null)
    this.#goodFaults.delete(owner)
    void this.#good.forget(owner).then(() => this.#hasCome(owner, null))
  }

  keepFormer(map: GoodMap): void {
    const place = { file: map.file, line: 1, column: 1 }
    void this.#former.keep(map, place).then((faults) => noteFaults(this.#formerFaults, map.owner, faults))
  }

  forgetFormer(owner: Owner): void {
    void this.#former.forget(owner).then(() => this.#formerFaults.delete(owner))
  }

  /** Resolves once all that was asked for until now is durable, or cannot be kept. */
  settled(): Promise<void> {
    return this.#queue.settled()
  }

  /** Begins no further write. */
  stop(): void {
    this.#queue.stop()
  }

  /** From now on it is so as the disk says, where nothing else was asked for meanwhile. */
  #hasCome(owner: Owner, map: GoodMap | null): void {
    if (this.#coming.get(owner) === map) this.#coming.delete(owner)
  }
}

function noteFaults(
  all: Map<Owner, readonly ConfigFault[]>,
  owner: Owner,
  faults: readonly ConfigFault[],
): void {
  if (faults.length > 0) all.set(owner, faults)
  else all.delete(owner)
}
