/** Lets each machine know whether the MES has it in service, and what people have set there, as far as the copy of central's data says. */
import { isMachine, type Owner, ownerCode } from '../domain/owner.ts'
import type { ReferenceMachine } from '../domain/reference-data.ts'
import type { MesStatusMessage, ServiceMessage, Subject } from '../domain/subject.ts'
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
  readonly pipeline: Pick<Pipeline, 'subjects' | 'deliver'>
}

/**
 * What is said again changes nothing, so each reading of the copy is told once to each machine. Of a machine that the copy does not
 * know nothing is said.
 */
export function inServiceWatch({ clock }: Pick<World, 'clock'>, { masterData, pipeline }: Watched): Service {
  /** What each machine was told last. A machine that got another map is another subject, and is told again. */
  const told = new WeakMap<Subject, ReferenceMachine>()

  function look(): void {
    const inMes = new Map(masterData.machines.map((machine) => [machine.code, machine]))
    for (const subject of pipeline.subjects) {
      const machine = isMachine(subject.owner) ? inMes.get(ownerCode(subject.owner)) : undefined
      if (!machine || told.get(subject) === machine) continue
      tell(subject.owner, machine)
      told.set(subject, machine)
    }
  }

  function tell(subject: Owner, machine: ReferenceMachine): void {
    const service: ServiceMessage = {
      kind: 'service',
      subject,
      at: clock.now(),
      isInService: isUsed(machine),
    }
    pipeline.deliver(service)
    const { status, said } = machine
    if (!said) return
    const mes: MesStatusMessage = { kind: 'mes-status', subject, at: clock.now(), status, said }
    pipeline.deliver(mes)
  }

  return {
    name: 'machines in service',
    run: async (signal) => {
      while (!signal.aborted) {
        look()
        await clock.sleep(LOOK_EVERY_MS, signal)
      }
    },
  }
}

function isUsed({ status, isActive }: ReferenceMachine): boolean {
  return isActive && status !== DECOMMISSIONED
}
