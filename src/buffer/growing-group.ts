/** A group that takes entries until it is stored. Entries become text at once, so that callers may change them afterwards. */
import type { EventCodec } from '../domain/events/codec.ts'
import type { OutboxEntry } from '../domain/outbox.ts'
import type { Group } from './messages.ts'

/** What one transaction takes at most; an entry that does not fit begins the next group. One entry alone may be larger. */
const EVENTS_MAX = 2_000
const BYTES_MAX = 1024 * 1024

interface Caller {
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/** An entry as the text that is stored. */
interface PackedEntry {
  readonly entry: OutboxEntry
  readonly payloads: readonly string[]
  readonly states: readonly (readonly [string, string | null])[]
  /** Length of all texts together, in UTF-16 units: those of a character beyond ASCII count as less than its bytes. */
  readonly bytes: number
}

/** Entries on their way into one transaction, and those who wait for it. */
export class GrowingGroup implements Group {
  readonly bootId: string
  readonly payloads: string[] = []
  readonly capturedAtMs: number[] = []
  readonly monoMs: number[] = []
  readonly states = new Map<string, string | null>()
  readonly callers: Caller[] = []
  #bytes = 0

  constructor(bootId: string) {
    this.bootId = bootId
  }

  fits({ payloads, bytes }: PackedEntry): boolean {
    if (this.callers.length === 0) return true
    return this.payloads.length + payloads.length <= EVENTS_MAX && this.#bytes + bytes <= BYTES_MAX
  }

  add({ entry, payloads, states, bytes }: PackedEntry, caller: Caller): void {
    // The column takes whole milliseconds only.
    const capturedAtMs = Math.round(entry.at.wallMs)
    for (const payload of payloads) {
      this.payloads.push(payload)
      this.capturedAtMs.push(capturedAtMs)
      this.monoMs.push(entry.at.monoMs)
    }
    for (const [owner, text] of states) this.states.set(owner, text)
    this.callers.push(caller)
    this.#bytes += bytes
  }

  /** What crosses to the other thread: text and lists, because those do so quickest. */
  asMessage(): Group {
    const { bootId, payloads, capturedAtMs, monoMs, states } = this
    return { bootId, payloads, capturedAtMs, monoMs, states }
  }
}

/** @throws TypeError for what JSON cannot say */
export function packEntry(entry: OutboxEntry, encode: EventCodec['encode']): PackedEntry {
  const payloads = entry.events.map(encode)
  const states = Object.entries(entry.states).map(([owner, state]) => [owner, stateText(state)] as const)
  let bytes = 0
  for (const payload of payloads) bytes += payload.length
  for (const [, text] of states) bytes += text?.length ?? 0
  return { entry, payloads, states, bytes }
}

function stateText(state: unknown): string | null {
  return state === null || state === undefined ? null : JSON.stringify(state)
}
