/** The devices of the edge node: the machines that are seen, and the stations whose maps are in force. */
import type { MachineHealth } from '../../../domain/health.ts'
import { machineOwner, type Owner } from '../../../domain/owner.ts'
import { FeedDevice, isSeen } from './feed-device.ts'

/** A device, and what its machine shows now; of a station that is not known beside its events. */
export interface PresentDevice {
  readonly device: FeedDevice
  readonly standing: MachineHealth | undefined
}

/** All that were there since the gateway started: a device keeps its aliases, and what is known of it, over connections. */
export class Devices {
  readonly #all = new Map<Owner, FeedDevice>()

  of(owner: Owner): FeedDevice {
    const known = this.#all.get(owner)
    if (known) return known
    const device = new FeedDevice(owner, this.#all.size + 1)
    this.#all.set(owner, device)
    return device
  }

  /** Those that are there now, whatever was said of them. */
  present(standings: readonly MachineHealth[], stations: readonly Owner[]): readonly PresentDevice[] {
    const seen = standings.filter(isSeen).map((standing) => ({
      device: this.of(machineOwner(standing.machine)),
      standing,
    }))
    return [...seen, ...stations.map((station) => ({ device: this.of(station), standing: undefined }))]
  }
}
