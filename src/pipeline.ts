/**
 * The story on one screen: signals come in, the machine's status is derived, and events go into the outbox together
 * with the state that produced them, in one transaction.
 *
 * Polling never waits for the disk, unless more than a bounded number of entries wait for it. Nothing is dropped.
 */
import type { DeviceMessage } from './domain/device.ts'
import type { Event } from './domain/event.ts'
import type { Instant } from './domain/instant.ts'
import type { MachineMap } from './domain/machine-map.ts'
import type { Outbox, OutboxEntry } from './domain/outbox.ts'
import { gatewayOwner, machineOwner, type Owner, ownerCode } from './domain/owner.ts'
import type { Clock } from './runtime/clock.ts'
import type { Log } from './runtime/log.ts'
import type { Service } from './runtime/service.ts'
import { derive, type Input, retire } from './status/derive.ts'
import { type MachineState, type Memory, newMemory, resumeMemory } from './status/state.ts'

/** Entries not yet on disk; beyond this the sources wait. */
const UNCOMMITTED_MAX = 10_000
/** How often losses are looked for. Rows are back-dated, so this only delays when they are written. */
const TICK_MS = 1_000
/** How often it is saved when each machine was last seen: what a restart may have missed is known this exactly. */
const ALIVE_MS = 5_000
/** The owner under which the moments above are saved. */
const ALIVE = gatewayOwner('alive')

export interface PipelineParts {
  readonly outbox: Outbox
  readonly clock: Clock
  readonly log: Log
  /** Changes when the gateway's computer restarts; monotonic times are only comparable within one boot. */
  readonly bootId: string
}

/** One machine as `status` shows it. */
export interface MachineView {
  readonly machine: string
  readonly status: string | null
  readonly sinceMs: number | null
  readonly reason: string | null
  readonly workOrder: string | null
  readonly lastSeenMs: number | null
}

export interface Pipeline extends Service {
  /** Takes a message of a device. Returns a promise only when the sources are to wait for the disk. */
  deliver(message: DeviceMessage): Promise<void> | undefined
  /** Puts a machine's map in force, new or changed. Its state goes on; what is seen has to be seen anew. */
  setMap(map: MachineMap): void
  /** The machine's map was taken away: what is open ends where the machine was last seen. */
  removeMap(machine: string): void
  machines(): readonly MachineView[]
}

interface Machine {
  map: MachineMap
  memory: Memory
  wakeAtMs: number | undefined
  /** The durable state as last handed to the outbox. */
  saved: MachineState
}

interface Alive {
  readonly bootId: string
  readonly at: Instant
  readonly lastSeen: Readonly<Record<string, Instant>>
}

export async function createPipeline({ outbox, clock, log, bootId }: PipelineParts): Promise<Pipeline> {
  const kept = new Map(Object.entries(await outbox.states()))
  const alive = kept.get(ALIVE) as Alive | undefined
  const machines = new Map<string, Machine>()

  function take(machine: Machine, input: Input): Promise<void> | undefined {
    const { memory, events, changed, wakeAtMs } = derive(machine.map, machine.memory, input)
    machine.memory = memory
    machine.wakeAtMs = wakeAtMs
    if (!changed) return undefined
    machine.saved = memory.durable
    return store(events, { [machineOwner(machine.map.machine)]: memory.durable })
  }

  function store(events: readonly Event[], states: OutboxEntry['states']): Promise<void> | undefined {
    const durable = outbox.append({ at: clock.now(), events, states })
    // It rejects only when the outbox is closed for good; what it held is then still on disk or was never acted upon.
    durable.catch((error: unknown) => log.error({ error }, 'the outbox took no more entries'))
    return outbox.uncommitted > UNCOMMITTED_MAX ? durable : undefined
  }

  function deliver(message: DeviceMessage): Promise<void> | undefined {
    const machine = machines.get(ownerCode(message.subject))
    return machine && take(machine, message)
  }

  function remember(map: MachineMap): Memory {
    const now = clock.now()
    const state = kept.get(machineOwner(map.machine)) as MachineState | undefined
    if (!state) return newMemory(bootId, now)
    const seen = alive?.bootId === state.bootId ? alive.lastSeen[map.machine] : undefined
    const later = seen && (!state.lastSeen || seen.monoMs > state.lastSeen.monoMs) ? seen : state.lastSeen
    return resumeMemory({ ...state, lastSeen: state.dark ? state.lastSeen : later }, bootId, now)
  }

  function setMap(map: MachineMap): void {
    const before = machines.get(map.machine)
    const memory = before
      ? resumeMemory({ ...before.memory.durable, candidate: null }, bootId, clock.now())
      : remember(map)
    machines.set(map.machine, { map, memory, wakeAtMs: undefined, saved: memory.durable })
  }

  function removeMap(code: string): void {
    const machine = machines.get(code)
    if (!machine) return
    machines.delete(code)
    kept.delete(machineOwner(code))
    void store(retire(machine.map, machine.memory), { [machineOwner(code)]: null })
  }

  function tick(): void {
    const at = clock.now()
    for (const machine of machines.values()) {
      if (machine.wakeAtMs !== undefined && machine.wakeAtMs < at.monoMs)
        void take(machine, { kind: 'tick', at })
    }
  }

  /** Saves when each machine was last seen, and the counters that went on meanwhile. */
  function saveAlive(): Promise<void> | undefined {
    const states: Record<Owner, unknown> = {}
    const lastSeen: Record<string, Instant> = {}
    for (const [code, machine] of machines) {
      const { durable } = machine.memory
      if (durable.lastSeen) lastSeen[code] = durable.lastSeen
      if (durable.counters === machine.saved.counters && durable.stop === machine.saved.stop) continue
      machine.saved = durable
      states[machineOwner(code)] = durable
    }
    return store([], { ...states, [ALIVE]: { bootId, at: clock.now(), lastSeen } satisfies Alive })
  }

  async function run(signal: AbortSignal): Promise<void> {
    let aliveAtMs = clock.now().monoMs
    while (!signal.aborted) {
      await clock.sleep(TICK_MS, signal)
      tick()
      const { monoMs } = clock.now()
      if (monoMs - aliveAtMs < ALIVE_MS && !signal.aborted) continue
      aliveAtMs = monoMs
      await saveAlive()
    }
  }

  return {
    name: 'pipeline',
    deliver,
    setMap,
    removeMap,
    machines: () => [...machines.values()].map(viewOf),
    run,
  }
}

function viewOf({ map, memory }: Machine): MachineView {
  const { open, stop, lastSeen } = memory.durable
  return {
    machine: map.machine,
    status: open?.status ?? null,
    sinceMs: open?.changedAtMs ?? null,
    reason: stop?.reason.code ?? open?.reason ?? null,
    workOrder: open?.workOrder ?? null,
    lastSeenMs: lastSeen?.wallMs ?? null,
  }
}
