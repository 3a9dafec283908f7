/** Who has a saved state and no map: whether a file is to be mended, or the map was taken away while nobody looked. */
import type { Trouble } from '../domain/health.ts'
import { isMachine, type Owner, ownerCode } from '../domain/owner.ts'
import type { Log } from '../runtime/log.ts'
import type { MapInForce, MapSet } from './map-files.ts'
import type { SubjectMap } from './map-kind.ts'

/** Nothing of a machine is read for want of a map. Alerts are named by it. */
const WITHOUT_MAP = 'machine-without-map'

/** Somebody with a saved state who was not put in place since the start. */
export interface Absent {
  readonly owner: Owner
  /** A row of theirs has not ended. */
  readonly isOpen: boolean
}

/** Who waits for which file to be mended, and whose map is gone. */
interface Mapless {
  readonly waiting: ReadonlyMap<Owner, string>
  readonly gone: readonly Owner[]
}

/**
 * A file that does not say whom it describes may be that of anybody, and so may every file of a folder that cannot be read: as
 * long as there is such a file, nobody is gone.
 */
export function judgeMapless({ maps, takenAway, unusable }: MapSet, absent: readonly Absent[]): Mapless {
  const known = new Set([...maps, ...takenAway].map(({ owner }) => owner))
  const waiting = new Map<Owner, string>()
  const gone: Owner[] = []
  for (const { owner, isOpen } of absent.filter(({ owner }) => !known.has(owner))) {
    const own = unusable.find((file) => file.owner === owner)
    const bad = own ?? (isOpen ? unusable.find((file) => file.owner === undefined) : undefined)
    if (bad) waiting.set(owner, bad.file)
    else if (isOpen) gone.push(owner)
  }
  return { waiting, gone }
}

/** Whoever is in force, or was at the last start, and has no map in this set: with the last map that it had. */
export function leaving(
  { maps, takenAway }: MapSet,
  inForce: ReadonlyMap<Owner, MapInForce>,
): ReadonlyMap<Owner, SubjectMap | undefined> {
  const staying = new Set(maps.map(({ owner }) => owner))
  const known = takenAway.map(({ owner, map }) => [owner, map] as const)
  const present = [...inForce].map(([owner, { map }]) => [owner, map] as const)
  return new Map([...known, ...present.filter(([owner]) => !staying.has(owner))])
}

interface WaitingParts {
  readonly put: (owner: Owner, file: string) => void
  readonly now: () => number
  readonly log: Pick<Log, 'warn'>
}

/** Those that wait for a file to be mended, as `status` names them. */
export class WaitingForMap {
  readonly #parts: WaitingParts
  readonly #troubles = new Map<Owner, Trouble>()

  constructor(parts: WaitingParts) {
    this.#parts = parts
  }

  get troubles(): readonly Trouble[] {
    return [...this.#troubles.values()]
  }

  get absent(): readonly Absent[] {
    return [...this.#troubles.keys()].map((owner) => ({ owner, isOpen: true }))
  }

  /** Puts it in place, so that it is shown and lost like one whose device is away, and tells it once. */
  wait(owner: Owner, file: string): void {
    const before = this.#troubles.get(owner)
    const trouble = withoutMap(owner, file, before?.sinceMs ?? this.#parts.now())
    this.#troubles.set(owner, trouble)
    if (before?.what === trouble.what) return
    const { what, hint, sinceMs: _, ...fields } = trouble
    if (!before) this.#parts.put(owner, file)
    this.#parts.log.warn({ event: 'trouble-began', ...fields }, `${what}; ${hint}`)
  }

  /** It has a map again, or is gone. */
  end(owner: Owner): void {
    this.#troubles.delete(owner)
  }
}

function withoutMap(owner: Owner, file: string, sinceMs: number): Trouble {
  const code = ownerCode(owner)
  return {
    code: WITHOUT_MAP,
    what: `${code} is not read: neither ${file} nor an earlier map of it can be used`,
    hint: `mend ${file}; if ${code} is no more, take its map away`,
    sinceMs,
    ...(isMachine(owner) ? { machine: code } : {}),
  }
}
