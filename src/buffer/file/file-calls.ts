/** Answers the calls of the main thread out of the file. A store is answered only after its commit. */
import { StoreError } from '../../domain/errors.ts'
import type { Consumer, LogPosition, Loss, ReplacedDamage } from '../../domain/outbox.ts'
import type { Recipient } from '../../domain/recipient.ts'
import { type ChainPosition, genesisHash, hashBytes, hashText } from '../chain.ts'
import {
  type ChainPage,
  type Group,
  type LeaveOut,
  type LogCalls,
  type LogSnapshot,
  OUT_OF_TURN,
  type StoredPage,
} from '../messages.ts'
import { commit } from './commit-number.ts'
import { beginIncarnation, markLeftOut } from './incarnation.ts'
import type { LogFile } from './log-file.ts'
import { provenHashAt, provenPage, verifyAll } from './proven-page.ts'
import { replacedDamage } from './replaced.ts'
import { isMarkDue } from './room/age.ts'
import { provenStates, verifyStretch } from './verify.ts'

/**
 * After a start nothing is removed for its age. Whoever needs to be refilled has said so by then, and a cursor that could not be
 * saved before has been moved back.
 */
const SETTLING_MS = 5 * 60_000

/** The calls, on an open file. */
export class FileCalls implements LogCalls {
  readonly #file: LogFile
  /** The only group that may be stored next. */
  #turn = 1
  /** How long this process had run when it made the last mark of age; 0 before its first. */
  #markedAtMs = 0
  /** Where the log ends if the last commit, which was reported as failed, did succeed after all. */
  #doubtful: ChainPosition | undefined

  constructor(file: LogFile) {
    this.#file = file
  }

  store(turn: number, group: Group): void {
    if (turn !== this.#turn) throw outOfTurn(turn, this.#turn)
    this.#storeOnce(group)
    this.#turn += 1
  }

  states(): readonly (readonly [string, string])[] {
    return provenStates(this.#file.use().log).map(({ owner, payload }) => [owner, payload])
  }

  losses(): readonly Loss[] {
    return this.#file.use().losses.untold()
  }

  lossesTold(ids: readonly number[]): void {
    const { losses, room } = this.#file.use()
    room.makeFor(() => losses.markTold(ids))
  }

  replacedDamage(): ReplacedDamage | null {
    return replacedDamage(this.#file.use().db)
  }

  configure(consumers: readonly Consumer[]): void {
    this.#file.configure(consumers)
  }

  recipient(consumer: string): Recipient | undefined {
    return this.#file.use().recipients.of(consumer)
  }

  deliverTo(consumer: string, recipient: Recipient): void {
    const { db, recipients, room } = this.#file.use()
    room.makeFor(() => commit(db, () => recipients.set(consumer, recipient)))
  }

  tail(): LogPosition {
    return position(this.#file.use().log.tail)
  }

  cursor(consumer: string): LogPosition {
    const { log, cursors } = this.#file.use()
    const seq = cursors.at(consumer)
    // The cursor of a consumer that is new to an old log is before the first event, whether that is still kept or not.
    const hash = provenHashAt(log, seq) ?? hashBytes(genesisHash(log.identity.incarnation))
    return { seq, hash }
  }

  hashAt(seq: number): Uint8Array | undefined {
    return provenHashAt(this.#file.use().log, seq)
  }

  oldestKept(): number {
    const { log } = this.#file.use()
    return log.tail.seq > log.pruned.seq ? log.pruned.seq + 1 : 0
  }

  read(afterSeq: number, limit: number, consumer?: string): StoredPage {
    const { log, cursors } = this.#file.use()
    const page = provenPage(log, afterSeq, limit)
    const upToSeq = page.firstSeq + page.payloads.length - 1
    return { ...page, leftOut: cursors.leftOut(consumer, afterSeq, upToSeq) }
  }

  acknowledge(consumer: string, seq: number): void {
    this.#file.use().cursors.acknowledge(consumer, seq)
  }

  rewind(consumer: string, seq: number): void {
    this.#file.use().cursors.rewind(consumer, seq)
  }

  leaveOut(seqs: readonly number[]): void {
    const { db, cursors, room } = this.#file.use()
    room.makeFor(() =>
      commit(db, () => {
        for (const consumer of cursors.names) markLeftOut(db, { consumer, seqs })
      }),
    )
  }

  trim(ranMs: number, retentionMs: number): boolean {
    this.#file.share()
    const { age, log, room } = this.#file.useInPlace()
    const runningMs = age.markedMs + ranMs - this.#markedAtMs
    if (isMarkDue(ranMs - this.#markedAtMs, retentionMs)) {
      age.mark(runningMs, log.tail.seq, log.pruned.seq)
      this.#markedAtMs = ranMs
    }
    return room.trim(ranMs < SETTLING_MS ? 0 : age.lastOlderThan(retentionMs, runningMs))
  }

  verify(after: LogPosition | undefined): ChainPage {
    const { log } = this.#file.use()
    const from = after ? { seq: after.seq, hash: hashText(after.hash) } : log.pruned
    const stretch = verifyStretch(log, from)
    return { ...stretch, upTo: position(stretch.upTo) }
  }

  beginIncarnation(
    epoch: number,
    leaveOut: LeaveOut | undefined,
    recipients: Readonly<Record<string, Recipient>>,
  ): void {
    const { db, log, cursors, room } = this.#file.use()
    verifyAll(log)
    room.makeFor(() => {
      cursors.begin()
      cursors.save()
      beginIncarnation(db, log, { epoch, delivering: cursors.delivering, leaveOut, recipients })
    })
    this.#file.refresh()
  }

  close(): void {
    this.#file.close()
  }

  /** A group that failed comes again before any other; if it is there already after all, it is not stored twice. */
  #storeOnce(group: Group): void {
    const { log, room, used } = this.#file.useInPlace()
    const doubtful = this.#doubtful
    this.#doubtful = undefined
    if (doubtful?.seq === log.tail.seq && doubtful.hash === log.tail.hash) return
    room.beforeStoring()
    try {
      log.store(group)
      used.grow(group.payloads)
    } catch (error) {
      this.#doubtful = log.intended
      room.afterFailure(error)
      throw error
    }
  }
}

function outOfTurn(turn: number, expected: number): StoreError {
  return new StoreError(OUT_OF_TURN, `buffer: group ${turn} came before group ${expected} was stored`, {
    retryable: true,
  })
}

/** What the main thread is to know of the log; undefined while the file is not open. */
export function snapshotOf(file: LogFile): LogSnapshot | undefined {
  if (!file.opened) return undefined
  const { log, cursors, used } = file.opened
  return {
    identity: log.identity,
    lastSeq: log.tail.seq,
    consumers: cursors.stats(),
    bytes: used.bytes,
    heldOpenBytes: used.heldOpenBytes,
    removableUpTo: cursors.removableInNeed(),
  }
}

function position({ seq, hash }: ChainPosition): LogPosition {
  return { seq, hash: hashBytes(hash) }
}
