/** What stations draw on: the copy of central's reference data, kept up to date as long as there is a station. */
import { join } from 'node:path'
import type { Config } from '../config/config.ts'
import { isStation } from '../domain/owner.ts'
import { createMasterData, type MasterDataService } from '../masterdata/master-data.ts'
import type { Pipeline } from '../pipeline.ts'
import type { World } from './world.ts'

/** Opens the copy; a file that cannot be opened now is a trouble in `status`, and no error. */
export function masterDataFor(
  { dataFolder, organization, plant, timezone, central }: Config,
  { references, clock, log }: World,
  pipeline: Pipeline,
): Promise<MasterDataService> {
  return createMasterData({
    file: join(dataFolder, 'masterdata.db'),
    // Ids of another server, database, organization or plant mean somebody else.
    whose: central.connection.hosts.map(({ host, port }) =>
      [`${host}:${port}`, central.connection.database, organization, plant].join('/'),
    ),
    source: references,
    timezone,
    isWanted: () => pipeline.subjects.some(({ owner }) => isStation(owner)),
    clock,
    log,
  })
}
