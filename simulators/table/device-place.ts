/** A device of a scenario that is nothing but a table, at its place in the line: behind a gate, as every machine is. */
import { openGate } from '../gate.ts'
import type { DeviceSpec } from '../scenario.ts'
import { portNotOpened } from '../simulation-error.ts'
import { startTableDevice } from './table-device.ts'

/** Where the device can be asked. */
export interface DeviceAddress {
  readonly device: string
  readonly protocol: 'modbus-tcp'
  readonly host: string
  readonly port: number
  readonly unit: number
}

/** A device that answers. Disposing it closes its port. */
export interface DevicePlace extends AsyncDisposable {
  readonly address: DeviceAddress
}

/** @throws SimulationError where its port cannot be opened */
export async function startDevice(code: string, spec: DeviceSpec): Promise<DevicePlace> {
  const { host, port, unit } = spec
  const gate = await openGate(host, port).catch((cause: unknown) => {
    throw portNotOpened(code, { host, port, key: 'port:' }, cause)
  })
  const device = await startTableDevice(spec)
  gate.open(device.port)
  return {
    address: { device: code, protocol: 'modbus-tcp', host: gate.host, port: gate.port, unit },
    [Symbol.asyncDispose]: async () => {
      await gate[Symbol.asyncDispose]()
      await device[Symbol.asyncDispose]()
    },
  }
}
