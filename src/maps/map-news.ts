/** What became of the maps: written to the log, kept in the history, and shown by `status` since the gateway's start. */
import type { MapHealth } from '../domain/health.ts'
import { isMachine, type Owner, ownerCode, ownerKind } from '../domain/owner.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Log } from '../runtime/log.ts'
import { changesBetween } from './map-changes.ts'
import type { MapInForce } from './map-files.ts'
import type { SubjectMap } from './map-kind.ts'
import type { MapStore } from './map-store.ts'
import type { MapTexts } from './map-texts.ts'

/** A map came into force, or went. */
interface MapNote {
  readonly owner: Owner
  /** Undefined where it went. */
  readonly map: MapInForce | undefined
  /** What it was made of; undefined where it went. */
  readonly texts: MapTexts | undefined
  /** What it changed; null where there is nothing to compare it with. */
  readonly what: string | null
  /** When that was, ms since 1970. */
  readonly atMs: number
}

/** Keeps it in the history. @returns why it cannot be kept, once it is durable */
export type NoteMap = (note: MapNote) => Promise<string | undefined>

interface MapNewsParts {
  readonly store: Pick<MapStore, 'textsOf'>
  readonly note: NoteMap
  readonly clock: Pick<Clock, 'now'>
  readonly log: Pick<Log, 'info' | 'warn'>
}

/** One for each gateway. */
export class MapNews {
  readonly #parts: MapNewsParts
  readonly #changed = new Map<Owner, MapHealth['changed']>()
  /** What does not stand in the history yet. */
  readonly #unnoted: MapNote[] = []

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
    if (what) this.#changed.set(owner, { atMs: this.#parts.clock.now().wallMs, what })
    if (what !== '') this.#keep(owner, taken, what)
  }

  /**
   * Notes what has come into force or gone. After a start these are hundreds of files, each synced, and no machine and no reading
   * waits for them. What a stop cuts short is noted by the next start, which finds another version in the history than in force.
   * @param signal of a stop: then only what the next start would not find out by itself is noted
   * @param isOver whether there is no time for even that
   */
  async noteRest(signal: AbortSignal, isOver: () => boolean): Promise<void> {
    for (let next = this.#unnoted.shift(); next && !isOver(); next = this.#unnoted.shift()) {
      const isCutShort = signal.aborted && next.what === null
      const fault = isCutShort ? undefined : await this.#parts.note(next)
      if (fault !== undefined)
        this.#parts.log.warn({ event: 'map-history-unkept', ...nameOf(next.owner) }, fault)
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

  #keep(owner: Owner, map: MapInForce | undefined, what: string | null): void {
    const texts = map && this.#parts.store.textsOf(owner)
    this.#unnoted.push({ owner, map, texts, what, atMs: this.#parts.clock.now().wallMs })
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
