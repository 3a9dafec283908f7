/**
 * The contract of a kind of route that a file can describe, and what such a route is made of. A kind owns its keys and says what
 * becomes of them; finding the files, judging what is common to all of them and running the routes are not its business.
 */
import type { ZodObject } from 'zod'
import type { Settling } from '../documents/section.ts'
import type { Destination, Route } from '../domain/destination.ts'
import type { MachineHealth } from '../domain/health.ts'
import type { Instant } from '../domain/instant.ts'
import type { Consumer, LogIdentity, LogPosition, StoredEvent } from '../domain/outbox.ts'
import type { Owner } from '../domain/owner.ts'
import type { PlantPlace } from '../domain/place.ts'
import type { Link } from '../postgres/link.ts'
import type { ConnectionSettings } from '../postgres/settings.ts'
import type { Log } from '../runtime/log.ts'

/** Where routes keep what they need over restarts, in the data folder: `NAME.json` is the last good file, `NAME.db` a feed's book. */
export const ROUTES_FOLDER = 'routes'

/** For whom a role writes in a database, and how its transactions begin. */
export interface Tenancy {
  /** The organization by its number there; 0 where the database knows none. */
  readonly organizationId: number
  /** The text that begins a transaction, with another search path than the usual one where that is given. */
  begin(searchPath?: string): string
  /** The view through which the role reaches a table, qualified and quoted; undefined where it reaches the table itself. */
  viewOf(schema: string, table: string): string | undefined
}

/** The database of the section `central:`. */
export interface CentralDatabase {
  readonly connection: ConnectionSettings
  /** Where the tables of the MES are. */
  readonly schema: string
  /** Finds out on a link for whom its role writes. @throws DestinationError `wait` */
  findTenancy(link: Link): Promise<Tenancy>
  /** Who rides along in the transactions of the MES's rows; absent where nobody may. */
  readonly riders?: Riders
}

/** Routes whose rows may come along in a transaction of the MES's rows, each while a session of its own is open. */
export type Riders = Set<Rider>

/** A batch of another route, in the same database. */
export interface RiddenBatch {
  readonly identity: LogIdentity
  readonly from: LogPosition
  readonly to: LogPosition
  /** All events between, without gaps. */
  readonly events: readonly StoredEvent[]
}

/** Brings its own rows along in another route's transaction. */
export interface Rider {
  /** The search path under which it writes. */
  readonly searchPath: string
  /** Until when nothing comes along, on the monotonic clock in ms. It outlasts the sessions of both routes. */
  readonly pause: { untilMs: number }
  /**
   * Within a savepoint: writes its rows, and moves its stream. What it throws takes all of it back.
   * @returns where its stream was moved to; undefined where it is not in step, or somebody else holds it: then nothing was written
   */
  ride(link: Link, batch: RiddenBatch): Promise<LogPosition | undefined>
  /** The transaction is committed. */
  arrived(at: LogPosition): void
}

/** What routes out of files may use of the gateway and of the world. They keep their files below `dataFolder`. */
export interface RouteContext {
  /** Names this gateway's streams. */
  readonly gateway: string
  /** `organizations.code`. */
  readonly organization: string
  /** `plants.code`. */
  readonly plant: string
  /** The MES's database, for a route whose tables are in the same one. */
  readonly central: CentralDatabase
  readonly dataFolder: string
  readonly log: Log
  readonly now: () => Instant
  /** Resolves once the device maps are in force: before that nobody knows where a machine stands. */
  readonly mapsInForce: Promise<void>
  /** Of one that is not in force any more nothing is known. */
  readonly placeOf: (owner: Owner) => PlantPlace
  /** What each machine shows now, or each of these. */
  readonly standings: (of?: ReadonlySet<Owner>) => readonly MachineHealth[]
  /** The stations whose maps are in force. */
  readonly stations: () => readonly Owner[]
}

/** One kind of route, such as into tables of a site or to a broker. */
export interface RouteKind<Written = unknown, Settings = unknown> {
  /** The key by which a file is of this kind. */
  readonly key: string
  /** Its routes give way in a full log, also those that must deliver; see {@link Consumer.yields}. */
  readonly yields?: true
  /** The keys of such a file besides those that all routes have; `key` is one of them. */
  readonly schema: ZodObject
  /** The same with all that is inside, for editors, where {@link RouteKind.settle} judges parts by themselves. */
  readonly whole?: ZodObject
  /**
   * Makes settings of what the schema took, and judges what a schema cannot. Faults are noted in the draft, by their place in the
   * file. `settling.secret` names the variables of the environment that hold what no file may.
   * @param written undefined when the file has faults; what can be judged without it still is
   * @returns undefined only where a fault was found
   */
  settle(settling: Settling, written: Written | undefined): Settings | undefined
  /** Makes the route. Nothing is opened before the route's destination is connected to. */
  create(settings: Settings, consumer: Consumer, context: RouteContext): Route
  /**
   * The same destination for commands, which may run beside the gateway: where a second connection would throw the gateway's own
   * out, nothing can be applied here, and position, quarantine and incidents are there without one. Absent where the destination
   * of the route itself serves them.
   */
  readonly visit?: (consumer: Consumer, context: Pick<RouteContext, 'dataFolder' | 'now'>) => Destination
}
