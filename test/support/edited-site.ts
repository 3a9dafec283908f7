/** A gateway with two machines, whose maps are edited: real devices, a real central, and the console on a real port. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { startTestCentral, type TestCentral } from './central.ts'
import { type ConsoleCaller, consoleCaller } from './console-caller.ts'
import { answerRegisters, ModbusDevice } from './modbus-device.ts'
import { startWatchedGateway, type WatchedGateway } from './watched-gateway.ts'

/** Registers behind this one are refused by the devices, as an address that is not there. */
export const LAST_REGISTER = 40_900
/** Exception 2 of Modbus: illegal data address. */
const NO_SUCH_ADDRESS = 2
/** The other machine starts or stops after so many polls, however long these take: each of its turns can be seen. */
const POLLS_A_TURN = 12
/** Register 40101, as devices count. */
const STATE = 100

export interface EditedSite extends AsyncDisposable {
  readonly gateway: WatchedGateway
  readonly central: TestCentral
  readonly api: ConsoleCaller
  /** Of PRESS-07, which is edited. */
  readonly press: ModbusDevice
  /** Of CNC-01, which goes on meanwhile: it runs and stops in turn. */
  readonly cnc: ModbusDevice
  /** How often the other machine has started or stopped. */
  turns(): number
  /** A file of the devices folder. */
  pathOf(name: string): string
}

/** The map of a machine that is running where its register shows 1. */
export function editedMap(machine: string, port: number): string {
  return `# As the manual says.
machine: ${machine}
device: {driver: modbus-tcp, host: 127.0.0.1, port: ${port}, poll: 100ms}
signals:
  state: {at: 40101, type: u16} # 1 is production
  spare: {at: 40103, type: u16}
stops: {ignore_stop_below: 0s, ignore_run_below: 0s}
status:
  - {when: {state: 1}, is: running, for: 0s}
  - {else: true, is: idle, for: 0s}
`
}

/** @param isTurning whether the other machine starts and stops; else both run all the time */
export async function startEditedSite(isTurning = false): Promise<EditedSite> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-edited-'))
  const pathOf = (name: string) => join(folder, 'devices', name)
  const central = await startTestCentral()
  const isAway = ({ start }: { readonly start: number }) =>
    start > LAST_REGISTER - 40_001 ? NO_SUCH_ADDRESS : undefined
  const press = await ModbusDevice.start(answerRegisters(() => 1, isAway))
  let polls = 0
  const turns = () => (isTurning ? Math.floor(polls / POLLS_A_TURN) : 0)
  const cnc = await ModbusDevice.start(
    answerRegisters((address) => {
      if (address === STATE) polls += 1
      return (turns() + 1) % 2
    }),
  )
  const gateway = await startWatchedGateway(central, editedMap('CNC-01', cnc.port), 'edge-1', folder)
  writeFileSync(pathOf('press-07.yaml'), editedMap('PRESS-07', press.port))
  gateway.reload()
  await gateway.until(({ machines }) => {
    expect(machines).toMatchObject([{ machine: 'CNC-01' }, { machine: 'PRESS-07', status: 'running' }])
  })
  return {
    ...{ gateway, central, press, cnc, turns, pathOf },
    api: consoleCaller(gateway.dataFolder),
    [Symbol.asyncDispose]: async () => {
      await gateway[Symbol.asyncDispose]()
      await press[Symbol.asyncDispose]()
      await cnc[Symbol.asyncDispose]()
      await central[Symbol.asyncDispose]()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
