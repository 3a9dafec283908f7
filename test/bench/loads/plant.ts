/** What the loads and their readers agree on. */

/** Values of a status word. */
export const RUNNING = 1
export const IDLE = 2
export const DOWN = 3

/** What a status word says in turn. */
export const STATUS_ROUND = [RUNNING, IDLE, RUNNING, DOWN] as const

/** The address of a machine's node in the OPC UA load; node 0 is the status word. */
export function nodeId(machine: number, node: number): string {
  return `ns=1;s=M${machine}.${node}`
}
