/** A press on a Modbus device whose registers a test sets, and its map, for tests of the pages. */
import { startRegisterDevice } from './register-device.ts'

/** What the register 40101 shows. */
export const STOPPED = 0
export const RUNNING = 2
export const FAULT = 3

export interface ConsolePress extends AsyncDisposable {
  readonly map: string
  /** Shows another state. */
  show(state: number): void
}

export async function startConsolePress(): Promise<ConsolePress> {
  const plc = await startRegisterDevice({
    holding: { '100': RUNNING, '101': 17, '102': 2305 },
    coil: { '0': 1 },
  })
  return {
    map: mapText(plc.port),
    show: (state) => {
      plc.held.set('holding:100', state)
    },
    [Symbol.asyncDispose]: () => plc[Symbol.asyncDispose](),
  }
}

function mapText(port: number): string {
  return `machine: PRESS-07
device: {driver: modbus-tcp, host: 127.0.0.1, port: ${port}, poll: 200ms}
signals:
  state: {at: "40101", type: u16, names: {${STOPPED}: stopped, ${RUNNING}: running, ${FAULT}: fault}}
  fault: {at: "40102", type: u16}
  current: {at: "40103", type: u16, scale: 0.1, unit: A}
  guard: {at: "00001", type: bit}
status:
  - {when: {state: fault, guard: true}, is: down, reason: e_stop, for: 5s}
  - {when: {state: running}, is: running}
  - {else: true, is: idle}
`
}
