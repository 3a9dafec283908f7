/** What this gateway says of itself to central: the report of `status`, as far as it concerns whoever looks after many gateways. */
import { hostname } from 'node:os'
import { composeReport, type StatusReport } from '../console/report.ts'
import type { GatewayReport } from '../domain/gateway-report.ts'
import type { Pipeline } from '../pipeline.ts'
import { isStationSubject } from '../scans/station-subject.ts'
import { isMachineSubject } from '../status/machine-subject.ts'
import type { AskReport } from '../uploader/self-reports.ts'
import { hashOfMaps } from './maps-hash.ts'
import { gatherer, type Reporting } from './reporting.ts'
import type { World } from './world.ts'

/** Of one code; how many there are in all is said too. */
const ALIKE_MAX = 3
const TROUBLES_MAX = 40

/** Makes the reports. What the console says of itself alone is not in them. */
export function ownReport(gateway: string, world: World, rooms: Reporting): AskReport {
  const startedAtMs = world.clock.now().wallMs
  const gather = gatherer(gateway, world, rooms)
  return async (state) =>
    gatewayReport(composeReport(await gather([])), { state, startedAtMs, mapsHash: mapsHash(rooms.pipeline) })
}

function gatewayReport(
  { version, central, outbox, machines, degraded }: StatusReport,
  own: Pick<GatewayReport, 'state' | 'startedAtMs' | 'mapsHash'>,
): GatewayReport {
  return {
    ...own,
    host: hostname(),
    version,
    pending: outbox.pending,
    lagS: central.lag_s,
    clockOffsetMs: central.clock_offset_ms,
    machines: machines.length,
    troubles: firstOf(degraded).map(({ since, ...trouble }) => ({
      ...trouble,
      sinceMs: since === null ? null : Date.parse(since),
    })),
    troubleCount: degraded.length,
  }
}

function firstOf(degraded: StatusReport['degraded']): StatusReport['degraded'] {
  return [...Map.groupBy(degraded, ({ code }) => code).values()]
    .flatMap((alike) => alike.slice(0, ALIKE_MAX))
    .slice(0, TROUBLES_MAX)
}

/** Of every map in force. */
function mapsHash({ subjects }: Pipeline): string {
  return hashOfMaps(subjects.filter((subject) => isMachineSubject(subject) || isStationSubject(subject)))
}
