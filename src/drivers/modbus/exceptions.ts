/** Modbus exceptions, and what each means to the technician who has to do something about it. */
import { addressText, type ModbusAddress } from './address.ts'

const ILLEGAL_FUNCTION = 1
const ILLEGAL_ADDRESS = 2
const ILLEGAL_VALUE = 3
const ACKNOWLEDGE = 5
const BUSY = 6
/** The device is a gateway, and the serial device behind it does not answer. */
export const GATEWAY_EXCEPTIONS: ReadonlySet<number> = new Set([10, 11])

const MEANINGS: Readonly<Record<number, string>> = {
  1: 'the device does not know this function: try input registers (3xxxx) instead of holding registers (4xxxx), or the other way round',
  2: 'no such address: off by one, or the wrong area?',
  3: 'the device does not take a request of this length: does the value begin one register earlier, or is it shorter?',
  4: 'the device reports a failure of its own; some say so while they are busy, or for a unit id that they do not have',
  5: 'busy with a long task, slow the poll',
  6: 'busy, slow the poll',
  8: 'the device reports a memory error',
  10: 'the gateway in between has no way to the device for this address, though for others it has',
  11: 'the gateway in between gets no answer for this address, though for others it does: does the device have it?',
}

/** Whether the device will answer the same until somebody changes its program or the map. */
export function isLasting(code: number): boolean {
  return code === ILLEGAL_FUNCTION || code === ILLEGAL_ADDRESS || code === ILLEGAL_VALUE
}

/** Whether the device has no time for us: that is so for all that is asked, and passes by itself. */
export function isBusy(code: number): boolean {
  return code === ACKNOWLEDGE || code === BUSY
}

/** What an exception means, with the address in every form, for `status` and the log. */
export function exceptionText(code: number, address: ModbusAddress): string {
  return `exception ${code} at ${addressText(address)}: ${MEANINGS[code] ?? 'not a code of the standard'}`
}
