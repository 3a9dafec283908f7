/** A model of the local log: every call is durable at once. It has retention, and outlives the restarts of its gateway. */
import { StoreError } from '../../src/domain/errors.ts'
import type { Event } from '../../src/domain/events/event.ts'
import type { LogIdentity, LogPosition, Outbox, StoredEvent } from '../../src/domain/outbox.ts'

const GENESIS = new Uint8Array(8)

export interface ModelLog {
  readonly identity: LogIdentity
  readonly events: readonly StoredEvent[]
  readonly cursorSeq: number
  append(events: readonly Event[]): void
  /** Removes acknowledged events beyond the newest `keep` of them. */
  purge(keep: number): void
  /** The same log on another card. */
  clone(): ModelLog
  hash(seq: number): Uint8Array
  outbox(latency: () => Promise<void>): Outbox
}

export function createModelLog(identity: LogIdentity, image?: readonly StoredEvent[], cursor = 0): ModelLog {
  const events: StoredEvent[] = [...(image ?? [])]
  const listeners = new Set<() => void>()
  let cursorSeq = cursor
  let keptFrom = 1
  const hash = (seq: number) => (seq === 0 ? GENESIS : stored(seq).hash)
  const stored = (seq: number) => {
    const event = events[seq - 1]
    if (!event) throw new Error(`the log has no event ${seq}`)
    return event
  }
  const place = (seq: number): LogPosition => ({ seq, hash: hash(seq) })

  return {
    identity,
    events,
    hash,
    get cursorSeq() {
      return cursorSeq
    },
    append: (added) => {
      for (const event of added) {
        const seq = events.length + 1
        events.push({ seq, event, capturedAtMs: seq, hash: chained(hash(seq - 1), JSON.stringify(event)) })
      }
      for (const listener of [...listeners]) listener()
    },
    purge: (keep) => {
      keptFrom = Math.max(keptFrom, cursorSeq - keep + 1)
    },
    clone: () => createModelLog(identity, events, cursorSeq),
    outbox: (latency) => {
      const slowly = async <T>(work: () => T): Promise<T> => {
        await latency()
        return work()
      }
      return {
        identity,
        uncommitted: 0,
        append: () => Promise.reject(new Error('events are appended from outside')),
        states: () => Promise.resolve({}),
        tail: () => slowly(() => place(events.length)),
        cursor: () => slowly(() => place(cursorSeq)),
        hashAt: (seq) => slowly(() => (seq >= keptFrom - 1 && seq <= events.length ? hash(seq) : undefined)),
        oldestKept: () => slowly(() => (keptFrom > events.length ? 0 : keptFrom)),
        read: (afterSeq, limit) =>
          slowly(() => {
            const from = Math.max(afterSeq, keptFrom - 1)
            return events.slice(from, from + limit)
          }),
        acknowledge: (_, seq) =>
          slowly(() => {
            if (seq > events.length) throw new Error(`acknowledged ${seq}, past the end ${events.length}`)
            cursorSeq = Math.max(cursorSeq, seq)
          }),
        rewind: (_, seq) =>
          slowly(() => {
            if (seq < keptFrom - 1)
              throw new StoreError('outbox.rewind', `${seq} is no longer kept`, { retryable: false })
            cursorSeq = Math.min(cursorSeq, seq)
          }),
        onStored: (listener) => {
          listeners.add(listener)
          return () => listeners.delete(listener)
        },
        stats: () => Promise.reject(new Error('not asked for by the uploader')),
        [Symbol.asyncDispose]: () => Promise.resolve(),
      }
    },
  }
}

/** FNV-1a over the hash before and the text, twice with different starts: eight bytes. */
function chained(before: Uint8Array, text: string): Uint8Array {
  const hash = new Uint8Array(8)
  const view = new DataView(hash.buffer)
  view.setUint32(0, fnv(before, text, 0x811c9dc5))
  view.setUint32(4, fnv(before, text, 0x01234567))
  return hash
}

function fnv(before: Uint8Array, text: string, start: number): number {
  let hash = start
  for (const byte of before) hash = Math.imul(hash ^ byte, 0x01000193)
  for (let index = 0; index < text.length; index += 1)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  return hash >>> 0
}
