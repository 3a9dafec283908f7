/** Three machines on Modbus devices of their own, which change their state again and again; what they really did is written down. */
import { setTimeout as wait } from 'node:timers/promises'
import { dataFrame, ModbusDevice } from '../../support/modbus-device.ts'

/** By the value of the register that shows the state. */
const STATES = ['idle', 'running', 'down', 'setup'] as const
type PlantStatus = (typeof STATES)[number]

export const PLANT_MACHINES = ['PRESS-07', 'CNC-01', 'WELD-03'] as const

/** A state lasts so long at least, and at most so much longer. */
const LASTS_MS = 5_000
const LONGER_MS = 7_000

/** A machine came into a state. */
export interface Change {
  readonly atMs: number
  readonly status: PlantStatus
}

export interface PlantMachine extends AsyncDisposable {
  readonly code: string
  readonly changes: readonly Change[]
  readonly map: string
}

/** Runs until the signal is aborted; the last state then stays. */
export async function startMachine(
  code: string,
  random: () => number,
  signal: AbortSignal,
): Promise<PlantMachine> {
  let state = 1
  const changes: Change[] = [{ atMs: Date.now(), status: 'running' }]
  const device = await ModbusDevice.start((request) => {
    const values = Buffer.alloc(request.count * 2)
    values.writeUInt16BE(state, 0)
    request.socket.write(dataFrame(request, values))
  })
  const living = (async () => {
    while (!signal.aborted) {
      await wait(LASTS_MS + random() * LONGER_MS, undefined, { signal }).catch(() => undefined)
      if (signal.aborted) return
      state = (state + 1 + Math.floor(random() * (STATES.length - 1))) % STATES.length
      changes.push({ atMs: Date.now(), status: STATES[state] ?? 'idle' })
    }
  })()
  return {
    code,
    changes,
    map: `machine: ${code}
device: { driver: modbus-tcp, host: 127.0.0.1, port: ${device.port}, addressing: modicon, poll: 250ms, timeout: 1s }
signals:
  state: { at: 40001, type: u16 }
status:
  - { when: { state: 1 }, is: running, for: 250ms }
  - { when: { state: 2 }, is: down, for: 250ms }
  - { when: { state: 3 }, is: setup, for: 250ms }
  - { else: true, is: idle, for: 250ms }
stops: { ignore_stop_below: 0s, ignore_run_below: 0s, micro_stop_below: 2s }
`,
    [Symbol.asyncDispose]: async () => {
      await living
      await device[Symbol.asyncDispose]()
    },
  }
}
