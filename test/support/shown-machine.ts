/** A machine of the simulators that a test operates by hand: it runs it, stops it, presses E-stop. Its heartbeat and counters go on. */
import { openGate } from '../../simulators/gate.ts'
import { temporaryCertificates } from '../../simulators/packml/certificates.ts'
import { startPackmlUnit } from '../../simulators/packml/packml-unit.ts'
import type { Panel, Situation } from '../../simulators/panel.ts'
import { startPress } from '../../simulators/press/press.ts'
import { type MachineSpec, parseScenario } from '../../simulators/scenario.ts'

export interface ShownMachine extends AsyncDisposable {
  readonly port: number
  /** From now on it shows this. */
  become(state: Situation['state'], fault?: number): void
  /** Requests to write that it got: a gateway sends none. */
  writeRequests(): number
}

/** The code that the press shows while its E-stop is pressed. */
export const E_STOP = 101

const BEAT_MS = 500
const DAY =
  'faults: {101: {reason: emergency_stop, category: equipment}}, day: {script: [{state: off, for: 1h}]}'

/** A press on Modbus TCP, switched off. */
export async function startShownPress(): Promise<ShownMachine> {
  return shown(await startPress(specOf('modbus-press')))
}

/** A packaging machine on OPC UA, switched off. */
export async function startShownUnit(): Promise<ShownMachine> {
  const gate = await openGate('127.0.0.1', 0)
  const store = temporaryCertificates()
  const panel = await startPackmlUnit({
    code: 'FILLER-01',
    spec: specOf('opcua-packml'),
    publicUrl: `opc.tcp://127.0.0.1:${gate.port}`,
    certificates: await store.certificates(),
  })
  gate.open(panel.port)
  const machine = shown(panel)
  return {
    ...machine,
    port: gate.port,
    [Symbol.asyncDispose]: async () => {
      await machine[Symbol.asyncDispose]()
      await gate[Symbol.asyncDispose]()
      store[Symbol.dispose]()
    },
  }
}

function specOf<Kind extends MachineSpec['kind']>(kind: Kind): Extract<MachineSpec, { kind: Kind }> {
  const { machines } = parseScenario(`machines: {M: {kind: ${kind}, ${DAY}}}`, 'shown')
  return machines.M as Extract<MachineSpec, { kind: Kind }>
}

function shown(panel: Panel): ShownMachine {
  let situation: Situation = { state: 'off', fault: 0 }
  let [heartbeat, goodCount] = [0, 0]
  const show = () => panel.show({ situation, heartbeat, goodCount, scrapCount: 0, atMs: Date.now() })
  const beat = setInterval(() => {
    heartbeat += 1
    if (situation.state === 'running') goodCount += 1
    show()
  }, BEAT_MS)
  show()
  return {
    port: panel.port,
    become: (state, fault = 0) => {
      situation = { state, fault }
      show()
    },
    writeRequests: () => panel.traffic().writeRequests,
    [Symbol.asyncDispose]: async () => {
      clearInterval(beat)
      await panel[Symbol.asyncDispose]()
    },
  }
}
