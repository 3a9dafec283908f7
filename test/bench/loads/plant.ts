/** Numbers that the loads and the device maps that read them have in common. */

/** Values of a status word. */
export const RUNNING = 1
export const IDLE = 2
export const DOWN = 3

/** The values that a status word takes, one after the other. */
export const STATUS_ROUND = [RUNNING, IDLE, RUNNING, DOWN] as const

/** The address of a machine's node in the OPC UA load; node 0 is the status word. */
export function nodeId(machine: number, node: number): string {
  return `ns=1;s=M${machine}.${node}`
}
