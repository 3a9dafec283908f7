/** What each part says of itself; `status` and the health endpoint put these together. */
import type { Durations } from './durations.ts'
import type { ConfigFault } from './errors.ts'
import type { Delivery } from './outbox.ts'
import type { Owner } from './owner.ts'

/** Something that somebody should see to. It is logged when it begins, and ends by itself when its cause does. */
export interface Trouble {
  /** Stable, in kebab-case, `part-what`: alerts are named by it, and the log, `check` and `status` show the same. */
  readonly code: string
  /** What is wrong, in words. */
  readonly what: string
  /** What to do about it. */
  readonly hint?: string
  /** Ms since 1970; null where the beginning is not known. */
  readonly sinceMs: number | null
  readonly device?: string
  readonly scanner?: string
  readonly machine?: string
  readonly signal?: string
}

/** What one part says of itself: its section of `status --json`, and what is wrong with it. */
export interface Health<Summary = unknown> {
  readonly summary: Summary
  readonly troubles: readonly Trouble[]
}

/** `silent`: connected, but nothing has come for too long; `lost`: there is no link, and the collector tries again. */
export type LinkState = 'connecting' | 'connected' | 'silent' | 'lost'

/** A signal that is not good: nothing is derived from it. */
export interface SignalHealth {
  readonly signal: string
  readonly device: string
  /**
   * `stale`: a heartbeat that stands still; `unmeant`: a good value that the map gives no meaning to, such as a text where
   * the rules ask for numbers.
   */
  readonly quality: 'bad' | 'uncertain' | 'stale' | 'unmeant'
  /** Why, in the device's own words where it gave any, and what to do. */
  readonly detail: string
  /** When it got so, ms since 1970. */
  readonly sinceMs: number
}

/** What happened on the link to a device since its map came into force. */
export interface DeviceCounts {
  /** Readings that came, also those in which nothing had changed. */
  readonly readings: number
  /** How often the link came up or was lost. */
  readonly linkChanges: number
  /** Attempts to make contact or to read that ended without an answer. */
  readonly failures: number
  /** Values that came and were not good. */
  readonly badValues: number
  /** Polls that were left out because the one before took too long. */
  readonly skippedPolls: number
  /** Polls that were left out because the gateway itself came too late. */
  readonly oversleptPolls: number
  /** How long after its moment each poll began; none where the device sends by itself. */
  readonly pollLateness: Durations
}

/** A certificate that another computer has shown. */
export interface ShownCertificate {
  /** Who has shown it, as messages name that computer. */
  readonly name: string
  /** Ms since 1970. */
  readonly endsMs: number
}

/** The link to a device. */
export interface DeviceHealth {
  readonly device: string
  /** Whom its readings are about. */
  readonly subject: Owner
  readonly state: LinkState
  /** When it got into this state, ms since 1970. */
  readonly sinceMs: number
  /** When it was last in contact, or null. */
  readonly lastContactMs: number | null
  readonly error?: string
  /** What people should know of the link while it is well. */
  readonly remark?: string
  /** Its signals that are not good. */
  readonly signals: readonly SignalHealth[]
  /** The certificate of whoever stands between, such as a broker, as it was last shown. */
  readonly certificate?: ShownCertificate
  readonly counts: DeviceCounts
}

/** The port of a scanner. A scanner says nothing by itself: one that is not used is no worse than any other. */
export interface ScannerHealth {
  readonly scanner: string
  /** The station whose scans they are. */
  readonly subject: Owner
  readonly state: Exclude<LinkState, 'silent'>
  /** When it got into this state, ms since 1970. */
  readonly sinceMs: number
  readonly error?: string
  /** The port as it was found: `/dev/ttyACM1, USB serial number 21097B1234`. Null while there is none. */
  readonly where: string | null
  /** What should be known of the port besides. */
  readonly remark: string | null
  /** When something was last scanned, or null. */
  readonly lastScanMs: number | null
  /** The last answer that was given, or null. */
  readonly lastAnswer: ScannerAnswer | null
  readonly counts: ScannerCounts
  /** From the last byte of a scan to its answer. */
  readonly answerTimes: Durations
  /** What was remarkable about scans. */
  readonly noticed: readonly NoticedScans[]
  /** Why the last bytes were no scan, or null. */
  readonly lastDiscarded: { readonly why: string; readonly atMs: number } | null
}

/** Scans that have something remarkable in common. */
export interface NoticedScans {
  readonly what: string
  readonly count: number
  /** When it was last noticed, ms since 1970. */
  readonly lastMs: number
}

/** What a scan came to; see `Answer`. */
export interface ScannerAnswer {
  readonly verdict: 'good' | 'bad' | 'held'
  readonly why: string | null
  /** When it was on disk, ms since 1970. */
  readonly atMs: number
}

/** Since the gateway's start. */
export interface ScannerCounts {
  readonly good: number
  readonly bad: number
  /** Answers that went out later than a person waits for one. */
  readonly late: number
  /** Answers that did not reach the scanner: its port was lost meanwhile, or took no bytes. */
  readonly unsent: number
  /** Bytes that were no scan. */
  readonly discardedBytes: number
}

