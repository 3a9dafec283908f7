/**
 * Whose a saved state is, and what an event is about: a machine, a station, or the gateway itself.
 *
 * The kind is part of the key, so that no code of a plant (`#3`, `alive`, `gateway:alive`) can be taken for another owner's.
 * Owners are built and parsed here and nowhere else.
 */

/** `machine:PRESS-07`, `station:PACK-1`, `gateway:alive`. The kind never holds a colon; the code may hold anything. */
export type Owner = `${string}:${string}`

const MACHINE = 'machine'
const STATION = 'station'
const GATEWAY = 'gateway'

/** @param code `machines.machine_code` in central */
export function machineOwner(code: string): Owner {
  return `${MACHINE}:${code}`
}

/** @param code the station's, as its map gives it */
export function stationOwner(code: string): Owner {
  return `${STATION}:${code}`
}

/** The gateway's own records, such as when it was last alive. */
export function gatewayOwner(record: string): Owner {
  return `${GATEWAY}:${record}`
}

/** `machine`, `station`, `gateway`. */
export function ownerKind(owner: Owner): string {
  return owner.slice(0, owner.indexOf(':'))
}

/** What stands behind the kind: the code of a machine or station, or the name of a record of the gateway. */
export function ownerCode(owner: Owner): string {
  return owner.slice(owner.indexOf(':') + 1)
}

/** Whether it is the key of a machine. */
export function isMachine(owner: Owner): boolean {
  return owner.startsWith(`${MACHINE}:`)
}

/** Whether it is the key of a station. */
export function isStation(owner: Owner): boolean {
  return owner.startsWith(`${STATION}:`)
}

/** The owner that a text names; undefined where it names none. */
export function parseOwner(text: string): Owner | undefined {
  return /^[a-z][a-z-]*:/.test(text) ? (text as Owner) : undefined
}
