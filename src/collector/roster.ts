/** Which devices are being collected: started, replaced and stopped owner by owner, each independently of the others. */
import type { Device } from '../domain/device.ts'
import type { DeviceHealth, Health } from '../domain/health.ts'
import type { Owner } from '../domain/owner.ts'
import type { Service } from '../runtime/service.ts'
import type { Collector } from './collect-device.ts'

interface RosterParts {
  readonly collect: (device: Device) => Collector
  /** Runs a service until it is aborted, and starts it again when it fails. */
  readonly keep: (service: Service, signal: AbortSignal) => Promise<void>
}

/** The devices of all owners. */
export interface Roster {
  /** Replaces the devices of a machine or station. The former links are closed first: PLCs allow few connections. */
  assign(owner: Owner, devices: readonly Device[]): Promise<void>
  dismiss(owner: Owner): Promise<void>
  /** For good: whatever is assigned afterwards, by a reading of the maps that still goes on, is not started. */
  dismissAll(): Promise<void>
  health(): Health<readonly DeviceHealth[]>
}

/** The devices of one owner, which start and stop together. */
interface Team {
  readonly collectors: readonly Collector[]
  readonly stop: AbortController
  readonly stopped: Promise<unknown>
}

/** Nothing is collected before devices are assigned. */
export function createRoster({ collect, keep }: RosterParts): Roster {
  const teams = new Map<Owner, Team>()
  let isOver = false

  async function assign(owner: Owner, devices: readonly Device[]): Promise<void> {
    await dismiss(owner)
    if (isOver) return
    const stop = new AbortController()
    const collectors = devices.map(collect)
    const stopped = Promise.all(collectors.map((collector) => keep(collector, stop.signal)))
    teams.set(owner, { collectors, stop, stopped })
  }

  async function dismiss(owner: Owner): Promise<void> {
    const team = teams.get(owner)
    if (!team) return
    teams.delete(owner)
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
    health: () => {
      const devices = [...teams.values()].flatMap(({ collectors }) => collectors.map((one) => one.health()))
      return {
        summary: devices.map(({ summary }) => summary),
        troubles: devices.flatMap(({ troubles }) => troubles),
      }
    },
  }
}
