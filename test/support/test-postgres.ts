/** Real servers for tests: without syncing, because machines do not lose power meanwhile, and out of one cluster where the run keeps one. */
import { type PostgresServer, startPostgres } from '../../simulators/central/postgres.ts'

/** Names the folder of the cluster of this run; see test/one-cluster.ts. */
export const TEMPLATE_VARIABLE = 'TEST_CLUSTER_TEMPLATE'

/** @param settings lines of postgresql.conf */
export function startTestPostgres(settings: Readonly<Record<string, string>> = {}): Promise<PostgresServer> {
  const template = process.env[TEMPLATE_VARIABLE]
  return startPostgres({
    settings: { fsync: 'off', ...settings },
    ...(template !== undefined && { template }),
  })
}
