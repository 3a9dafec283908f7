/** Lets each machine know whether the MES has it in service, as far as the copy of central's data says. */

import { machineOwner } from '../domain/owner.ts'
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

/** What is said again changes nothing. Of machines that the copy does not know nothing is said. */
export function inServiceWatch(
  { clock }: Pick<World, 'clock'>,
  {
    masterData,
    pipeline,
  }: { readonly masterData: Pick<MasterDataService, 'machines'>; readonly pipeline: Pipeline },
): Service {
  return {
    name: 'machines in service',
    run: async (signal) => {
      while (!signal.aborted) {
        for (const machine of masterData.machines) {
          const message: ServiceMessage = {
            kind: 'service',
            subject: machineOwner(machine.code),
            at: clock.now(),
            isInService: isInService(machine),
          }
          pipeline.deliver(message)
        }
        await clock.sleep(LOOK_EVERY_MS, signal)
      }
    },
  }
}

function isInService({ status, isActive }: ReferenceMachine): boolean {
  return isActive && status !== DECOMMISSIONED
}
