/**
 * Whose fault a refusal is: that of one event, which is set aside so that the rest lands, or that of the table, which somebody has to
 * mend while the batch waits. Evidence decides, because a site's triggers may raise any code, and codes that sound like a row's
 * fault come of tables too (an exhausted sequence, a missing partition). The rule, for a refused event, its kind and what refused it:
 *
 * 1. Where it is proven of the event alone that it cannot be written, it is to blame.
 * 2. Where another event of its kind landed that is later, in the log and by its own time, it is to blame: the table takes such rows.
 * 3. Where it was found of its subject before that events of this kind are refused by this thing, it is to blame too, until one lands.
 * 4. Where events of several subjects are refused by the same thing, and 2 holds for none of them, it is the table.
 * 5. Else nobody knows. It waits; and if it is still so after a minute, and anything behind it would land, it is to blame: a doubt
 *    may hold up others only for so long. What was set aside in doubt counts as refused for rule 4 until an event of its kind lands.
 *
 * Somebody's lock counts as a refusal once it has lasted for 10 s. No rule looks at the code of the refusal.
 */
import type { StoredEvent } from '../domain/outbox.ts'
import type { Found, Outlook, Refused } from './search.ts'

const LOCK_PATIENCE_MS = 10_000
const DOUBT_MAX_MS = 60_000
/** So many refusals in a row by one thing are enough to look no further: of several subjects, and of one. */
const ENOUGH_OF_SEVERAL = 20
const ENOUGH_OF_ONE = 200

/**
 * Of which kind an event is in the eyes of a route, without spaces: what was written of one is no proof for those of another. A route
 * that writes one kind of event into several tables tells them apart.
 */
type KindOf = (event: StoredEvent) => string

const byName: KindOf = ({ event }) => event.kind

/** An event past which a batch does not go, and why. */
export interface Standstill {
  readonly at: Refused
  readonly why: 'table' | 'doubt' | 'lock'
}

/** What follows from a search. */
interface Judgement {
  /** Refused events that are to blame, all before the standstill. */
  readonly blamed: readonly Refused[]
  readonly standstill?: Standstill
}

/** What is remembered from one batch to the next, for one route. */
export interface Judge {
  /** Who is to blame for the refusals that a search has met. @param nowMs on the monotonic clock */
  decide(found: Found, nowMs: number): Judgement
  /** What a search that is under way comes to. */
  outlook(refused: readonly Refused[], landed: readonly StoredEvent[]): Outlook
  /** Whether others of its kind and subject were found to blame, and none has landed since. */
  isSuspect(event: StoredEvent): boolean
  /** These have landed: what they were suspected of is over. */
  landed(events: readonly StoredEvent[]): void
}

/** What a search that is under way comes to. */
export function outlookOf(
  refused: readonly Refused[],
  landed: readonly StoredEvent[],
  kindOf: KindOf = byName,
): Outlook {
  const open = refused.filter((one) => one.error.refusal !== 'row' && !isTableSound(one, landed, kindOf))
  const [first] = open
  if (!first) return 'clear'
  const alike = open.filter((one) => suspicionOf(one, kindOf) === suspicionOf(first, kindOf))
  const enough = subjectsOf(alike).size > 1 ? ENOUGH_OF_SEVERAL : ENOUGH_OF_ONE
  return alike.length < enough ? 'open' : 'enough'
}

/** Knows nothing at first. */
export function createJudge(kindOf: KindOf = byName): Judge {
  return new RememberingJudge(kindOf)
}

class RememberingJudge implements Judge {
  readonly #kindOf: KindOf
  /** Who was found to blame, by the kind of the events and what refuses them: for every subject, whether it is proven. */
  readonly #found = new Map<string, Map<string, 'proven' | 'in doubt'>>()
  /** Since when somebody's lock holds up the events of a kind and subject. */
  readonly #lockedSinceMs = new Map<string, number>()
  /** The event about which nobody knows, and since when. */
  #doubt: { readonly seq: number; readonly sinceMs: number } | undefined

  constructor(kindOf: KindOf) {
    this.#kindOf = kindOf
  }

  decide(found: Found, nowMs: number): Judgement {
    this.landed(found.landed)
    const blamed: Refused[] = []
    for (const refused of found.refused) {
      const why = this.#standstillAt(refused, found, nowMs)
      if (!why) blamed.push(refused)
      else return { blamed, standstill: { at: refused, why } }
    }
    return { blamed }
  }

