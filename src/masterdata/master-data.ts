/**
 * Central's reference data as stations use it: answered from a copy on this gateway, and brought up to date while central is there.
 *
 * It never waits for the network, and never fails: what the copy does not know is unknown, and central is asked again when the
 * scan is uploaded.
 */
import { existsSync } from 'node:fs'
import type { Health } from '../domain/health.ts'
import type { BadgeHolder, Lookup, LookupResult, MasterData } from '../domain/master-data.ts'
import type { DaySpan, PlannedTime } from '../domain/planned-time.ts'
import type {
  ReferenceGap,
  ReferenceKind,
  ReferenceMachine,
  ReferenceSource,
} from '../domain/reference-data.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Log } from '../runtime/log.ts'
import type { Service } from '../runtime/service.ts'
import type { CalledThread } from '../runtime/thread-link.ts'
import { BadgeHasher } from './badges.ts'
import { CopyLink } from './copy-link.ts'
import type { CopySetup, KeptCopy, PlantMachine } from './messages.ts'
import { readKinds } from './refresh.ts'
import { PlannedCalendar } from './shifts/planned-calendar.ts'
import { shiftEndMs } from './shifts/shift-end.ts'
import { copyTroubles, type StandingGap, type WantedBy } from './troubles.ts'

/** Few rows, and all that a gateway without a station reads: when the plant works, and which machines are in use. */
const OF_MACHINES: readonly ReferenceKind[] = ['shifts', 'machines']
/** Few rows, of which somebody who stands at a station waits for the newest. Users last: their badges are hashed, which takes long. */
const QUICK: readonly ReferenceKind[] = [...OF_MACHINES, 'work_orders', 'users']
const QUICK_EVERY_MS = 60_000
/** Many rows, and what is not among them yet is looked up in central when its scan is uploaded. */
const SLOW: readonly ReferenceKind[] = ['materials', 'shipments', 'barcode_labels']
const SLOW_EVERY_MS = 10 * 60_000
/** A badge that nobody has is looked for in central at once, but not more often than this, whatever became of it. */
const UNKNOWN_BADGE_MS = 10_000
/** Somebody who looks for a machine may look for so long. */
const LOOKED_FOR_MS = 10 * 60_000
/** How often it is seen whether something is due; also how soon a reading that failed is tried again, at first. */
const LOOK_EVERY_MS = 1_000
/** While the copy has never been read. */
const NO_SHIFTS: KeptCopy['shifts'] = []

interface MasterDataOptions extends CopySetup {
  readonly source: ReferenceSource
  /** The plant's, for shifts. */
  readonly timezone: string
  /** Of each day, for machines whose maps name none. */
  readonly breaks: readonly DaySpan[]
  /** Who needs it: a station needs all of it, a machine only when the plant works, and whether it is in use. */
  readonly wanted: () => WantedBy
  /** Codes of the machines that the gateway has maps of. */
  readonly ownMachines: () => readonly string[]
  readonly clock: Clock
  readonly log: Log
  /** For the copy's file; absent: one of its own. */
  readonly thread?: CalledThread | undefined
}

/** For `status`. */
interface MasterDataHealth {
  /** When users were last read, ms since 1970; null: never. */
  readonly usersReadAtMs: number | null
}

/** The machines of the plant as of a reading. */
interface MachinesOfPlant {
  /** Ms since 1970; null: central was never read. */
  readonly readAtMs: number | null
  readonly machines: readonly PlantMachine[]
}

/** The copy while the gateway runs; running it keeps it up to date. */
export interface MasterDataService extends MasterData, Service, AsyncDisposable {
  /** The gateway's own machines as the MES has them, as of the last reading. */
  readonly machines: readonly ReferenceMachine[]
  /** All machines of the plant, for people who look for one: they are read for a while then, whether there is a map or not. */
  machinesOfPlant(): MachinesOfPlant
  /**
   * When the plant means to produce, around a moment; the same list while nothing of it has changed. Undefined as long as nobody
   * knows whether shifts are defined.
   * @param breaks those of one machine, in place of the plant's
   */
  plannedAround(atMs: number, breaks?: readonly DaySpan[]): PlannedTime | undefined
  health(): Health<MasterDataHealth>
}

