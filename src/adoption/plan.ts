/**
 * What an adoption will do where the route into the MES is fenced, found out without changing anything: which of its
 * unacknowledged events come along, and how each machine's rows go on behind those that central has. The rule for one machine
 * is in `machine-seam.ts`, the one for scans in `scan-seam.ts`. Other routes get every event.
 */
import type { Event } from '../domain/events/event.ts'
import { isMachineEvent } from '../domain/events/machine.ts'
import type { Instant } from '../domain/instant.ts'
import { LEFT_OUT, type Outbox, type StoredEvent } from '../domain/outbox.ts'
import { isMachine, isStation, machineOwner, type Owner, ownerCode } from '../domain/owner.ts'
import { latestRows } from '../routes/mes/latest-rows.ts'
import { allQuarantined, type Ledger } from '../routes/mes/ledger.ts'
import { CENTRAL } from '../routes/mes/route.ts'
import { readState } from '../status/saved/read-state.ts'
import { MachineSeam, openingKey } from '../status/seam/machine-seam.ts'
import type { MachineState } from '../status/state.ts'
import { isScanEvent, ScanSeam } from './scan-seam.ts'
import type { AdoptionScope } from './scope.ts'

/** Events read from the log at a time. */
const PAGE_EVENTS = 1_000

type SavedStates = Awaited<ReturnType<Outbox['states']>>

interface AdoptionParts {
  readonly outbox: Outbox
  readonly ledger: Ledger
  /** Codes of the machines whose maps are in force. */
  readonly machines: readonly string[]
  readonly now: Instant
}

/** The whole plan, as it is shown before anything is done. */
export interface AdoptionPlan {
  /** What follows this event is the MES's to get, or left out for it; null where nothing is planned for it. */
  readonly afterSeq: number | null
  /** Events that the MES has not acknowledged and will get. */
  readonly kept: number
  /** Numbers of those that it will not get: central has them already, or they would overlap what it has. */
  readonly leftOut: readonly number[]
  /** What is appended to the log, so that no row stays open in central that no gateway will ever close. */
  readonly events: readonly Event[]
  /** `null` forgets a machine or a station. */
  readonly states: Readonly<Record<Owner, MachineState | null>>
}

/** Where the route into the MES agrees with the log, or where there is none. */
export const NOTHING_PLANNED: AdoptionPlan = { afterSeq: null, kept: 0, leftOut: [], events: [], states: {} }

/**
 * Plans the adoption of what is in its scope.
 * @param leaveOut is called with each event that will be left out, in order
 * @throws StoreError, DestinationError
 */
export async function planAdoption(
  { outbox, ledger, machines, now }: AdoptionParts,
  scope: AdoptionScope,
  leaveOut: (event: StoredEvent) => void,
): Promise<AdoptionPlan> {
  const saved = await outbox.states()
  const states = machineStates(saved)
  const waiting = await openingsSetAside(ledger)
  const settled = new Set([...waiting, ...(await openingsGivenUp(ledger))])
  const seams = new Map<string, MachineSeam>()
  const scans = new ScanSeam(ledger, waiting)
  const meet = async (codes: readonly string[]) => {
    const unmet = [...new Set(codes)].filter((code) => !seams.has(code))
    if (unmet.length === 0 || scope.leavesMachines) return
    const latest = await latestRows(ledger, unmet)
    for (const code of unmet) seams.set(code, new MachineSeam(code, latest.get(code) ?? {}, waiting))
  }
  // Of another organization's machines nothing is known, whatever machines of the former one were called.
  await meet(scope.forgetsMachines ? machines : [...machines, ...states.keys()])
  const { afterSeq } = scope
  const leftOut: number[] = []
  let kept = 0
  for await (const page of eventPages(outbox, afterSeq)) {
    if (!scope.leavesAllOut) await Promise.all([meet(machinesIn(page)), scans.meet(page)])
    for (const stored of page) {
      if (!scope.leavesAllOut && comesAlong(stored.event, { seams, scans, settled })) kept += 1
      else {
        leftOut.push(stored.seq)
        leaveOut(stored)
      }
    }
  }
  if (!scope.forgetsMachines) return { afterSeq, kept, leftOut, ...closings(seams, states, now) }
  const begun = closings(seams, new Map(), now)
  return { afterSeq, kept, leftOut, ...begun, states: { ...forgotten(saved), ...begun.states } }
}

function machinesIn(page: readonly StoredEvent[]): readonly string[] {
  return page
    .map(({ event }) => event.subject)
    .filter(isMachine)
    .map(ownerCode)
}

/** A session of the other organization's people is no session here. */
function forgotten(saved: SavedStates): Readonly<Record<Owner, null>> {
  const owners = Object.keys(saved) as readonly Owner[]
  return Object.fromEntries(
    owners.filter((owner) => isMachine(owner) || isStation(owner)).map((owner) => [owner, null]),
  )
}

interface Seams {
  readonly seams: ReadonlyMap<string, MachineSeam>
  readonly scans: ScanSeam
  /** Openings that lie in quarantine, or were given up. */
  readonly settled: ReadonlySet<string>
}

/** What is no row of a machine, and no scan, comes along as it is. */
function comesAlong(event: Event, { seams, scans, settled }: Seams): boolean {
  const isSettled = settled.has(openingKey(event))
  if (isScanEvent(event)) return scans.take(event, isSettled)
  if (!isMachineEvent(event)) return true
  return !isSettled && (seams.get(ownerCode(event.subject))?.take(event) ?? false)
}

/** Every event after a number that the MES still gets. What an earlier adoption left out for it is passed over. */
async function* eventPages(outbox: Outbox, afterSeq: number): AsyncGenerator<readonly StoredEvent[]> {
  let after = afterSeq
  for (;;) {
    const page = await outbox.read(after, PAGE_EVENTS, CENTRAL)
    const last = page.at(-1)
    if (!last) return
    yield page.filter(({ event }) => event.kind !== LEFT_OUT)
    after = last.seq
  }
}

function closings(
  seams: ReadonlyMap<string, MachineSeam>,
  local: ReadonlyMap<string, MachineState>,
  now: Instant,
): Pick<AdoptionPlan, 'events' | 'states'> {
  const events: Event[] = []
  const states: Record<Owner, MachineState> = {}
  for (const [machine, seam] of seams) {
    const closing = seam.close(local.get(machine), now)
    events.push(...closing.events)
    if (closing.state) states[machineOwner(machine)] = closing.state
  }
  return { events, states }
}

/** By the machine's code. */
function machineStates(saved: SavedStates): ReadonlyMap<string, MachineState> {
  const states = new Map<string, MachineState>()
  for (const [owner, state] of Object.entries(saved)) {
    if (!isMachine(owner as Owner)) continue
    const read = readState(state)
    // A state that cannot be read is as good as none: the machine's row is ended as one that nobody continues.
    if (read.kind === 'read') states.set(ownerCode(owner as Owner), read.state)
  }
  return states
}

/** Openings that wait in the quarantine must not come a second time under another number. */
async function openingsSetAside(ledger: Ledger): Promise<ReadonlySet<string>> {
  const keys = new Set<string>()
  for await (const { event } of allQuarantined(ledger)) keys.add(openingKey(event))
  keys.delete('')
  return keys
}

/** Rows that people have given up must not come back under another number. */
async function openingsGivenUp(ledger: Ledger): Promise<ReadonlySet<string>> {
  const keys = new Set((await ledger.discarded()).map(({ event }) => openingKey(event)))
  keys.delete('')
  return keys
}