  outlook(refused: readonly Refused[], landed: readonly StoredEvent[]): Outlook {
    return outlookOf(refused, landed, this.#kindOf)
  }

  isSuspect(event: StoredEvent): boolean {
    if (this.#found.size === 0) return false
    const kind = this.#kindOf(event)
    const { subject } = event.event
    return [...this.#found].some(([key, subjects]) => key.startsWith(`${kind} `) && subjects.has(subject))
  }

  landed(events: readonly StoredEvent[]): void {
    if (this.#found.size === 0 && this.#lockedSinceMs.size === 0) return
    const kinds = new Set(events.map(this.#kindOf))
    const keys = new Set(events.map((event) => this.#keyOf(event)))
    for (const key of keys) this.#lockedSinceMs.delete(key)
    for (const [suspicion, subjects] of this.#found) {
      const kind = suspicion.slice(0, suspicion.indexOf(' '))
      for (const [subject, how] of subjects)
        if (keys.has(`${kind} ${subject}`) || (how === 'in doubt' && kinds.has(kind)))
          subjects.delete(subject)
      if (subjects.size === 0) this.#found.delete(suspicion)
    }
  }

  /** Undefined where the event is to blame. */
  #standstillAt(refused: Refused, found: Found, nowMs: number): Standstill['why'] | undefined {
    const { refusal } = refused.error
    if (refusal === 'row') return undefined
    if (refusal === 'locked' && nowMs - this.#lockedSince(refused, nowMs) < LOCK_PATIENCE_MS) return 'lock'
    if (isTableSound(refused, found.landed, this.#kindOf)) return this.#blame(refused, 'proven')
    if (this.#found.get(suspicionOf(refused, this.#kindOf))?.has(refused.event.event.subject))
      return undefined
    if (this.#subjectsAlike(refused, found).size > 1) return 'table'
    const doubtedMs = nowMs - this.#doubtedSince(refused, nowMs)
    return doubtedMs >= DOUBT_MAX_MS && holdsUp(refused, found) ? this.#blame(refused, 'in doubt') : 'doubt'
  }

  #blame(refused: Refused, how: 'proven' | 'in doubt'): undefined {
    const suspicion = suspicionOf(refused, this.#kindOf)
    const subjects = this.#found.get(suspicion) ?? new Map()
    this.#found.set(suspicion, subjects.set(refused.event.event.subject, how))
  }

  /** Whose events are refused by the same thing from this one on, with nothing to show that the table is sound. */
  #subjectsAlike(refused: Refused, found: Found): ReadonlySet<string> {
    const kindOf = this.#kindOf
    const suspicion = suspicionOf(refused, kindOf)
    const alike = found.refused.filter(
      (one) =>
        one.event.seq >= refused.event.seq &&
        suspicionOf(one, kindOf) === suspicion &&
        !isTableSound(one, found.landed, kindOf),
    )
    const known = this.#found.get(suspicion) ?? new Map<string, string>()
    const inDoubt = [...known].filter(([, how]) => how === 'in doubt').map(([subject]) => subject)
    return new Set([...subjectsOf(alike), ...inDoubt])
  }

  #lockedSince({ event }: Refused, nowMs: number): number {
    const key = this.#keyOf(event)
    const sinceMs = this.#lockedSinceMs.get(key) ?? nowMs
    this.#lockedSinceMs.set(key, sinceMs)
    return sinceMs
  }

  /** Kind and subject together: a lock on a machine holds up its rows of one kind (inserted), and not those of another (amended). */
  #keyOf(event: StoredEvent): string {
    return `${this.#kindOf(event)} ${event.event.subject}`
  }

  #doubtedSince({ event: { seq } }: Refused, nowMs: number): number {
    if (this.#doubt?.seq !== seq) this.#doubt = { seq, sinceMs: nowMs }
    return this.#doubt.sinceMs
  }
}

/** Whether the table proves to take such rows: another one of this kind landed that is later in every respect. */
function isTableSound({ event }: Refused, landed: readonly StoredEvent[], kindOf: KindOf): boolean {
  const { seq } = event
  const kind = kindOf(event)
  const proof = landed.findLast(
    (one) => one.seq <= seq || (kindOf(one) === kind && one.event.at >= event.event.at),
  )
  return proof !== undefined && proof.seq > seq
}

/** Whether anything behind it would land. */
function holdsUp({ event: { seq } }: Refused, { landed }: Found): boolean {
  return landed.some((one) => one.seq > seq)
}

/** The kind comes first, and holds no space. */
function suspicionOf({ event, error }: Refused, kindOf: KindOf): string {
  return `${kindOf(event)} ${error.refusedBy}`
}

function subjectsOf(refused: readonly Refused[]): ReadonlySet<string> {
  return new Set(refused.map(({ event }) => event.event.subject))
}
