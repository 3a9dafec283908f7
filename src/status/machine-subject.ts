/**
 * A machine as a subject: keeps what the derivation remembers of it between inputs, and takes that up again after a restart
 * or when its map is replaced by another.
 */
import type { Health, MachineHealth, Trouble } from '../domain/health.ts'
import { laterOf } from '../domain/instant.ts'
import type { MachineMap } from '../domain/machine-map.ts'
import { machineOwner } from '../domain/owner.ts'
import { NO_DATA } from '../domain/status.ts'
import type { Message, Remembered, Subject, Taken, Tick } from '../domain/subject.ts'
import { derive, type Input, retire } from './derive.ts'
import { machineQuality } from './machine-quality.ts'
import { readState } from './saved/read-state.ts'
import { type MachineState, type Memory, newMemory, resumeMemory, stopOf } from './state.ts'

/** A subject that `status` shows among the machines. */
export interface MachineSubject extends Subject {
  readonly kind: 'machine'
  health(): Health<MachineHealth>
}

/** Whether a subject is a machine. */
export function isMachineSubject(subject: Subject): subject is MachineSubject {
  return 'kind' in subject && subject.kind === 'machine'
}

/** The saved state could not be read: the machine starts as one that was never seen. Over once it has a status again. */
const STATE_UNREADABLE = 'machine-state-unreadable'

/** Kinds of messages that say something about a machine's status. */
const UNDERSTOOD: ReadonlySet<string> = new Set<Input['kind']>(['reading', 'link', 'tick'])
const NOTHING: Taken = { events: [] }

/** Takes up what is remembered of the machine. Never throws: a state that cannot be read becomes a trouble. */
export function machineSubject(map: MachineMap, remembered: Remembered): MachineSubject {
  const recalled = recall(remembered)
  let { memory } = recalled
  let wakeAtMs: number | undefined
  /** The state that was last handed out to be saved. */
  let given = memory.durable

  function take(input: Message | Tick): Taken {
    if (!isUnderstood(input)) return NOTHING
    const derived = derive(map, memory, input)
    memory = derived.memory
    wakeAtMs = derived.wakeAtMs
    if (!derived.changed) return NOTHING
    given = memory.durable
    return { events: derived.events, state: given }
  }

  function checkpoint(): MachineState | undefined {
    if (!isNews(memory.durable, given)) return undefined
    given = memory.durable
    return given
  }

  return {
    kind: 'machine',
    owner: machineOwner(map.machine),
    take,
    checkpoint,
    health: () => healthOf(map, memory, recalled.unreadable),
    retire: () => retire(map, memory),
    get wakeAtMs() {
      return wakeAtMs
    },
    get lastSeen() {
      return memory.durable.lastSeen
    },
    get state() {
      return isNews(memory.durable, given) ? memory.durable : given
    },
  }
}

/**
 * Whether a state has something that was not given out yet. Counters and the codes of a stop move without an event; so does
 * `lastSeen`, which is saved apart; and whatever else changes is given out at once.
 */
function isNews(now: MachineState, given: MachineState): boolean {
  return now.counters !== given.counters || stopOf(now.phase) !== stopOf(given.phase)
}

/** The kind says which message it is; kinds are unique over all sources. */
function isUnderstood(input: Message | Tick): input is Input {
  return UNDERSTOOD.has(input.kind)
}

function recall(remembered: Remembered): {
  readonly memory: Memory
  readonly unreadable: string | undefined
} {
  const { bootId, now } = remembered
  if (remembered.state === undefined) return { memory: newMemory(bootId, now), unreadable: undefined }
  const read = readState(remembered.state)
  if (read.kind === 'unreadable') return { memory: newMemory(bootId, now), unreadable: read.why }
  const { durable, view } = resumeMemory(read.state, bootId, now)
  const resumed = remembered.isReplacement ? replaced(durable, remembered) : restarted(durable, remembered)
  return { memory: { durable: resumed, view }, unreadable: undefined }
}

/** Another map may judge otherwise, so that nothing that the map before took for possible counts any more. */
function replaced(state: MachineState, { lastSeen }: Remembered): MachineState {
  const { phase } = state
  const hasCandidate = phase.kind === 'unknown' || phase.kind === 'seen'
  return {
    ...state,
    phase: hasCandidate ? { ...phase, candidate: null } : phase,
    lastSeen: lastSeen ?? state.lastSeen,
  }
}

/** A machine that was lost was last seen before the loss, whatever was noted since. */
function restarted(state: MachineState, { lastSeen }: Remembered): MachineState {
  const isLost = state.phase.kind === 'hold' || state.phase.kind === 'gap'
  if (isLost || !lastSeen) return state
  return { ...state, lastSeen: state.lastSeen ? laterOf(state.lastSeen, lastSeen) : lastSeen }
}

function healthOf(
  map: MachineMap,
  { durable: { phase, lastSeen }, view }: Memory,
  unreadable: string | undefined,
): Health<MachineHealth> {
  const { machine } = map
  const { signals, troubles } = machineQuality(map, view)
  const summary = { machine, ...shownOf(phase), lastSeenMs: lastSeen?.wallMs ?? null, signals }
  if (unreadable === undefined || phase.kind !== 'unknown') return { summary, troubles }
  return { summary, troubles: [unreadableState(map, unreadable), ...troubles] }
}

function unreadableState({ machine, file }: MachineMap, unreadable: string): Trouble {
  const what = `the saved state of ${machine} (${file}) cannot be read: ${unreadable}`
  const hint =
    'nothing to do: it starts as a machine that was never seen, and its open row in central stays open'
  return { code: STATE_UNREADABLE, what, hint, sinceMs: null, machine }
}

function shownOf(phase: MachineState['phase']): Omit<MachineHealth, 'machine' | 'lastSeenMs' | 'signals'> {
  switch (phase.kind) {
    case 'unknown':
      return { status: null, sinceMs: null, reason: null, workOrder: null }
    case 'gap':
      return { status: 'available', sinceMs: phase.marker.stampMs, reason: NO_DATA, workOrder: null }
    case 'seen':
    case 'hold': {
      const { status, stampMs, reason, workOrder } = phase.interval
      return { status, sinceMs: stampMs, reason: phase.stop?.reason.code ?? reason, workOrder }
    }
  }
}
