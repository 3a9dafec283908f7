/** Numbers that the loads and the device maps that read them have in common. */

/** Values of a status word. */
export const RUNNING = 1
export const IDLE = 2
export const DOWN = 3

/** The values that a status word takes, one after the other. */
export const STATUS_ROUND = [RUNNING, IDLE, RUNNING, DOWN] as const

/** What a device of numbered reads shows at one of them; the first is number 1. */
export function statusOfRead(number: number): number {
  return STATUS_ROUND[number % STATUS_ROUND.length] ?? RUNNING
}

/** The address of a machine's node in the OPC UA load; node 0 is the status word. */
export function nodeId(machine: number, node: number): string {
  return `ns=1;s=M${machine}.${node}`
}

/** The topic of a machine's signal in the MQTT load; signal 0 is the status. */
export function signalTopic(machine: number, signal: number): string {
  return `bench/m${machine}/s${signal}`
}

/** The filter that all of these topics match. */
export const ALL_SIGNALS = 'bench/#'
