/** What became of the maps: written to the log, kept in the history, and shown by `status` since the gateway's start. */
import type { MapHealth } from '../domain/health.ts'
import { isMachine, type Owner, ownerCode, ownerKind } from '../domain/owner.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Log } from '../runtime/log.ts'
import { changesBetween } from './map-changes.ts'
import type { MapInForce } from './map-files.ts'
import type { SubjectMap } from './map-kind.ts'

/**
 * Keeps that a map came into force, or (without one) went.
 * @param what it changed; null where there is nothing to compare it with
 * @param atMs when that was, ms since 1970
 * @returns why it cannot be kept
 */
export type NoteMap = (
  owner: Owner,
  map: MapInForce | undefined,
  what: string | null,
  atMs: number,
) => string | undefined

interface MapNewsParts {
  readonly note: NoteMap
  readonly clock: Pick<Clock, 'now' | 'sleep'>
  readonly log: Pick<Log, 'info' | 'warn'>
}

/** A map that came into force, and does not stand in the history yet. */
interface Unnoted {
  readonly taken: MapInForce
  readonly atMs: number
}

/** One for each gateway. */
export class MapNews {
  readonly #parts: MapNewsParts
  readonly #changed = new Map<Owner, MapHealth['changed']>()
  readonly #unnoted: Unnoted[] = []

  constructor(parts: MapNewsParts) {
    this.#parts = parts
  }

  /** @param before the map that was in force until now */
  inForce(taken: MapInForce, before: SubjectMap | undefined): void {
    const { owner, map } = taken
    const what = before ? changeText(taken, before) : null
    const text = what ? `map in force: ${what}` : 'map in force'
    const about = { ...nameOf(owner), file: map.file, version: taken.content }
    this.#parts.log.info({ event: 'map-in-force', ...about }, text)
    const atMs = this.#parts.clock.now().wallMs
    if (what) this.#changed.set(owner, { atMs, what })
    // Nobody waits for these, as after a start: hundreds of files, each synced, between a machine and its first poll.
    if (what === null) this.#unnoted.push({ taken, atMs })
    else if (what !== '') this.#keep(owner, taken, what, atMs)
  }

  /**
   * Notes what came into force with nothing before it, in pauses of everything else. What a stop cuts short is noted by the next
   * start, which finds another version in the history than in force.
   */
  async noteRest(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const next = this.#unnoted.shift()
      if (!next) return
      this.#keep(next.taken.owner, next.taken, null, next.atMs)
      await this.#parts.clock.sleep(0, signal)
    }
  }

  /** Another text says the same: it is a version that somebody may want back. */
  rewritten(taken: MapInForce): void {
    this.#keep(taken.owner, taken, 'comments, or the order of lines')
  }

  takenAway(owner: Owner): void {
    this.#changed.delete(owner)
    this.#parts.log.info({ event: 'map-taken-away', ...nameOf(owner) }, 'map taken away')
    this.#keep(owner, undefined, 'taken away')
  }

  /** What the latest change of a subject's map has changed; null where there was none. */
  changed(owner: Owner): MapHealth['changed'] {
    return this.#changed.get(owner) ?? null
  }

  #keep(
    owner: Owner,
    taken: MapInForce | undefined,
    what: string | null,
    atMs = this.#parts.clock.now().wallMs,
  ): void {
    const fault = this.#parts.note(owner, taken, what, atMs)
    if (fault !== undefined) this.#parts.log.warn({ event: 'map-history-unkept', ...nameOf(owner) }, fault)
  }
}

function changeText({ map, isRolledBack }: MapInForce, before: SubjectMap): string {
  const changes = changesBetween(before, map)
  return isRolledBack ? `rolled back: ${changes}` : changes
}

/** `{ machine: 'PRESS-07' }`, as the log names a subject. */
export function nameOf(owner: Owner): Readonly<Record<string, string>> {
  return { [ownerKind(owner)]: ownerCode(owner) }
}

/** The same as a trouble names it, which knows scanners, and not their stations. */
export function troubledBy(owner: Owner): Readonly<Record<string, string>> {
  return { [isMachine(owner) ? 'machine' : 'scanner']: ownerCode(owner) }
}
