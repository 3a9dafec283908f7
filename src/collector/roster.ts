/** Which devices are being collected: started, replaced and stopped machine by machine, each on its own. */
import type { Device } from '../domain/device.ts'
import type { DeviceHealth } from '../domain/health.ts'
import type { Service } from '../runtime/service.ts'
import type { Collector } from './collect-device.ts'

export interface RosterParts {
  readonly collect: (device: Device) => Collector
  /** Runs a service until it is aborted, whatever befalls it meanwhile. */
  readonly keep: (service: Service, signal: AbortSignal) => Promise<void>
}

export interface Roster {
  /** Puts these devices in place of the machine's former ones, whose links are closed first: PLCs have few slots. */
  assign(machine: string, devices: readonly Device[]): Promise<void>
  dismiss(machine: string): Promise<void>
  /** For good: whatever is assigned afterwards, by a reading of the maps that still goes on, is not started. */
  dismissAll(): Promise<void>
  health(): readonly DeviceHealth[]
}

interface Team {
  readonly collectors: readonly Collector[]
  readonly stop: AbortController
  readonly stopped: Promise<unknown>
}

export function createRoster({ collect, keep }: RosterParts): Roster {
  const teams = new Map<string, Team>()
  let isOver = false

  async function assign(machine: string, devices: readonly Device[]): Promise<void> {
    await dismiss(machine)
    if (isOver) return
    const stop = new AbortController()
    const collectors = devices.map(collect)
    const stopped = Promise.all(collectors.map((collector) => keep(collector, stop.signal)))
    teams.set(machine, { collectors, stop, stopped })
  }

  async function dismiss(machine: string): Promise<void> {
    const team = teams.get(machine)
    if (!team) return
    teams.delete(machine)
    team.stop.abort()
    await team.stopped
  }

  return {
    assign,
    dismiss,
    dismissAll: async () => {
      isOver = true
      await Promise.all([...teams.keys()].map(dismiss))
    },
    health: () =>
      [...teams.values()].flatMap(({ collectors }) => collectors.map((collector) => collector.health())),
  }
}
