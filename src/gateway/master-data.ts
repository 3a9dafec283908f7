/** The copy of central's reference data: what stations draw on, and what machines must know of shifts and of the MES. */
import { join } from 'node:path'
import type { Config } from '../config/config.ts'
import { isMachine, isStation, ownerCode } from '../domain/owner.ts'
import { createMasterData, type MasterDataService } from '../masterdata/master-data.ts'
import type { WantedBy } from '../masterdata/troubles.ts'
import type { Pipeline } from '../pipeline.ts'
import type { CalledThread } from '../runtime/thread-link.ts'
import type { World } from './world.ts'

/** Opens the copy; a file that cannot be opened now is a trouble in `status`, and no error. */
export function masterDataFor(
  { dataFolder, organization, plant, timezone, planned, central }: Config,
  { references, clock, log }: World,
  pipeline: Pipeline,
  thread: CalledThread,
): Promise<MasterDataService> {
  return createMasterData({
    file: join(dataFolder, 'masterdata.db'),
    // Ids of another server, database, organization or plant mean somebody else.
    whose: central.connection.hosts.map(({ host, port }) =>
      [`${host}:${port}`, central.connection.database, organization, plant].join('/'),
    ),
    source: references,
    timezone,
    breaks: planned.breaks,
    wanted: () => wantedBy(pipeline),
    ownMachines: () =>
      pipeline.subjects
        .map(({ owner }) => owner)
        .filter(isMachine)
        .map(ownerCode),
    clock,
    log,
    thread,
  })
}

function wantedBy({ subjects }: Pipeline): WantedBy {
  if (subjects.some(({ owner }) => isStation(owner))) return 'stations'
  return subjects.some(({ owner }) => isMachine(owner)) ? 'machines' : 'nobody'
}
