/** Lets each machine know when its plant means to produce, as far as the copy of central's shifts says. */
import { isMachine, type Owner } from '../domain/owner.ts'
import type { PlannedMessage, PlannedTime } from '../domain/planned-time.ts'
import type { MasterDataService } from '../masterdata/master-data.ts'
import type { Pipeline } from '../pipeline.ts'
import type { Service } from '../runtime/service.ts'
import { isMachineSubject } from '../status/machine-subject.ts'
import type { World } from './world.ts'

/** The copy is read again every minute, and the list of turns changes every hour. */
const LOOK_EVERY_MS = 1_000

interface Watched {
  readonly masterData: Pick<MasterDataService, 'plannedAround'>
  readonly pipeline: Pipeline
}

/** Keeps the machines up to date. */
export interface PlannedWatch extends Service {
  /** A machine has just been put in place: it knows before its devices are read. */
  tell(owner: Owner): void
}

/** What has not changed is not said again. */
export function plannedWatch(
  { clock }: Pick<World, 'clock'>,
  { masterData, pipeline }: Watched,
): PlannedWatch {
  const said = new Map<Owner, PlannedTime>()

  function tell(subject: Owner): void {
    const machine = pipeline.subjectOf(subject)
    if (!machine || !isMachineSubject(machine)) return
    const at = clock.now()
    const planned = masterData.plannedAround(at.wallMs, machine.map.breaks)
    if (planned === undefined || said.get(subject) === planned) return
    said.set(subject, planned)
    const message: PlannedMessage = { kind: 'planned', subject, at, planned }
    pipeline.deliver(message)
  }

  return {
    name: 'planned time',
    tell: (subject) => {
      said.delete(subject)
      tell(subject)
    },
    run: async (signal) => {
      while (!signal.aborted) {
        for (const { owner } of pipeline.subjects) if (isMachine(owner)) tell(owner)
        await clock.sleep(LOOK_EVERY_MS, signal)
      }
    },
  }
}
