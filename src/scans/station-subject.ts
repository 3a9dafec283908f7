/**
 * A station as a subject: keeps who works there and what waits for more, stores the scans that count, and lets its machine know
 * what they mean.
 */
import type { Health, StationHealth, Trouble } from '../domain/health.ts'
import type { Instant } from '../domain/instant.ts'
import { machineOwner, type Owner, stationOwner } from '../domain/owner.ts'
import type { BadgeMessage, ScanMessage } from '../domain/scan.ts'
import type { StationMap } from '../domain/station-map.ts'
import type { Context, Message, Remembered, Stall, Subject, Taken, Tick } from '../domain/subject.ts'
import { lapse, lapsesInMs } from './station/give-up.ts'
import type { ContextChange } from './station/outcome.ts'
import { SCAN_REFUSALS, type ScanRefusal } from './station/refusals.ts'
import { readState } from './station/saved-state.ts'
import { endSession } from './station/session.ts'
import { heldCount, newState, type StationState } from './station/station-state.ts'
import { takeBadge } from './station/take-badge.ts'
import { takeScan } from './station/take-scan.ts'

/** A subject that `status` shows among the stations. */
export interface StationSubject extends Subject {
  readonly kind: 'station'
  readonly map: StationMap
  health(): Health<StationHealth>
}

/** Whether a subject is a station. */
export function isStationSubject(subject: Subject): subject is StationSubject {
  return 'kind' in subject && subject.kind === 'station'
}

/** The saved state could not be read: the station starts as one that was never here. Over with the first badge or row. */
const STATE_UNREADABLE = 'station-state-unreadable'

type Input = ScanMessage | BadgeMessage | Tick | Stall

const UNDERSTOOD: ReadonlySet<string> = new Set<Input['kind']>(['scan', 'badge', 'tick', 'stall'])
const NOTHING: Taken = { events: [] }
/** What a crash may forget: a scan that is repeated after it is judged as if it were the first, and counts are only shown. */
const MAY_BE_FORGOTTEN: readonly string[] = [
  'refused',
  'lastScan',
  'previous',
] satisfies (keyof StationState)[]

/** Takes up what is remembered of the station. Never throws: a state that cannot be read becomes a trouble. */
export function stationSubject(map: StationMap, remembered: Remembered): StationSubject {
  const recalled = recall(remembered)
  let { state } = recalled
  let latest = remembered.now
  let wakeAtMs = wakeAt(map, state, latest)
  /** Whether the state has something that was not given out yet. */
  let isNews = false

  function take(input: Message | Tick | Stall): Taken {
    if (!isUnderstood(input)) return NOTHING
    const now = input.kind === 'stall' ? input.to : input.at
    const before = state
    const { state: after, ...taken } = takenIn(map, before, input, now)
    state = after
    latest = now
    wakeAtMs = wakeAt(map, state, now)
    const mustSave = hasMoved(before, after)
    isNews = !mustSave && (isNews || before !== after)
    return mustSave ? { ...taken, state } : taken
  }

  function checkpoint(): StationState | undefined {
    const news = isNews ? state : undefined
    isNews = false
    return news
  }

  function retire(): Taken {
    const context = contextOf(map, state.session ? [{ operator: null }] : [], latest)
    return { events: [], state: endSession(state, latest), ...context }
  }

  return {
    kind: 'station',
    owner: stationOwner(map.scanner),
    map,
    take,
    checkpoint,
    health: () => healthOf(map, state, recalled.unreadable),
    retire,
    get wakeAtMs() {
      return wakeAtMs
    },
    get state() {
      return state
    },
  }
}

/** The kind says which message it is; kinds are unique over all sources. */
function isUnderstood(input: Message | Tick | Stall): input is Input {
  return UNDERSTOOD.has(input.kind)
}

