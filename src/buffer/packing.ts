/** Packs entries into groups: as text and in lists, because those cross to another thread quickest. */
import type { OutboxEntry } from '../domain/outbox.ts'
import type { Group } from './messages.ts'

/** What one transaction takes at most; what is beyond waits for the next. One entry alone may be larger. */
const GROUP_EVENTS_MAX = 2_000
const GROUP_BYTES_MAX = 1024 * 1024

export interface PackedEntry {
  readonly kinds: readonly string[]
  readonly payloads: readonly string[]
  /** Whole milliseconds: the column takes nothing else. */
  readonly capturedAtMs: number
  readonly monoMs: number
  readonly states: readonly (readonly [string, string | null])[]
  /** Length of all texts together. */
  readonly bytes: number
}

export function packEntry(entry: OutboxEntry): PackedEntry {
  const payloads = entry.events.map((event) => JSON.stringify(event))
  const states = Object.entries(entry.states).map(([owner, state]) => [owner, stateText(state)] as const)
  return {
    kinds: entry.events.map((event) => event.kind),
    payloads,
    capturedAtMs: Math.round(entry.at.wallMs),
    monoMs: entry.at.monoMs,
    states,
    bytes: textLength(payloads) + textLength(states.map(([, text]) => text ?? '')),
  }
}

/** Takes the next group off the queue's head: at least one entry, and no more than the bounds allow. */
export function takeGroup<Entry extends PackedEntry>(queue: Entry[]): readonly Entry[] {
  let count = 0
  let events = 0
  let bytes = 0
  for (const entry of queue) {
    events += entry.payloads.length
    bytes += entry.bytes
    if (count > 0 && (events > GROUP_EVENTS_MAX || bytes > GROUP_BYTES_MAX)) break
    count += 1
  }
  return queue.splice(0, count)
}

export function groupOf(entries: readonly PackedEntry[], bootId: string): Group {
  return {
    bootId,
    kinds: entries.flatMap((entry) => entry.kinds),
    payloads: entries.flatMap((entry) => entry.payloads),
    capturedAtMs: entries.flatMap((entry) => entry.payloads.map(() => entry.capturedAtMs)),
    monoMs: entries.flatMap((entry) => entry.payloads.map(() => entry.monoMs)),
    states: new Map(entries.flatMap((entry) => entry.states)),
  }
}

function stateText(state: unknown): string | null {
  return state === null || state === undefined ? null : JSON.stringify(state)
}

function textLength(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + text.length, 0)
}
