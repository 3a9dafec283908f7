/** What is known at the moment of a scrape: the parts of the report that `status` shows, and what this process knows of itself. */
import type { ReportParts } from '../console/report.ts'
import type { KnownCertificate } from './certificates.ts'
import type { ClockStanding } from './clock-watch.ts'
import type { DataFiles } from './data-files.ts'
import type { FlashUse } from './flash-meter.ts'
import type { ProcessStanding } from './process-standing.ts'

/** Everything that metrics are made of. */
export interface GatewaySight {
  /** What the report is made of, with what is wrong in the console. */
  readonly report: ReportParts
  /** The maps are loaded, and the log takes events. */
  readonly isReady: boolean
  /** This process. */
  readonly program: ProcessStanding
  readonly clock: ClockStanding
  readonly flash: FlashUse
  readonly files: DataFiles
  readonly certificates: readonly KnownCertificate[]
}
