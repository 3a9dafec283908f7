/**
 * The map that each subject had before the one in force, which comes back where nothing can be read with the new one. While the new
 * one is on trial the former one is kept on disk too: neither a restart nor a power cut ends a trial in favour of a wrong map.
 */
import { join } from 'node:path'
import type { ConfigFault } from '../domain/errors.ts'
import type { Owner } from '../domain/owner.ts'
import { type GoodMap, GoodMapKeeper, readGoodMaps } from './good-maps.ts'
import { type MapTexts, sameTexts } from './map-texts.ts'

/** Within the folder of the last good maps. */
const FORMER_FOLDER = 'former'

/** Nothing is read before it is asked for. */
export class FormerMaps {
  readonly #folder: string
  readonly #keeper: GoodMapKeeper
  readonly #cwd: string
  /** Of this life of the gateway: the one before, or the one before all that are on trial. */
  readonly #maps = new Map<Owner, GoodMap>()
  /** Of an earlier life, which ended during a trial; undefined until it was looked for. */
  #leftOver: Map<Owner, GoodMap> | undefined

  /** @param store the folder of the last good maps */
  constructor(store: string, cwd: string) {
    this.#folder = join(store, FORMER_FOLDER)
    this.#keeper = new GoodMapKeeper(this.#folder)
    this.#cwd = cwd
  }

  get(owner: Owner): GoodMap | undefined {
    return this.#maps.get(owner)
  }

  /** A map that is itself on trial is never gone back to. Where somebody has put the former map back by hand, it is kept no longer. */
  async note(before: GoodMap, now: MapTexts, isOnTrial: boolean): Promise<void> {
    const proven = isOnTrial ? this.#maps.get(before.owner) : undefined
    if (proven && sameTexts(proven, now)) await this.drop(before.owner)
    else this.#maps.set(before.owner, proven ?? before)
  }

  /**
   * Takes up what an earlier life left of a trial. Once a subject: after that it is as if the trial had begun in this life.
   * @returns the map before the one that was on trial; undefined where none was, or it is back in the file already
   */
  async resume(owner: Owner, now: MapTexts): Promise<GoodMap | undefined> {
    this.#leftOver ??= readGoodMaps(this.#folder, this.#cwd).maps
    const former = this.#leftOver.get(owner)
    this.#leftOver.delete(owner)
    if (!former) return undefined
    if (sameTexts(former, now)) {
      await this.drop(owner)
      return undefined
    }
    this.#maps.set(owner, former)
    return former
  }

  /** A trial has begun. @returns why it would not outlive a restart */
  async keep(owner: Owner): Promise<readonly ConfigFault[]> {
    const former = this.#maps.get(owner)
    return former ? this.#keeper.keep(former, { file: former.file, line: 1, column: 1 }) : []
  }

  /** A trial is over, whatever it came to: the next start goes on with what is in force. */
  settle(owner: Owner): Promise<void> {
    return this.#keeper.forget(owner)
  }

  /** There is nothing to go back to. */
  drop(owner: Owner): Promise<void> {
    this.#maps.delete(owner)
    return this.settle(owner)
  }
}
