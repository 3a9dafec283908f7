/** A Modbus device that behaves as a test wants it, and the machines that are collected from it as the gateway would. */
import { test as base } from 'vitest'
import { createModbusDriver } from '../../src/drivers/modbus/driver.ts'
import { tcpTransport } from '../../src/drivers/modbus/transports/tcp.ts'
import { type Collected, collected } from './collected.ts'
import { deviceOf, type SignalDraft } from './driver-bench.ts'
import { type Behaviour, ModbusDevice } from './modbus-device.ts'

export type Drafts = Readonly<Record<string, SignalDraft>>

/** Keys below `device:`, and how often it is polled. */
type SiteKeys = Readonly<Record<string, unknown>> & { readonly pollMs?: number }

/** A machine on a device, by the driver of its gateway. */
type MachineOn = (
  plc: ModbusDevice,
  drafts: Drafts,
  keys?: SiteKeys & { readonly id?: string },
  driver?: ModbusDriver,
) => Collected

type ModbusDriver = ReturnType<typeof createModbusDriver>

/** What a test is given. All that it opens with these is closed after it. */
export interface Sites {
  /** Closes a part after the test. */
  readonly keepOpen: <Part extends AsyncDisposable>(part: Part) => Part
  readonly machineOn: MachineOn
  /** A device that behaves like this, and a machine that is collected from it. */
  readonly site: (
    behaviour: Behaviour,
    drafts: Drafts,
    keys?: SiteKeys,
  ) => Promise<{ readonly plc: ModbusDevice; readonly machine: Collected }>
}

/** Tests run at the same time, because they wait for devices most of theirs. Each has its own sites, and its own `expect`. */
export const test = base.extend<Sites>({
  keepOpen: async ({ task: _ }, use) => {
    const open: AsyncDisposable[] = []
    await use((part) => {
      open.push(part)
      return part
    })
    for (const part of open.reverse()) await part[Symbol.asyncDispose]()
  },
  machineOn: async ({ keepOpen }, use) => {
    const newDriver = () => keepOpen(createModbusDriver(tcpTransport))
    await use((plc, drafts, { pollMs = 100, id = 'PRESS-07', ...settings } = {}, driver = newDriver()) => {
      const keys = { host: '127.0.0.1', port: plc.port, timeout: '250ms', ...settings }
      return keepOpen(collected({ ...deviceOf(driver, keys, drafts, pollMs), id }, driver))
    })
  },
  site: async ({ keepOpen, machineOn }, use) => {
    await use(async (behaviour, drafts, keys = {}) => {
      const plc = keepOpen(await ModbusDevice.start(behaviour))
      return { plc, machine: machineOn(plc, drafts, keys) }
    })
  },
}).concurrent

/** Registers from `first` on, one signal each, named after their address, which is what the device shows in them. */
export function registers(first: number, count: number): Drafts {
  return Object.fromEntries(
    Array.from({ length: count }, (_, n) => [`r${first + n}`, { at: `W${first + n}`, type: 'u16' }] as const),
  )
}

/** The signals that show their own address now. */
export function good(machine: Collected): readonly string[] {
  return Object.entries(machine.shown()).flatMap(([signal, value]) =>
    `r${value}` === signal ? [signal] : [],
  )
}

/** A computer that does much else takes this many times as long. */
const BUSY_FACTOR = 12

/** For `expect.poll`: what takes up to so many seconds where nothing else runs. */
export function within(seconds: number) {
  return { timeout: seconds * BUSY_FACTOR * 1_000, interval: 20 }
}
