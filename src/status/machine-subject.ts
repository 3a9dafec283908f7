/**
 * A machine as a subject: keeps what the derivation remembers of it between inputs, and takes that up again after a restart
 * or when its map is replaced by another.
 */
import type { MachineEvent } from '../domain/events/machine.ts'
import type { Health, MachineHealth, Trouble } from '../domain/health.ts'
import { type Instant, laterOf } from '../domain/instant.ts'
import type { MachineMap } from '../domain/machine-map.ts'
import { machineOwner } from '../domain/owner.ts'
import type { MachineStanding } from '../domain/scan.ts'
import { NO_DATA } from '../domain/status.ts'
import type { Message, Remembered, Stall, Subject, Taken, Tick } from '../domain/subject.ts'
import { derive, type Input, retire } from './derive.ts'
import { machineQuality } from './machine-quality.ts'
import { wakeForLossMs } from './on-loss.ts'
import { standingOf, unknownStanding } from './people/standing.ts'
import { turnAt } from './planned/planned-time.ts'
import { resumeMemory } from './resume.ts'
import { shownReason, shownStatus } from './rows/shown.ts'
import { readState } from './saved/read-state.ts'
import { observedCycleMsOf } from './seeing/perceived/pulse.ts'
import { type MachineState, type Memory, newState } from './state.ts'
import { type Mapped, takeOver } from './take-over.ts'
import { atOf, byClockOf, inputByClockOf, isTimeUnknown, isWaitOver, type Waiting } from './time-unknown.ts'

/** A subject that `status` shows among the machines. */
export interface MachineSubject extends Subject, Mapped {
  readonly kind: 'machine'
  /** Whether it takes nothing in yet, because the computer has no time. */
  readonly isWaiting: boolean
  health(): Health<MachineHealth>
  /** What a station must know of it. A context that is taken in at the same moment is understood by the same. */
  standing(at: Instant): MachineStanding
}

/** Whether a subject is a machine. */
export function isMachineSubject(subject: Subject): subject is MachineSubject {
  return 'kind' in subject && subject.kind === 'machine'
}

/** The saved state could not be read: the machine starts as one that was never seen. Over once it has a status again. */
const STATE_UNREADABLE = 'machine-state-unreadable'

/** Kinds of messages that say something about a machine's status. */
const UNDERSTOOD: ReadonlySet<string> = new Set<Input['kind']>([
  'reading',
  'link',
  'context',
  'service',
  'mes-status',
  'planned',
  'tick',
  'stall',
])
const NOTHING: Taken = { events: [] }

/** Takes up what is remembered of the machine. Never throws: a state that cannot be read becomes a trouble. */
export function machineSubject(map: MachineMap, remembered: Remembered): MachineSubject {
  const recalled = recall(map, remembered)
  let { memory, waiting } = recalled
  let wakeAtMs = wakeForLossMs({ map, state: memory.durable, view: memory.view })
  /** Whether the state has something that was not given out yet. */
  let isNews = false

  function take(input: Message | Tick | Stall): Taken {
    if (!isMachineInput(input)) return NOTHING
    if (!waiting) return takeIn([input])
    const now = atOf(input)
    waiting.inputs.push(input)
    if (!isWaitOver(waiting, now)) return NOTHING
    const { state, since, inputs } = waiting
    waiting = undefined
    memory = resumeMemory(state, byClockOf(now, since))
    return takeIn(inputs.map((one) => inputByClockOf(now, one)))
  }

  function takeIn(inputs: readonly Input[]): Taken {
    const events: MachineEvent[] = []
    let mustSave = false
    for (const input of inputs) {
      const derived = derive(map, memory, input)
      memory = derived.memory
      wakeAtMs = derived.wakeAtMs
      events.push(...derived.events)
      mustSave ||= derived.saving === 'now'
      isNews ||= derived.saving === 'soon'
    }
    if (!mustSave) return NOTHING
    isNews = false
    return { events, state: memory.durable }
  }

  function checkpoint(): MachineState | undefined {
    const state = isNews ? memory.durable : undefined
    isNews = false
    return state
  }

  return {
    kind: 'machine',
    owner: machineOwner(map.machine),
    map,
    get memory() {
      return memory
    },
    take,
    checkpoint,
    health: () => healthOf(map, memory, recalled.unreadable),
    standing: (at) => (waiting ? unknownStanding(map.machine) : standingOf(map, memory, at)),
    retire: () => retire(map, memory),
    get isWaiting() {
      return waiting !== undefined
    },
    get wakeAtMs() {
      // Whether the time is known by now is asked as often as may be.
      return waiting ? 0 : wakeAtMs
    },
    get state() {
      return waiting ? waiting.state : memory.durable
    },
  }
}