/** Opens the copy where there is one, since machines need to know the shifts before they are first read; a file that cannot be opened now is tried again with each use. */
export async function createMasterData(options: MasterDataOptions): Promise<MasterDataService> {
  const copy = new KeptMasterData(options)
  if (options.wanted() !== 'nobody' || existsSync(options.file)) await copy.open()
  return copy
}

class KeptMasterData implements MasterDataService {
  readonly name = 'master data'
  readonly #options: MasterDataOptions
  readonly #link: CopyLink
  readonly #calendar: PlannedCalendar
  #kept: KeptCopy | undefined
  #hasher: BadgeHasher | undefined
  #fileFault: Error | undefined
  /** When each group is due again, on the monotonic clock. */
  #quickAtMs = 0
  /** Of what machines want alone: a station that gets its map a moment later does not wait for its own turn. */
  #ofMachinesAtMs = 0
  #slowAtMs = 0
  /** When an unknown badge is looked for; undefined: there is none. */
  #badgeAtMs: number | undefined
  /** When users were asked for last, with whatever success. */
  #usersAskedMs = Number.NEGATIVE_INFINITY
  /** Until when somebody may look for a machine, on the monotonic clock. */
  #lookedForUntilMs = 0
  /** What cannot be read now, and since when. */
  readonly #gaps = new Map<ReferenceKind, StandingGap>()

  constructor(options: MasterDataOptions) {
    this.#options = options
    const { file, whose, timezone, thread } = options
    this.#link = new CopyLink({ file, whose }, thread)
    this.#calendar = new PlannedCalendar(timezone)
  }

  get machines(): readonly ReferenceMachine[] {
    return this.#kept?.machines ?? []
  }

