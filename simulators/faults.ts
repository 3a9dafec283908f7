/**
 * Faults on command. Each is written into the ground truth when it begins, and ends by itself. There is one of each kind at
 * a time: a new one replaces the old one.
 */
import type { Gate } from './gate.ts'
import type { Machine } from './machine.ts'
import type { Panel } from './panel.ts'
import type { Fault } from './scenario.ts'
import type { MachineRecord } from './truth.ts'

export interface FaultCommand {
  readonly fault: Fault
  readonly forMs: number
  /** How late answers are, for `delay`. */
  readonly delayMs: number
}

export interface Faults {
  /** Resolves when the fault is in force. */
  begin(command: FaultCommand): Promise<void>
  /** Whether some fault keeps clients from seeing the real values of the machine. */
  isHiding(): boolean
  /** Cancels the planned ends of all faults. What is broken now stays broken. */
  stop(): void
}

interface FaultTargets {
  readonly machine: () => Pick<Machine, 'freeze'>
  readonly panel: Pick<Panel, 'setCondition'>
  readonly gate: Pick<Gate, 'impair' | 'repair'>
  readonly record: Pick<MachineRecord, 'fault'>
}

export function createFaults(targets: FaultTargets): Faults {
  const ends = new Map<Fault, NodeJS.Timeout>()
  return {
    begin: async (command) => {
      clearTimeout(ends.get(command.fault))
      const atMs = Date.now()
      targets.record.fault(command.fault, atMs, atMs + command.forMs)
      const end = () => {
        ends.delete(command.fault)
        void lift(command.fault, targets)
      }
      ends.set(command.fault, setTimeout(end, command.forMs))
      await impose(command, targets)
    },
    isHiding: () => [...ends.keys()].some((fault) => fault !== 'delay'),
    stop: () => {
      for (const timer of ends.values()) clearTimeout(timer)
    },
  }
}

async function impose(
  { fault, delayMs }: FaultCommand,
  { machine, panel, gate }: FaultTargets,
): Promise<void> {
  if (fault === 'freeze') machine().freeze(true)
  else if (fault === 'bad_quality' || fault === 'exception') panel.setCondition(fault)
  else await gate.impair(fault, delayMs)
}

async function lift(fault: Fault, { machine, panel, gate }: FaultTargets): Promise<void> {
  if (fault === 'freeze') machine().freeze(false)
  else if (fault === 'bad_quality' || fault === 'exception') panel.setCondition('good')
  else await gate.repair(fault)
}
