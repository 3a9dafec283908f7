/** What the gateway gets of the world. Tests put parts of their own in place of these. */
import type { WorkerLink } from '../buffer/worker-link.ts'
import type { Route } from '../domain/destination.ts'
import type { Drivers } from '../domain/driver.ts'
import type { ReferenceSource } from '../domain/reference-data.ts'
import type { ScannerTransports } from '../domain/scanner.ts'
import type { PairParts } from '../pair/pair.ts'
import type { Riders, RouteKind } from '../routes/route-kind.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Log } from '../runtime/log.ts'

export interface World {
  readonly clock: Clock
  readonly random: () => number
  readonly log: Log
  /** A thread for the local log that was started before and has opened no file; absent: one is started. */
  readonly bufferThread?: WorkerLink
  /** The gateway ends them: whatever they own must outlive its devices. */
  readonly drivers: Drivers
  /** Likewise, of its scanners. */
  readonly scanners: ScannerTransports
  /** Where events go, whatever the route files say. The first is the one that `status` shows as central. */
  readonly routes: readonly [Route, ...Route[]]
  /** Routes out of files whose rows come along in the transactions of central; absent where none may. */
  readonly riders?: Riders
  /** Where the lease of its pair is kept; absent for a gateway that belongs to none. */
  readonly pair?: Pick<PairParts, 'keeper' | 'fence'>
  /** The kinds of route that files can describe. */
  readonly routeKinds: readonly RouteKind[]
  /** Where badges and codes are looked up. */
  readonly references: ReferenceSource
  readonly bootId: string
  readonly version: string
  /** Files are named relative to it in messages. */
  readonly cwd: string
  /** Calls back when maps are to be read again at once; what is returned settles when that is done. Returns the way to stop. */
  readonly onReload: (listener: () => unknown) => () => void
  /** Tells whoever has started this gateway that it is at work, and with what. */
  readonly ready?: (status: string) => void
  /** Where the stages of the stop are named until they have ended. */
  readonly unfinished?: Set<string>
}
