/**
 * Lets each machine know whether the MES has it in service, as far as the copy of central's data says. Without a station nobody
 * reads that copy, and a machine counts as in service: it must not stay out of it because nobody asks any more.
 */
import { isMachine, isStation, ownerCode } from '../domain/owner.ts'
import type { ReferenceMachine } from '../domain/reference-data.ts'
import type { ServiceMessage } from '../domain/subject.ts'
import type { MasterDataService } from '../masterdata/master-data.ts'
import type { Pipeline } from '../pipeline.ts'
import type { Service } from '../runtime/service.ts'
import type { World } from './world.ts'

/** The copy is read again every minute; a machine that got a map meanwhile is to know soon. */
const LOOK_EVERY_MS = 1_000
/** `machines.status` of a machine that people have taken out of service. The gateway itself never writes it. */
const DECOMMISSIONED = 'decommissioned'

interface Watched {
  readonly masterData: Pick<MasterDataService, 'machines'>
  readonly pipeline: Pipeline
  /** Whether all maps are in force: before, nobody knows whether there is a station. */
  readonly isLoaded: () => boolean
}

/** What is said again changes nothing. Of a machine that the copy does not know nothing is said. */
export function inServiceWatch(
  { clock }: Pick<World, 'clock'>,
  { masterData, pipeline, isLoaded }: Watched,
): Service {
  function look(): void {
    const owners = pipeline.subjects.map(({ owner }) => owner)
    const isAsked = owners.some(isStation)
    const inMes = new Map(masterData.machines.map((machine) => [machine.code, machine]))
    for (const subject of owners.filter(isMachine)) {
      const machine = inMes.get(ownerCode(subject))
      if (isAsked && !machine) continue
      const isInService = isAsked && machine ? isUsed(machine) : true
      const message: ServiceMessage = { kind: 'service', subject, at: clock.now(), isInService }
      pipeline.deliver(message)
    }
  }
  return {
    name: 'machines in service',
    run: async (signal) => {
      while (!signal.aborted) {
        if (isLoaded()) look()
        await clock.sleep(LOOK_EVERY_MS, signal)
      }
    },
  }
}

function isUsed({ status, isActive }: ReferenceMachine): boolean {
  return isActive && status !== DECOMMISSIONED
}
