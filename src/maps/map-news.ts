/** What became of the maps: written to the log, kept in the history, and shown by `status` since the gateway's start. */
import { withHint } from '../domain/errors.ts'
import type { MapHealth, Trouble } from '../domain/health.ts'
import { isMachine, type Owner, ownerCode, ownerKind } from '../domain/owner.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Log } from '../runtime/log.ts'
import type { SystemFault } from '../runtime/system-fault.ts'
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
  /** As named to the user; of a map that went the one that it had, and empty where that is not known. */
  readonly file: string
  /** What it was made of; undefined where it went. */
  readonly texts: MapTexts | undefined
  /** What it changed; null where there is nothing to compare it with. */
  readonly what: string | null
  /** When that was, ms since 1970. */
  readonly atMs: number
}

/** Keeps a note in the history. @returns why it cannot be kept, once it is durable otherwise */
type KeepNote = () => Promise<SystemFault | undefined>

/** Called at the moment of which the note is, to see who has saved the file: by the time at which it can be kept that may be somebody else. */
export type NoteMap = (note: MapNote) => KeepNote

interface MapNewsParts {
  readonly store: Pick<MapStore, 'textsOf'>
  readonly note: NoteMap
  readonly clock: Pick<Clock, 'now'>
  readonly log: Pick<Log, 'info' | 'warn'>
}

/** A note that is not in the history yet. */
interface Unnoted {
  readonly owner: Owner
  /** The next start would not find it out by itself. */
  readonly isChange: boolean
  readonly keep: KeepNote
}

/** So many notes wait for a disk that takes none; then the oldest are dropped. */
const UNNOTED_MAX = 1_000
/** Alerts are named by it. */
const HISTORY_UNKEPT = 'map-history-unkept'

/** One for each gateway. */
export class MapNews {
  readonly #parts: MapNewsParts
  readonly #changed = new Map<Owner, MapHealth['changed']>()
  /** The file of each map in force. */
  readonly #files = new Map<Owner, string>()
  /** What does not stand in the history yet. */
  #unnoted: Unnoted[] = []
  #trouble: Trouble | undefined

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

  /** Why what came into force does not stand in the history; undefined where it does. */
  get trouble(): Trouble | undefined {
    return this.#trouble
  }

  /**
   * Notes what has come into force or gone. After a start these are hundreds of files, each synced, and no machine and no reading
   * waits for them. What a stop cuts short is noted by the next start, which finds another version in the history than in force.
   * What the disk refuses waits for the next call, and so does what is to stand behind it.
   * @param signal of a stop: then only what the next start would not find out by itself is noted
   * @param isOver whether there is no time for even that
   */
  async noteRest(signal: AbortSignal, isOver: () => boolean): Promise<void> {
    const left: Unnoted[] = []
    const waiting = new Set<Owner>()
    let last: SystemFault | undefined
    for (let next = this.#unnoted.shift(); next && !isOver(); next = this.#unnoted.shift()) {
      if (signal.aborted && !next.isChange) continue
      const fault = waiting.has(next.owner) ? undefined : await next.keep()
      if (fault) waiting.add(next.owner)
      if (waiting.has(next.owner)) left.push(next)
      last = fault ?? last
    }
    this.#unnoted = [...left, ...this.#unnoted].slice(-UNNOTED_MAX)
    this.#tell(last)
  }

  #tell(fault: SystemFault | undefined): void {
    const { clock, log } = this.#parts
    const before = this.#trouble
    if (fault === undefined) {
      if (before) log.info({ event: 'trouble-over', code: HISTORY_UNKEPT }, 'over: the history is kept')
      this.#trouble = undefined
      return
    }
    const what = `maps that came into force could not be noted in their history: ${fault.what}`
    const { hint } = fault
    this.#trouble = { code: HISTORY_UNKEPT, what, hint, sinceMs: before?.sinceMs ?? clock.now().wallMs }
    if (before?.what === what) return
    log.warn({ event: 'trouble-began', code: HISTORY_UNKEPT }, withHint(what, hint))
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
    const file = map?.file ?? this.#files.get(owner) ?? ''
    if (map) this.#files.set(owner, file)
    else this.#files.delete(owner)
    const texts = map && this.#parts.store.textsOf(owner)
    const note = { owner, map, file, texts, what, atMs: this.#parts.clock.now().wallMs }
    this.#unnoted.push({ owner, isChange: what !== null, keep: this.#parts.note(note) })
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
