/**
 * The line: all machines of a scenario, each behind its gate (gate.ts), and its stations, playing one common day.
 *
 * Machines show their first state before their gates open, so no client ever sees an empty register. When the day is
 * over (its time is up, it was held, or all scripts are played) the machines keep their last state and go on answering.
 */
import { steps } from './day.ts'
import { createFaults, type FaultCommand, type Faults } from './faults.ts'
import { type Gate, openGate } from './gate.ts'
import { createMachine, type Machine } from './machine.ts'
import { type JsonTopics, publishedAs, type SparkplugName } from './mqtt/names.ts'
import { publishedGate, publishedPanel } from './mqtt/published-press.ts'
import { type ReachedBroker, reachBroker } from './mqtt/reach-broker.ts'
import type { Certificates } from './packml/certificates.ts'
import type { Panel, Traffic } from './panel.ts'
import { startPress } from './press/press.ts'
import { seededRandom } from './random.ts'
import { type ScannerAddress, type ScannerStation, startStation } from './scanner/station.ts'
import type { MachineSpec, PackmlSpec, Scenario } from './scenario.ts'
import { portNotOpened } from './simulation-error.ts'
import { type DeviceAddress, type DevicePlace, startDevice } from './table/device-place.ts'
import { machineRecord, type TruthLog } from './truth.ts'

export type MachineAddress =
  | {
      readonly machine: string
      readonly protocol: 'modbus-tcp'
      readonly host: string
      readonly port: number
      readonly unit: number
      /** Where it publishes itself as well, as far as it does. */
      readonly json?: JsonTopics
      readonly sparkplug?: SparkplugName
    }
  | { readonly machine: string; readonly protocol: 'opcua'; readonly url: string }

export interface Counters extends Traffic {
  readonly connections: number
}

export interface Line extends AsyncDisposable {
  readonly machines: readonly MachineAddress[]
  readonly devices: readonly DeviceAddress[]
  readonly scanners: readonly ScannerAddress[]
  /** Of the broker to which presses publish; null where none does. */
  readonly broker: string | null
  /** Begins the day. A second call does nothing. */
  startDay(): void
  /** Ends the day; resolves when every machine has reached the state in which it stays. */
  hold(): Promise<void>
  /** Resolves when no machine will change its state any more. */
  readonly ended: Promise<void>
  /** Resolves to false where there is no such machine. */
  beginFault(machine: string, command: FaultCommand): Promise<boolean>
  counters(): Readonly<Record<string, Counters>>
}

interface LineOptions {
  readonly scenario: Scenario
  readonly seed: number
  /** How long the day is played before it is held, in real time; undefined: as long as it lasts. */
  readonly dayMs: number | undefined
  readonly truth: TruthLog
  readonly certificates: Certificates
}

/** A machine at its place in the line. */
interface Place {
  readonly code: string
  readonly spec: MachineSpec
  readonly gate: Gate
  readonly panel: Panel
  readonly machine: Machine
  readonly faults: Faults
}

/** @throws SimulationError where a machine's port cannot be opened */
export async function startLine(options: LineOptions): Promise<Line> {
  const { scenario } = options
  const stations: ScannerStation[] = []
  for (const [name, spec] of Object.entries(scenario.scanners)) {
    stations.push(await startStation(name, spec, options))
  }
  const devices: DevicePlace[] = []
  for (const [name, spec] of Object.entries(scenario.devices)) devices.push(await startDevice(name, spec))
  const broker = await reachBroker(scenario)
  const places = new Map<string, Place>()
  for (const [code, spec] of Object.entries(scenario.machines)) {
    const beside = stations.filter(({ machine }) => machine === code)
    places.set(code, await startPlace(code, spec, beside, { ...options, broker }))
  }
  const all = [...places.values()]
  for (const { machine, gate, panel } of all) {
    machine.appear()
    gate.open(panel.port)
  }

  const day = createDay(all, stations, options)
  return {
    machines: all.map(address),
    devices: devices.map((device) => device.address),
    scanners: stations.map((station) => station.address),
    broker: broker?.url ?? null,
    startDay: day.start,
    hold: day.hold,
    ended: day.ended,
    beginFault: async (code, command) => {
      const place = places.get(code)
      await place?.faults.begin(command)
      return place !== undefined
    },
    counters: () =>
      Object.fromEntries(
        all.map(({ code, panel, gate }) => [code, { ...panel.traffic(), connections: gate.connections() }]),
      ),
    [Symbol.asyncDispose]: async () => {
      day.stop()
      for (const { machine, faults } of all) {
        machine.stop()
        faults.stop()
      }
      await Promise.all([
        ...all.map(closePlace),
        ...[...stations, ...devices].map((place) => place[Symbol.asyncDispose]()),
      ])
      await broker?.[Symbol.asyncDispose]()
    },
  }
}