/** One machine, as its rows say. */
export interface MachineHealth {
  readonly machine: string
  /** Null while it was never seen. */
  readonly status: string | null
  /** When it got into this status, ms since 1970, or null. */
  readonly sinceMs: number | null
  readonly reason: string | null
  readonly workOrder: string | null
  /** `users.id` of who is badged in at it; null: nobody. */
  readonly operator: number | null
  /** The status that somebody has declared; null: none. */
  readonly declared: string | null
  /** The shift in which it was last seen; null: none, or none is known. */
  readonly shift: string | null
  /** When everything that decides its status was last seen, or null. */
  readonly lastSeenMs: number | null
  /** Signals that are good for their device and say nothing of this machine. */
  readonly signals: readonly SignalHealth[]
  /** Of a pulse machine whose map wants to learn its cycle. */
  readonly pulse?: PulseHealth
  /** Of a machine in shadow: since when it is, ms since 1970. Nothing of it is stored or leaves the gateway. */
  readonly shadowSinceMs?: number
  /** The last value of each counter of its map that is believed; absent where the map has none. */
  readonly counters?: Readonly<Record<string, number>>
}

/** How long a machine's cycles take. */
interface PulseHealth {
  /** As the map says. */
  readonly idealCycleMs: number
  /** The median of the latest ones; null as long as too few have been seen. */
  readonly observedCycleMs: number | null
}

/** One station, as its scans have left it. */
export interface StationHealth {
  readonly station: string
  /** `users.id` of who is badged in; null: nobody. */
  readonly operator: number | null
  /** When that one badged in, ms since 1970, or null. */
  readonly sinceMs: number | null
  /** Work orders that were begun here and not completed, the newest last. */
  readonly workOrders: readonly StationOrder[]
  /** How many scans wait for what belongs to them: a badge, a work order, the rest of a label. */
  readonly held: number
  /** What was not stored, by the reason why. */
  readonly refused: readonly RefusedScans[]
}

/** A work order that was begun at a station. */
interface StationOrder {
  readonly workOrder: string
  readonly standing: 'started' | 'paused'
}

/** Scans that a station did not store for the same reason. */
interface RefusedScans {
  readonly why: string
  readonly count: number
  /** When it last happened, ms since 1970. */
  readonly lastMs: number
}

/** A destination of events, as the uploader finds it. */
export interface RouteHealth {
  readonly route: string
  readonly must: Delivery
  /** `held`: a route that must deliver and cannot run; its events are kept. */
  readonly state: RouteState | 'held'
  readonly sinceMs: number
  readonly cause?: string
}

/**
 * `away`: it cannot be reached; `waiting`: it answers, but cannot take the batch now; `fenced`: it holds another history of this
 * gateway, and nothing is written until somebody decides.
 */
export type RouteState = 'connecting' | 'connected' | 'away' | 'waiting' | 'fenced'

/** A route with what the uploader has done for it. */
export interface UploadHealth extends RouteHealth {
  readonly state: RouteState
  /** The last event that has landed. */
  readonly lastSeq: number
  /** The destination's clock minus ours; null before the first connection. */
  readonly clockOffsetMs: number | null
  /** Events in quarantine, as last counted. */
  readonly quarantineCount: number
  /** What they are, by machine and reason; the first few. */
  readonly refused: readonly RefusedRows[]
  /** Until when the certificate is valid that it last showed, ms since 1970; absent without TLS. */
  readonly certificateEndsMs?: number
  readonly counts: PushCounts
}

/** What was pushed to a destination since the gateway's start. */
export interface PushCounts {
  /** Batches that landed. */
  readonly batches: number
  /** The events in them, those that the route does not take included. */
  readonly events: number
  /** From the moment in which a batch was begun to its end in the destination. */
  readonly pushTimes: Durations
}

/** Rows of one machine that a destination refused for the same reason. */
export interface RefusedRows {
  /** The code of the machine or station. */
  readonly machine: string
  /** In the destination's words, and what to do about it. */
  readonly reason: string
  readonly count: number
}

/** A device map in force. */
export interface MapHealth {
  readonly owner: Owner
  /** As named to the user. */
  readonly file: string
  readonly loadedAtMs: number
  /** What is wrong with the file now, while an earlier version of it is in force. */
  readonly faults: readonly ConfigFault[]
  /** What its latest change changed, and when it came into force; null where it has not changed since the gateway's start. */
  readonly changed: { readonly atMs: number; readonly what: string } | null
}

/** What the folder of device maps comes to. */
export interface MapsHealth {
  readonly inForce: readonly MapHealth[]
  /** Files that are not read although they look like maps. They are named, and nothing is wrong. */
  readonly passedOver: readonly ConfigFault[]
}

/** Where device maps and routes come from. */
export interface ConfigurationHealth {
  /** `files`: the folders that `gateway.yaml` names; else releases of a git repository, or signed bundles. */
  readonly kind: 'files' | 'git' | 'bundle'
  /** The folder of the maps, or the place that releases come from, without any login. */
  readonly from: string
  /** The release in force; null where none has come into force yet, or files hold. */
  readonly release: string | null
  /** Who has signed it, where that is a person or a machine with a name. */
  readonly signer: string | null
  /** When it came into force. */
  readonly sinceMs: number | null
  /** When it was last known what is there; null: not since the start. */
  readonly checkedAtMs: number | null
}
