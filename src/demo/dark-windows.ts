/** Records for each machine when the gateway could not see it: from the beginning, or a kill, until the next contact. */
import type { Window } from './reconcile/sight.ts'

/** Times are ms since 1970. */
export interface DarkWindows {
  /** From now on the gateway sees nothing. For a machine that is out of sight already, its window goes on. */
  close(atMs: number): void
  /** The machine is in sight again. */
  open(machine: string, atMs: number): void
  readonly allInSight: boolean
  /** In time order. The last one ends at infinity where the machine is out of sight now. */
  of(machine: string): readonly Window[]
}

/** Before the first contact no machine is in sight. */
export function darkWindows(machines: readonly string[]): DarkWindows {
  const past = new Map(machines.map((machine) => [machine, [] as Window[]]))
  const since = new Map(machines.map((machine) => [machine, Number.NEGATIVE_INFINITY]))
  return {
    close: (atMs) => {
      for (const machine of machines) if (!since.has(machine)) since.set(machine, atMs)
    },
    open: (machine, atMs) => {
      const fromMs = since.get(machine)
      if (fromMs === undefined) return
      past.get(machine)?.push({ fromMs, toMs: atMs })
      since.delete(machine)
    },
    get allInSight() {
      return since.size === 0
    },
    of: (machine) => {
      const fromMs = since.get(machine)
      const windows = past.get(machine) ?? []
      return fromMs === undefined ? windows : [...windows, { fromMs, toMs: Number.POSITIVE_INFINITY }]
    },
  }
}
