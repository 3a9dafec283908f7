/** The contract of the lease by which a pair of gateways knows which of them is the active one, as the pair sees it. No SQL here. */
import type { LatestRows } from './latest-rows.ts'
import type { LogIdentity } from './outbox.ts'

/** The lease as it stands in central. What has expired, the server's clock has judged. */
export interface Lease {
  readonly holder: string
  /** Another one with each takeover. */
  readonly epoch: number
  readonly isExpired: boolean
  /** The holder has given it back. */
  readonly isReleased: boolean
  /** Who is to become the active one, as somebody has asked for; null: nobody has. */
  readonly wanted: string | null
  /** How long ago it was renewed by the server's clock, in ms. */
  readonly renewedAgoMs: number
}

/** What a gateway of a pair says of itself in central. */
export interface PairWord {
  readonly role: PairRole
  /** Why it could not take over; null where it could. */
  readonly unready: string | null
  /** The same for both where both would derive the same. */
  readonly mapsHash: string
}

/** `active`: it stores what its machines do, and brings it to central; `stand-by`: it reads the same devices, and waits. */
export type PairRole = 'active' | 'stand-by'

/** What a gateway of the pair has said of itself, and how long ago it did. */
export interface PairGateway extends PairWord {
  readonly gateway: string
  readonly seenAgoMs: number
}

/** What central says of a pair, all of it at one moment. */
export interface PairNews {
  /** Undefined where nobody has ever held it, or somebody has deleted it. */
  readonly lease: Lease | undefined
  /** What each gateway of the pair says of itself, this one too; the one that was heard last comes first. */
  readonly gateways: readonly PairGateway[]
  /** How far this gateway's own stream has come, and in which log; undefined where central knows none. */
  readonly landed: (LogIdentity & { readonly seq: number }) | undefined
}

/** One connection to the lease. Every call is a transaction of its own. After a DestinationError it is to be disposed. */
export interface LeaseSession extends AsyncDisposable {
  /** The server's clock minus ours in ms, the least that is proven. */
  readonly clockOffsetMs: number
  /** Looks, and says how this gateway is; a person who looks says nothing of it. */
  look(word: PairWord | undefined): Promise<PairNews>
  /** The same, and holds the lease on in an epoch, or writes it again where it is gone or older. One that another gateway has stays. */
  renew(epoch: number, word: PairWord): Promise<PairNews>
  /**
   * Takes the lease as it was seen: waits until no transaction of the one who had it is under way any more.
   * @returns the new epoch; undefined where it is not as it was seen any more
   */
  take(seen: Lease | undefined): Promise<number | undefined>
  /** Gives it back, so that the other one need not wait. @param heir who is to have it; whoever else would take it lets that one go first */
  release(epoch: number, heir: string | undefined): Promise<void>
  /** Says who is to become the active one. @returns whether there is a lease that says it */
  want(gateway: string): Promise<boolean>
  /** Writes down at central that events of machines were superseded. */
  tellSuperseded(detail: Readonly<Record<string, unknown>>): Promise<void>
}

/** Where the lease is kept. */
export interface LeaseKeeper {
  /** @throws DestinationError */
  connect(signal: AbortSignal): Promise<LeaseSession>
  /** The newest rows of machines in central, by their codes. @throws DestinationError */
  latestRows(machines: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, LatestRows>>
}

/**
 * What the route into central must know to write nothing of a machine that another gateway writes. Events of machines up to
 * `historySeq` were stored while this gateway was the active one, or before there was a pair, and may be written again at any time;
 * later ones only while the lease is held in `epoch`.
 */
export interface Fence {
  readonly pair: string
  /** Null for a gateway that stands by. */
  readonly epoch: number | null
  readonly historySeq: number
  /** How long a transaction may be idle on the server, in ms: whoever takes over waits for it. */
  readonly idleMaxMs: number
  /** Calls back when the link that writes must show that it still answers. Returns the way to stop. */
  onDoubt(listener: () => void): () => void
}

/** A fence as the pair moves it. */
export interface MovableFence extends Fence {
  epoch: number | null
  historySeq: number
  /**
   * A gateway that stands by sends next to nothing, so its link may have died without anybody noticing: it must answer at once, or
   * another one be made, before there are rows of machines to bring.
   */
  doubt(): void
}

/** A pair as one of its gateways knows it. Moments are in ms since 1970. */
export interface PairHealth {
  readonly pair: string
  readonly role: PairRole
  readonly sinceMs: number
  readonly unready: string | null
  readonly other: {
    readonly gateway: string
    readonly role: PairRole
    readonly unready: string | null
    readonly seenAtMs: number
  } | null
  /** Events of machines that were superseded, over all times. */
  readonly superseded: number
}