/** The common day of machines and operators; stopping it ends its timers, whatever goes on. */
function createDay(
  places: readonly Place[],
  stations: readonly ScannerStation[],
  { scenario, dayMs }: LineOptions,
) {
  const ended = Promise.withResolvers<void>()
  const timers: NodeJS.Timeout[] = []
  const held = new AbortController()
  let started = false
  const start = () => {
    if (started) return
    started = true
    timers.push(...places.flatMap((place) => scheduleFaults(place, scenario.speed)))
    if (dayMs !== undefined) timers.push(setTimeout(() => void hold(), dayMs))
    const operators = stations.map((station) => station.work(held.signal))
    const machines = places.map(({ machine }) => machine.play())
    // Operators go home when no machine will change its state any more.
    void Promise.all(machines)
      .then(() => held.abort())
      .then(() => Promise.all(operators))
      .then(() => ended.resolve())
  }
  const hold = async () => {
    held.abort()
    for (const { machine } of places) machine.hold()
    start()
    for (const timer of timers) clearTimeout(timer)
    await ended.promise
  }
  const stop = () => {
    held.abort()
    for (const timer of timers) clearTimeout(timer)
  }
  return { start, hold, stop, ended: ended.promise }
}

/** @param stations whose operators see the machine */
async function startPlace(
  code: string,
  spec: MachineSpec,
  stations: readonly ScannerStation[],
  options: LineOptions & { readonly broker: ReachedBroker | undefined },
): Promise<Place> {
  const { scenario, seed, truth, certificates, broker } = options
  const { host, port } = spec
  const gate = await openGate(host, port).catch((cause: unknown) => {
    throw portNotOpened(code, { host, port, key: 'port:' }, cause)
  })
  const published = broker?.publish(code, spec) ?? []
  const panel = publishedPanel(
    spec.kind === 'modbus-press' ? await startPress(spec) : await startUnit(code, spec, gate, certificates),
    published,
  )
  const record = machineRecord(truth, code, { microStopBelowMs: scenario.micro_stop_below })
  const faults = createFaults({ machine: () => machine, panel, gate: publishedGate(gate, published), record })
  const machine = createMachine({
    spec,
    panel,
    record,
    steps: steps(spec, seededRandom(seed, code)),
    speed: scenario.speed,
    actingMs: scenario.acting,
    isHidden: faults.isHiding,
    onState: (entered) => {
      for (const station of stations) station.see(entered)
    },
  })
  return { code, spec, gate, panel, machine, faults }
}

/** Loads the OPC UA library, which takes half a second, only for a line that has such a machine. */
async function startUnit(
  code: string,
  spec: PackmlSpec,
  gate: Gate,
  certificates: Certificates,
): Promise<Panel> {
  const { startPackmlUnit } = await import('./packml/packml-unit.ts')
  return startPackmlUnit({ code, spec, publicUrl: opcuaUrl(gate), certificates: await certificates() })
}

async function closePlace({ gate, panel }: Place): Promise<void> {
  await gate[Symbol.asyncDispose]()
  await panel[Symbol.asyncDispose]()
}

function scheduleFaults({ spec, faults }: Place, speed: number): NodeJS.Timeout[] {
  return spec.faults_at.map(({ at, fault, for: forMs, delay }) =>
    setTimeout(() => void faults.begin({ fault, forMs: forMs / speed, delayMs: delay }), at / speed),
  )
}

function address({ code, spec, gate }: Place): MachineAddress {
  if (spec.kind === 'opcua-packml') return { machine: code, protocol: 'opcua', url: opcuaUrl(gate) }
  const { host, port } = gate
  return { machine: code, protocol: 'modbus-tcp', host, port, unit: spec.unit, ...publishedAs(code, spec) }
}

function opcuaUrl({ host, port }: Gate): string {
  return `opc.tcp://${host}:${port}`
}