/** What time alone brings about comes before what is scanned. */
function takenIn(
  map: StationMap,
  before: StationState,
  input: Input,
  now: Instant,
): Taken & { readonly state: StationState } {
  const lapsed = lapse(map, before, now)
  const givenUp: Pick<Taken, 'givenUp'> = lapsed.why ? { givenUp: { verdict: 'bad', why: lapsed.why } } : {}
  if (input.kind === 'tick' || input.kind === 'stall') {
    const context = contextOf(map, lapsed.said, now)
    return { state: lapsed.state, events: [], ...context, ...givenUp }
  }
  const { state, events, said, verdict, why } =
    input.kind === 'scan' ? takeScan(map, lapsed.state, input) : takeBadge(map, lapsed.state, input)
  const context = contextOf(map, [...lapsed.said, ...said], now)
  return { state, events, ...context, ...givenUp, answer: { verdict, why } }
}

/** Absent where the machine learns nothing: then nothing need be stored for it. */
function contextOf(
  { station }: StationMap,
  said: readonly ContextChange[],
  at: Instant,
): Pick<Taken, 'context'> {
  if (station.machine === null || said.length === 0) return {}
  const subject: Owner = machineOwner(station.machine)
  return { context: said.map((one): Context => ({ kind: 'context', subject, at, ...one })) }
}

/** Whether a state has moved in a way that a restart must know of. */
function hasMoved(before: StationState, after: StationState): boolean {
  const fields = Object.keys(after) as (keyof StationState)[]
  return fields.some((field) => !MAY_BE_FORGOTTEN.includes(field) && before[field] !== after[field])
}

function wakeAt(map: StationMap, state: StationState, now: Instant): number | undefined {
  const leftMs = lapsesInMs(map, state, now)
  return leftMs === undefined ? undefined : now.monoMs + Math.max(0, leftMs)
}

function recall(remembered: Remembered): {
  readonly state: StationState
  readonly unreadable: string | undefined
} {
  const { state: saved } = remembered
  const read = saved === undefined ? undefined : readState(saved)
  const state = read?.kind === 'read' ? read.state : newState()
  const unreadable = read?.kind === 'unreadable' ? read.why : undefined
  const mayBeBehind = unreadable !== undefined || remembered.aliveAt?.boot !== remembered.now.boot
  const lastStampMs = Math.max(state.lastStampMs, mayBeBehind ? aliveMs(remembered) : 0)
  return { state: { ...state, lastStampMs }, unreadable }
}

/**
 * When the gateway was last running, where the clock is behind that: a computer without a battery may start in 1970. No row may
 * get the moment of one that is stored.
 */
function aliveMs({ aliveAt, now }: Remembered): number {
  return aliveAt && aliveAt.wallMs > now.wallMs ? aliveAt.wallMs : 0
}

function healthOf(
  map: StationMap,
  state: StationState,
  unreadable: string | undefined,
): Health<StationHealth> {
  const { session, orders, refused } = state
  const summary: StationHealth = {
    station: map.scanner,
    operator: session?.operator ?? null,
    sinceMs: session?.since.wallMs ?? null,
    workOrders: orders.map(({ number, standing }) => ({ workOrder: number, standing })),
    held: heldCount(state),
    refused: (Object.keys(refused) as ScanRefusal[]).flatMap((refusal) => {
      const counted = refused[refusal]
      return counted ? { why: SCAN_REFUSALS[refusal], ...counted } : []
    }),
  }
  const isOver = unreadable === undefined || session !== null || state.commit !== null
  return { summary, troubles: isOver ? [] : [unreadableState(map, unreadable)] }
}

function unreadableState({ scanner, file }: StationMap, unreadable: string): Trouble {
  const what = `the saved state of the station ${scanner} (${file}) cannot be read: ${unreadable}`
  const hint = 'badge in again, and scan again what was not confirmed; rows that are stored are not affected'
  return { code: STATE_UNREADABLE, what, hint, sinceMs: null }
}
