/** A Modbus device that behaves as a test wants it, and the machines that are collected from it as the gateway would. */
import { createModbusDriver } from '../../src/drivers/modbus/driver.ts'
import { tcpTransport } from '../../src/drivers/modbus/transports/tcp.ts'
import { type Collected, collected } from './collected.ts'
import { deviceOf, type SignalDraft } from './driver-bench.ts'
import { type Behaviour, ModbusDevice } from './modbus-device.ts'

export type Drafts = Readonly<Record<string, SignalDraft>>

/** Keys below `device:`, and how often it is polled. */
type SiteKeys = Readonly<Record<string, unknown>> & { readonly pollMs?: number }

const open: AsyncDisposable[] = []

/** Closes it with {@link closeSites}. */
export function keepOpen<Part extends AsyncDisposable>(part: Part): Part {
  open.push(part)
  return part
}

/** To be called after each test. */
export async function closeSites(): Promise<void> {
  for (const part of open.splice(0).reverse()) await part[Symbol.asyncDispose]()
}

/** A device that behaves like this, and a machine that is collected from it. */
export async function site(behaviour: Behaviour, drafts: Drafts, keys: SiteKeys = {}) {
  const plc = keepOpen(await ModbusDevice.start(behaviour))
  return { plc, machine: machineOn(plc, drafts, keys) }
}

/** A machine on a device, by the driver of its gateway. */
export function machineOn(
  plc: ModbusDevice,
  drafts: Drafts,
  { pollMs = 100, id = 'PRESS-07', ...settings }: SiteKeys & { readonly id?: string } = {},
  driver = keepOpen(createModbusDriver(tcpTransport)),
): Collected {
  const keys = { host: '127.0.0.1', port: plc.port, timeout: '250ms', ...settings }
  return keepOpen(collected({ ...deviceOf(driver, keys, drafts, pollMs), id }, driver))
}

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

/** For `expect.poll`. */
export function within(seconds: number) {
  return { timeout: seconds * 1_000, interval: 20 }
}
