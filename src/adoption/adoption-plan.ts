/**
 * What an adoption will do to the local log, found out without changing anything: which unacknowledged events come along,
 * and how each machine's rows go on behind those that central has. The rule for one machine is in `machine-seam.ts`.
 */

import { setAside, timeOf } from '../commands/buffer/quarantine.ts'
import type { Event } from '../domain/event.ts'
import type { Outbox, StoredEvent } from '../domain/outbox.ts'
import { isMachine, machineOwner, type Owner, ownerCode } from '../domain/owner.ts'
import type { LatestRows, Ledger } from '../routes/mes/ledger.ts'
import type { MachineState } from '../status/state.ts'
import { type Boot, createSeam, type MachineSeam } from './machine-seam.ts'

/** Events read from the log at a time. */
const PAGE_EVENTS = 1_000

export interface AdoptionParts {
  readonly outbox: Outbox
  readonly ledger: Ledger
  /** Codes of the machines whose maps are in force. */
  readonly machines: readonly string[]
  readonly boot: Boot
}

export interface AdoptionPlan {
  /** Unacknowledged events that come along. */
  readonly kept: number
  /** Numbers of those that do not: central has them already, or they would overlap what it has. */
  readonly leftOut: readonly number[]
  /** What is appended to the log, so that no row in central stays open that nobody lives. */
  readonly events: readonly Event[]
  readonly states: Readonly<Record<Owner, MachineState>>
}

/** @param leaveOut is told of each event that will be left out, in order */
export async function planAdoption(
  { outbox, ledger, machines, boot }: AdoptionParts,
  afterSeq: number,
  leaveOut: (event: StoredEvent) => void,
): Promise<AdoptionPlan> {
  const states = await machineStates(outbox)
  const waiting = await openingsSetAside(ledger)
  const seams = new Map<string, MachineSeam>()
  const meet = async (codes: readonly string[]) => {
    const strangers = [...new Set(codes)].filter((code) => !seams.has(code))
    if (strangers.length === 0) return
    const latest = await ledger.latestRows(strangers)
    for (const code of strangers) seams.set(code, createSeam(code, latest.get(code) ?? NO_ROWS))
  }
  await meet([...machines, ...states.keys()])
  const leftOut: number[] = []
  let kept = 0
  for await (const page of pages(outbox, afterSeq)) {
    await meet(page.map(({ event }) => event.machine))
    for (const stored of page) {
      const { seq, event } = stored
      if (!waiting.has(openingKey(event)) && seams.get(event.machine)?.take(event)) kept += 1
      else {
        leftOut.push(seq)
        leaveOut(stored)
      }
    }
  }
  return { kept, leftOut, ...closings(seams, states, boot) }
}

const NO_ROWS: LatestRows = {}

/** Every event after a place. */
export async function* pages(outbox: Outbox, afterSeq: number): AsyncGenerator<readonly StoredEvent[]> {
  let after = afterSeq
  for (;;) {
    const page = await outbox.read(after, PAGE_EVENTS)
    const last = page.at(-1)
    if (!last) return
    yield page
    after = last.seq
  }
}

function closings(
  seams: ReadonlyMap<string, MachineSeam>,
  local: ReadonlyMap<string, MachineState>,
  boot: Boot,
): Pick<AdoptionPlan, 'events' | 'states'> {
  const events: Event[] = []
  const states: Record<Owner, MachineState> = {}
  for (const [machine, seam] of seams) {
    const closing = seam.close(local.get(machine), boot)
    events.push(...closing.events)
    if (closing.state) states[machineOwner(machine)] = closing.state
  }
  return { events, states }
}

/** The saved states of machines, by code. */
async function machineStates(outbox: Outbox): Promise<ReadonlyMap<string, MachineState>> {
  const states = Object.entries(await outbox.states()) as [Owner, MachineState][]
  return new Map(
    states.filter(([owner]) => isMachine(owner)).map(([owner, state]) => [ownerCode(owner), state]),
  )
}

/** Openings that wait in the quarantine must not come a second time under another number. */
async function openingsSetAside(ledger: Ledger): Promise<ReadonlySet<string | undefined>> {
  const keys = new Set<string>()
  for await (const { event } of setAside(ledger)) {
    const key = openingKey(event)
    if (key !== undefined) keys.add(key)
  }
  return keys
}

function openingKey(event: Event): string | undefined {
  return event.kind.endsWith('.opened') ? `${event.kind} ${timeOf(event)} ${event.machine}` : undefined
}
