/** One direction of one link of a TCP proxy, and what can be wrong with it. */
import type { Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'

export type Impairment =
  /** Everything arrives this much later, in order. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** Nothing arrives before the repair; then all of it does. */
  | { readonly kind: 'hold' }
  /** Nothing arrives, and it is gone for good. */
  | { readonly kind: 'drop' }
  /** Arrives in pieces of this many bytes, each in a write of its own. */
  | { readonly kind: 'chop'; readonly bytes: number }
  /** No more than this many bytes a second arrive. */
  | { readonly kind: 'rate'; readonly bytesPerSecond: number }

/** One direction of one link. Bytes stay in order under every impairment. */
export interface Lane {
  pass(bytes: Buffer): void
  /** Ends the stream to the receiver, after everything that is still under way. */
  end(): void
  release(): void
}

/** @param impairment asked again for each piece that comes */
export function lane(receiver: Socket, impairment: () => Impairment | undefined): Lane {
  let held: Buffer[] = []
  let underWay: Promise<void> = Promise.resolve()
  const inOrder = (work: () => Promise<void> | void) => {
    underWay = underWay.then(work)
  }
  return {
    pass: (bytes) => {
      const present = impairment()
      switch (present?.kind) {
        case 'drop':
          return
        case 'hold':
          held.push(bytes)
          return
        case 'delay': {
          const dueMs = Date.now() + present.ms
          inOrder(async () => {
            await wait(Math.max(0, dueMs - Date.now()))
            receiver.write(bytes)
          })
          return
        }
        case 'chop':
          inOrder(() => writePieces(receiver, bytes, present.bytes))
          return
        case 'rate':
          inOrder(() => writeSlowly(receiver, bytes, present.bytesPerSecond))
          return
        default:
          inOrder(() => void receiver.write(bytes))
      }
    },
    end: () => inOrder(() => void (held.length === 0 && receiver.end())),
    release: () => {
      const kept = held
      held = []
      inOrder(() => {
        for (const bytes of kept) receiver.write(bytes)
      })
    },
  }
}

/** A tenth of a second's worth at a time. */
async function writeSlowly(receiver: Socket, bytes: Buffer, bytesPerSecond: number): Promise<void> {
  const size = Math.max(1, Math.floor(bytesPerSecond / 10))
  for (let from = 0; from < bytes.length && !receiver.destroyed; from += size) {
    receiver.write(bytes.subarray(from, from + size))
    await wait(100)
  }
}

async function writePieces(receiver: Socket, bytes: Buffer, size: number): Promise<void> {
  for (let from = 0; from < bytes.length; from += size) {
    receiver.write(bytes.subarray(from, from + size))
    // A turn of the event loop between two pieces, so that they leave as two packets.
    await wait(0)
  }
}
