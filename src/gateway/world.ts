/** What the gateway gets of the world. Tests put parts of their own in place of these. */
import type { Route } from '../domain/destination.ts'
import type { Drivers } from '../domain/driver.ts'
import type { ReferenceSource } from '../domain/reference-data.ts'
import type { ScannerTransports } from '../domain/scanner.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Log } from '../runtime/log.ts'

export interface World {
  readonly clock: Clock
  readonly random: () => number
  readonly log: Log
  /** The gateway ends them: whatever they own must outlive its devices. */
  readonly drivers: Drivers
  /** Likewise, of its scanners. */
  readonly scanners: ScannerTransports
  /** Where events go. The first is the one that `status` shows as central. */
  readonly routes: readonly [Route, ...Route[]]
  /** Where badges and codes are looked up. */
  readonly references: ReferenceSource
  readonly bootId: string
  readonly version: string
  /** Files are named relative to it in messages. */
  readonly cwd: string
  /** Calls back when maps are to be read again at once. Returns the way to stop. */
  readonly onReload: (listener: () => void) => () => void
  /** Where the stages of the stop are named until they have ended. */
  readonly unfinished?: Set<string>
}