/** The kind says which message it is; kinds are unique over all sources. */
export function isMachineInput(input: Message | Tick | Stall): input is Input {
  return UNDERSTOOD.has(input.kind)
}

function recall(
  map: MachineMap,
  remembered: Remembered,
): {
  readonly memory: Memory
  readonly waiting: Waiting | undefined
  readonly unreadable: string | undefined
} {
  const { before, now } = remembered
  // One that still waits for the time has taken nothing in.
  if (before && isMachineSubject(before) && !before.isWaiting)
    return { memory: takeOver(before, map, now), waiting: undefined, unreadable: undefined }
  if (remembered.state === undefined) return { ...takenUp(newState(), remembered), unreadable: undefined }
  const read = readState(remembered.state)
  if (read.kind === 'unreadable') return { ...takenUp(newState(), remembered), unreadable: read.why }
  return { ...takenUp(seenUntil(read.state, remembered.lastSeen), remembered), unreadable: undefined }
}

/** Where a gateway ended before it noted that it ran, its machine was seen. */
function takenUp(state: MachineState, { now, ...remembered }: Remembered) {
  const aliveAt = remembered.aliveAt ?? state.lastSeen ?? now
  const waits = state.lastSeen?.boot !== now.boot && isTimeUnknown(aliveAt, now)
  const waiting: Waiting | undefined = waits ? { state, aliveAt, since: now, inputs: [] } : undefined
  return { memory: resumeMemory(state, now), waiting }
}

/** A machine that was lost was last seen before the loss, whatever an earlier version noted apart from its state. */
function seenUntil(state: MachineState, lastSeen: Instant | undefined): MachineState {
  const isLost = state.phase.kind === 'hold' || state.phase.kind === 'gap'
  if (isLost || !lastSeen) return state
  return { ...state, lastSeen: state.lastSeen ? laterOf(state.lastSeen, lastSeen) : lastSeen }
}

function healthOf(
  map: MachineMap,
  { durable, view }: Memory,
  unreadable: string | undefined,
): Health<MachineHealth> {
  const { machine } = map
  const { phase, lastSeen, said, planned } = durable
  const { signals, troubles } = machineQuality({ map, state: durable, view })
  const { operator, declared } = said
  const summary = {
    machine,
    ...shownOf(phase),
    operator,
    declared: declared?.status ?? null,
    shift: (lastSeen && turnAt(planned, lastSeen.wallMs)?.shift) ?? null,
    // One whose next pulse is awaited has shown something up to now.
    lastSeenMs: (lastSeen && view.inTouchTo ? laterOf(lastSeen, view.inTouchTo) : lastSeen)?.wallMs ?? null,
    signals,
    ...pulseOf(map, durable),
    ...(map.counters.length > 0 && { counters: durable.counters }),
  }
  if (unreadable === undefined || phase.kind !== 'unknown') return { summary, troubles }
  return { summary, troubles: [unreadableState(map, unreadable), ...troubles] }
}

function pulseOf({ perceived }: MachineMap, { courses }: MachineState): Pick<MachineHealth, 'pulse'> {
  const spec = perceived.find((one) => one.kind === 'pulse')
  if (!spec?.isLearning) return {}
  const course = courses.find(({ signal }) => signal === spec.signal)
  const observedCycleMs = course?.kind === 'pulse' ? observedCycleMsOf(course.memory) : null
  return { pulse: { idealCycleMs: spec.idealCycleMs, observedCycleMs } }
}

function unreadableState({ machine, file }: MachineMap, unreadable: string): Trouble {
  const what = `the saved state of ${machine} (${file}) cannot be read: ${unreadable}`
  const hint =
    'nothing to do: it starts as a machine that was never seen, and its open row in central stays open'
  return { code: STATE_UNREADABLE, what, hint, sinceMs: null, machine }
}

function shownOf(
  phase: MachineState['phase'],
): Pick<MachineHealth, 'status' | 'sinceMs' | 'reason' | 'workOrder'> {
  switch (phase.kind) {
    case 'unknown':
      return { status: null, sinceMs: null, reason: null, workOrder: null }
    case 'gap':
      return { status: 'available', sinceMs: phase.marker.stampMs, reason: NO_DATA, workOrder: null }
    case 'seen':
    case 'hold': {
      const { stampMs, workOrder } = phase.interval
      const [status, reason] = [shownStatus(phase.interval), shownReason(phase.interval)]
      return { status, sinceMs: stampMs, reason: reason.code, workOrder }
    }
  }
}
