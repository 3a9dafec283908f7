/**
 * A machine in shadow: read and derived as always, and shown to people here. Nothing of it goes into the log of events, so that no
 * route ever learns of it. What it would have written is kept, bounded, to be looked at.
 *
 * The machines of a gateway that stands by are the same, for another reason: the other gateway of its pair writes their rows, and what is
 * kept here is what this one goes on with when it takes over.
 *
 * Its saved state is that of the machine as its rows have left it, with what is derived in the shadow beside it. So whoever reads the
 * state without knowing of shadows, such as an earlier version, finds a machine whose rows have ended.
 */

import { createEventCodec } from '../domain/events/codec.ts'
import { isMachineEvent, MACHINE_EVENT_KINDS, type MachineEvent } from '../domain/events/machine.ts'
import type { Health, MachineHealth, Trouble } from '../domain/health.ts'
import type { Instant } from '../domain/instant.ts'
import type { MachineMap } from '../domain/machine-map.ts'
import type { Message, Remembered, Stall, Taken, Tick } from '../domain/subject.ts'
import { isMachineInput, type MachineSubject, machineSubject } from './machine-subject.ts'
import { resumeMemory } from './resume.ts'
import { readState } from './saved/read-state.ts'
import { type Absence, followAbsences } from './seam/absences.ts'
import { type MachineState, newState } from './state.ts'
import { atOf } from './time-unknown.ts'

/** What a machine in shadow would have written, bounded: about as much as people look at. */
const EVENTS_MAX = 120
/** A trial lasts a shift, or a week; after that somebody has forgotten it. */
const DAY_MS = 24 * 3_600_000
const FORGOTTEN_MS = 7 * DAY_MS

/** The codes of what can be wrong with a machine in shadow. */
const SHADOW_TROUBLES = {
  /** It has been in shadow for longer than a trial lasts: central does not know of it. */
  forgotten: 'machine-shadow-forgotten',
} as const

const NOTHING: Taken = { events: [] }
const codec = createEventCodec(MACHINE_EVENT_KINDS)

/** `shadow`: its map says so; `stand-by`: the other gateway of the pair is the active one. */
type Unwritten = 'shadow' | 'stand-by'

/** A machine of which nothing is written. */
interface ShadowSubject extends MachineSubject {
  readonly because: Unwritten
  /** What it would have written, oldest first; of what was amended again and again only the latest. */
  readonly unwritten: readonly MachineEvent[]
  /** When this gateway was not there, although what it would have written says nothing of it. */
  readonly absences: readonly Absence[]
  /** Whether it has not been seen since this gateway was last away. */
  readonly isAway: boolean
  /** Since when it is in shadow, ms since 1970. */
  readonly sinceMs: number
  /** The machine as it is derived in the shadow, for a map that takes this one's place. */
  readonly derived: MachineSubject
}

/** The state of a machine as its rows have left it, and its shadow. */
interface SavedShadow extends MachineState {
  readonly shadow: {
    /** Absent: its map says so. */
    readonly because?: 'stand-by'
    readonly sinceMs: number
    readonly state: object
    readonly unwritten: readonly MachineEvent[]
    /** Absent: there was none. */
    readonly absences?: readonly Absence[]
  }
}

/** Whether a machine is in shadow. */
export function isInShadow(subject: object | undefined): subject is ShadowSubject {
  return isUnwritten(subject) && subject.because === 'shadow'
}

/** Whether nothing of a machine is written because its gateway stands by. */
export function isStandingBy(subject: object | undefined): subject is ShadowSubject {
  return isUnwritten(subject) && subject.because === 'stand-by'
}

/** Whether nothing of a machine is written, for whatever reason. */
export function isUnwritten(subject: object | undefined): subject is ShadowSubject {
  return subject !== undefined && 'unwritten' in subject
}

/** Whether a machine was in shadow when its state was saved: then no row of it is open. */
export function isSavedInShadow(saved: unknown): saved is SavedShadow {
  return isSavedUnwritten(saved) && saved.shadow.because === undefined
}

function isSavedUnwritten(saved: unknown): saved is SavedShadow {
  return typeof saved === 'object' && saved !== null && 'shadow' in saved
}

/**
 * Takes up what is remembered of the machine, whose rows have been ended before. Never throws: a state that cannot be read becomes a
 * trouble.
 * @param make makes the machine that is derived in the shadow
 */
export function shadowSubject(
  map: MachineMap,
  remembered: Remembered,
  make = (known: Remembered): MachineSubject => machineSubject(map, known),
  because: Unwritten = 'shadow',
): ShadowSubject {
  const derived = make(derivedOf(remembered, because))
  const saved = isSavedUnwritten(remembered.state) ? remembered.state.shadow : undefined
  const record = recordOf(remembered, derived, because)
  const absences = absencesOf(derived, remembered)
  let unwritten = unwrittenOf(saved?.unwritten)
  const inShadow = (state: object): object => record.inShadow(state, unwritten, absences.all)

  function take(input: Message | Tick | Stall): Taken {
    const { events, state } = derived.take(input)
    if (isMachineInput(input)) record.begin(atOf(input))
    absences.follow(derived.memory)
    if (!state) return NOTHING
    unwritten = kept(unwritten, events.filter(isMachineEvent))
    return { events: [], state: inShadow(state) }
  }

  function checkpoint(): object | undefined {
    const state = derived.checkpoint()
    return state && inShadow(state)
  }

  return {
    kind: 'machine',
    owner: derived.owner,
    map,
    because,
    derived,
    take,
    checkpoint,
    health: () => (because === 'shadow' ? healthOf(derived, record.sinceMs) : derived.health()),
    // A scan belongs to the machine whose gateway stands by as to any other.
    standing: (at) => ({ ...derived.standing(at), ...(because === 'shadow' && { isShadow: true }) }),
    // Its rows were ended when it was put into shadow; those that it would have written end here, for whoever replays them.
    retire: () => {
      derived.retire()
      return { events: [], state: record.atRest() }
    },
    get sinceMs() {
      return record.sinceMs
    },
    get unwritten() {
      return unwritten
    },
    get absences() {
      return absences.all
    },
    get isAway() {
      return absences.isAway
    },
    get memory() {
      return derived.memory
    },
    get isWaiting() {
      return derived.isWaiting
    },
    get wakeAtMs() {
      return derived.wakeAtMs
    },
    get state() {
      return inShadow(derived.state)
    },
  }
}