  machinesOfPlant(): MachinesOfPlant {
    this.#lookedForUntilMs = this.#options.clock.now().monoMs + LOOKED_FOR_MS
    return { readAtMs: this.#kept?.readAtMs.machines ?? null, machines: this.#kept?.plantMachines ?? [] }
  }

  /** Takes into memory what is held there. Does not throw: what is wrong with the file is a trouble. */
  async open(): Promise<void> {
    const kept = await this.#asked(this.#link.call('kept'))
    if (!kept) return
    this.#kept = kept
    // A file that had to be begun again has another salt.
    if (!this.#hasher || !Buffer.from(this.#hasher.salt).equals(kept.salt))
      this.#hasher = new BadgeHasher(kept.salt)
  }

  async holderOf(employeeCode: string): Promise<BadgeHolder> {
    if (!this.#hasher) await this.open()
    if (!this.#hasher) return { badge: '', operator: null, why: 'the copy of central’s users cannot be read' }
    const badge = await this.#hasher.hash(employeeCode)
    const found = await this.#asked(this.#link.call('holderOf', badge))
    if (found?.kind === 'one') return { badge, operator: found.operator, why: null }
    if (found?.kind === 'unknown') this.#lookSoon()
    return { badge, operator: null, why: this.#whyNobody(found?.kind) }
  }

  async find(lookup: Lookup): Promise<LookupResult> {
    return (await this.#asked(this.#link.call('find', lookup))) ?? { kind: 'unknown' }
  }

  shiftEndMs(atMs: number): number | null {
    return shiftEndMs(this.#kept?.shifts ?? NO_SHIFTS, this.#options.timezone, atMs)
  }

  plannedAround(atMs: number, breaks = this.#options.breaks): PlannedTime | undefined {
    if (this.#kept?.readAtMs.shifts === undefined && breaks.length === 0) return undefined
    return this.#calendar.around(atMs, { shifts: this.#kept?.shifts ?? NO_SHIFTS, breaks })
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options
    while (!signal.aborted) {
      if (this.#wanted() !== 'nobody') await this.#readWhatIsDue(signal)
      await clock.sleep(LOOK_EVERY_MS, signal)
    }
  }

  health(): Health<MasterDataHealth> {
    const usersReadAtMs = this.#kept?.readAtMs.users ?? null
    const wanted = this.#options.wanted()
    const copy = {
      wanted,
      fileFault: this.#fileFault,
      kept: this.#kept,
      gaps: [...this.#gaps.values()],
      nowMs: this.#options.clock.now().wallMs,
    }
    return { summary: { usersReadAtMs }, troubles: wanted === 'nobody' ? [] : copyTroubles(copy) }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#link[Symbol.asyncDispose]()
  }

  #wanted(): WantedBy {
    const { wanted, clock } = this.#options
    const who = wanted()
    return who === 'nobody' && clock.now().monoMs < this.#lookedForUntilMs ? 'machines' : who
  }

  async #readWhatIsDue(signal: AbortSignal): Promise<void> {
    const now = this.#options.clock.now().monoMs
    if (this.#wanted() === 'machines') {
      if (now < this.#ofMachinesAtMs) return
      this.#ofMachinesAtMs = now + QUICK_EVERY_MS
      await this.#read(OF_MACHINES, signal)
      return
    }
    const isQuickDue = now >= this.#quickAtMs
    if (isQuickDue || now >= (this.#badgeAtMs ?? Number.POSITIVE_INFINITY)) {
      this.#badgeAtMs = undefined
      this.#usersAskedMs = now
      if (isQuickDue) this.#quickAtMs = now + QUICK_EVERY_MS
      await this.#read(isQuickDue ? QUICK : ['users'], signal)
    }
    if (now >= this.#slowAtMs) {
      this.#slowAtMs = now + SLOW_EVERY_MS
      // Central may be back long before the next turn.
      if (!(await this.#read(SLOW, signal))) this.#slowAtMs = now + QUICK_EVERY_MS
    }
  }

  /** @returns whether all of it was read; why not is the affair of the route to central, which says so itself */
  async #read(kinds: readonly ReferenceKind[], signal: AbortSignal): Promise<boolean> {
    const { source, clock, log, ownMachines } = this.#options
    await this.open()
    const hasher = this.#hasher
    if (!hasher) return false
    try {
      const nowMs = () => clock.now().wallMs
      const gaps = await readKinds({ kinds, source, link: this.#link, hasher, nowMs, ownMachines }, signal)
      this.#remember(kinds, gaps)
      await this.open()
      return true
    } catch (error) {
      if (!signal.aborted)
        log.debug({ event: 'masterdata-unread', error }, 'master data could not be read from central')
      return false
    }
  }

  #remember(kinds: readonly ReferenceKind[], gaps: readonly ReferenceGap[]): void {
    for (const kind of kinds) if (!gaps.some((gap) => gap.kind === kind)) this.#gaps.delete(kind)
    const nowMs = this.#options.clock.now().wallMs
    for (const gap of gaps)
      this.#gaps.set(gap.kind, { ...gap, sinceMs: this.#gaps.get(gap.kind)?.sinceMs ?? nowMs })
  }

  #lookSoon(): void {
    this.#badgeAtMs ??= this.#usersAskedMs + UNKNOWN_BADGE_MS
  }

  #whyNobody(found: 'many' | 'unknown' | undefined): string {
    if (found === 'many') return 'several users have this badge'
    if (this.#kept?.readAtMs.users === undefined) return 'no badges are known yet: central has not been read'
    return found
      ? 'nobody who may work in this plant has this badge'
      : 'the copy of central’s users cannot be read'
  }

  /** Undefined where the file cannot be used now. */
  async #asked<T>(answer: Promise<T>): Promise<T | undefined> {
    try {
      const value = await answer
      this.#fileFault = undefined
      return value
    } catch (error) {
      if (!this.#fileFault)
        this.#options.log.warn(
          { event: 'masterdata-copy-unusable', error },
          'the copy of the master data cannot be used',
        )
      this.#fileFault = error as Error
      return undefined
    }
  }
}
