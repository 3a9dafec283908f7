/**
 * The map that each subject had before the one in force, which comes back where nothing can be read with the new one. While the new
 * one is on trial the former one is kept on disk too: neither a restart nor a power cut ends a trial in favour of a wrong map.
 */
import type { Owner } from '../domain/owner.ts'
import type { GoodMap } from './good-maps.ts'
import type { KeptMaps } from './kept-maps.ts'
import { type MapTexts, sameTexts } from './map-texts.ts'

/** Nothing is read before it is asked for. */
export class FormerMaps {
  readonly #kept: KeptMaps
  /** Of this life of the gateway: the one before, or the one before all that are on trial. */
  readonly #maps = new Map<Owner, GoodMap>()
  /** Of an earlier life, which ended during a trial; undefined until it was looked for. */
  #leftOver: Map<Owner, GoodMap> | undefined

  constructor(kept: KeptMaps) {
    this.#kept = kept
  }

  get(owner: Owner): GoodMap | undefined {
    return this.#maps.get(owner)
  }

  /** A map that is itself on trial is never gone back to. Where somebody has put the former map back by hand, it is kept no longer. */
  note(before: GoodMap, now: MapTexts, isOnTrial: boolean): void {
    const proven = isOnTrial ? this.#maps.get(before.owner) : undefined
    if (proven && sameTexts(proven, now)) this.drop(before.owner)
    else this.#maps.set(before.owner, proven ?? before)
  }

  /**
   * Takes up what an earlier life left of a trial. Once a subject: after that it is as if the trial had begun in this life.
   * @param now what is in force of it
   * @returns the map before the one that was on trial; undefined where none was, or it is back already
   */
  resume(owner: Owner, now: MapTexts): GoodMap | undefined {
    this.#leftOver ??= this.#kept.readFormer()
    const former = this.#leftOver.get(owner)
    this.#leftOver.delete(owner)
    if (!former) return undefined
    if (sameTexts(former, now)) {
      this.drop(owner)
      return undefined
    }
    this.#maps.set(owner, former)
    return former
  }

  /** A trial has begun: it is to outlive a restart. */
  keep(owner: Owner): void {
    const former = this.#maps.get(owner)
    if (former) this.#kept.keepFormer(former)
  }

  /** A trial is over, whatever it came to: the next start goes on with what is in force. */
  settle(owner: Owner): void {
    this.#kept.forgetFormer(owner)
  }

  /** There is nothing to go back to. */
  drop(owner: Owner): void {
    this.#maps.delete(owner)
    this.settle(owner)
  }
}