/** When this gateway was away from a machine, as far as it is known where the shadow of it begins or goes on. */
function absencesOf({ memory }: MachineSubject, { before, state: saved }: Remembered) {
  const known = isSavedUnwritten(saved) ? saved.shadow.absences : undefined
  const absences = followAbsences(known, before ? null : memory.durable.lastSeen)
  // One that stood still as the active gateway learns only afterwards that it no longer is that, and may have seen the machine since.
  absences.follow(memory)
  return absences
}

/** Out of the shadow nothing is taken along into it; a gateway that begins to stand by goes on with what it knows of its machines. */
function derivedOf(remembered: Remembered, because: Unwritten): Remembered {
  const { before, state: saved } = remembered
  const known = isUnwritten(before) ? before.derived : because === 'stand-by' ? before : undefined
  if (isSavedUnwritten(saved)) return { ...remembered, before: known, state: saved.shadow.state }
  return { ...remembered, before: known, state: because === 'stand-by' ? saved : undefined }
}

/**
 * How the rows of the machine were left, and since when it is in shadow: known only once the computer knows the time. Until then what
 * was saved stays as it is.
 */
function recordOf(remembered: Remembered, derived: MachineSubject, because: Unwritten) {
  const { state: saved, now } = remembered
  let begun = derived.isWaiting ? undefined : begunAt(now)

  function begunAt(at: Instant) {
    const sinceMs = isSavedUnwritten(saved) ? saved.shadow.sinceMs : at.wallMs
    const written = resumeMemory(writtenIn(saved), at).durable
    return { sinceMs, written: because === 'shadow' ? written : leftToOther(written) }
  }

  return {
    get sinceMs() {
      return begun?.sinceMs ?? now.wallMs
    },
    begin: (at: Instant) => {
      if (!derived.isWaiting) begun ??= begunAt(at)
    },
    inShadow: (state: object, unwritten: readonly MachineEvent[], absences: readonly Absence[]): object => {
      if (!begun) return isSavedUnwritten(saved) ? saved : writtenIn(saved)
      const { sinceMs, written } = begun
      const shadow = {
        ...(because === 'stand-by' && { because }),
        ...{ sinceMs, state, unwritten },
        ...(absences.length > 0 && { absences }),
      }
      return { ...resting(written, derived), shadow } satisfies SavedShadow
    },
    /** As its rows may begin again. */
    atRest: (): object => (begun ? resting(begun.written, derived) : writtenIn(saved)),
  }
}

/** What is wrong where a machine has been in shadow for longer than anybody tries a map. */
export function forgottenShadow(subject: MachineSubject, nowMs: number): readonly Trouble[] {
  if (!isInShadow(subject) || subject.isWaiting || nowMs - subject.sinceMs < FORGOTTEN_MS) return []
  const { machine, file } = subject.map
  const days = Math.floor((nowMs - subject.sinceMs) / DAY_MS)
  const what = `${machine} has been in shadow for ${days} days: central knows nothing of what it does`
  const hint = `take "shadow: true" out of ${file} if it is right what status shows of it; take the file away if it is not needed`
  return [{ code: SHADOW_TROUBLES.forgotten, what, hint, sinceMs: subject.sinceMs, machine }]
}

/** What is open in central is the other gateway's to go on with: no row of this one is. */
function leftToOther(written: MachineState): MachineState {
  return { ...newState(), lastStampMs: written.lastStampMs }
}

function writtenIn(saved: unknown): MachineState {
  const read = saved === undefined ? undefined : readState(saved)
  return read?.kind === 'read' ? read.state : newState()
}

/**
 * The machine as rows may begin again: who works there and what was declared is as true then as it is in the shadow. What
 * counters and codes showed before is forgotten, so that no row speaks of the time in between.
 */
function resting(written: MachineState, { memory }: MachineSubject): MachineState {
  const { said, isInService } = memory.durable
  const { orders, declared } = said
  return {
    ...written,
    isInService,
    said: { ...said, orders: orders.slice(-1), declared: declared && { ...declared, run: null } },
    counters: {},
    doubtedCounts: {},
    codes: [],
    courses: [],
    lastStop: null,
    orderAwaitedBy: null,
    transientSince: null,
  }
}

/** An amendment says everything that can change, so that the one before it says nothing more. */
function kept(before: readonly MachineEvent[], news: readonly MachineEvent[]): readonly MachineEvent[] {
  const all = news.reduce<readonly MachineEvent[]>(
    (events, next) => [...events.filter(({ kind, at }) => kind !== next.kind || at !== next.at), next],
    before,
  )
  return all.slice(-EVENTS_MAX)
}

/** What a later version wrote and this one cannot read is left out: it is only looked at. */
function unwrittenOf(saved: unknown): readonly MachineEvent[] {
  return Array.isArray(saved) ? saved.map((event) => codec.read(event)).filter(isMachineEvent) : []
}

function healthOf(derived: MachineSubject, shadowSinceMs: number): Health<MachineHealth> {
  const { summary, troubles } = derived.health()
  return { summary: { ...summary, shadowSinceMs }, troubles }
}
