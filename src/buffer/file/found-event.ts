/** What is found in a damaged log, before anything proves it. */
import type { LeafRow } from '../../sqlite/leaf-rows.ts'
import type { ChainRow } from '../chain.ts'

/** A row of the table of events, or what looks like one. */
export interface FoundEvent extends ChainRow {
  readonly monoMs: number
  readonly boot: number
}

/** Where a log begins: its name, and the last event that was removed. */
export interface FoundRoot {
  readonly incarnation: string
  readonly seq: number
  readonly hash: Uint8Array
}

type Columns<Name extends string> = { readonly [Column in Name]?: unknown }

/** Proves nothing. */
const NO_HASH = new Uint8Array()

/**
 * An event out of columns that may hold values of any type. Without a text or a moment it is none; anything else does without, the
 * hash as well, because the event behind it may prove it.
 */
export function foundEvent(seq: number, columns: Columns<keyof FoundEvent>): FoundEvent | undefined {
  const { payload, capturedAtMs, monoMs, boot, hash } = columns
  if (typeof payload !== 'string' || typeof capturedAtMs !== 'number') return undefined
  return {
    seq,
    payload,
    capturedAtMs,
    monoMs: typeof monoMs === 'number' ? monoMs : 0,
    boot: typeof boot === 'number' ? boot : 0,
    hash: hash instanceof Uint8Array ? hash : NO_HASH,
  }
}

/** The beginning of a log out of columns that may hold values of any type. */
export function foundRoot(columns: Columns<keyof FoundRoot>): FoundRoot | undefined {
  const { incarnation, seq, hash } = columns
  if (typeof incarnation !== 'string' || !Number.isSafeInteger(seq) || !(hash instanceof Uint8Array))
    return undefined
  return { incarnation, seq: seq as number, hash }
}

/** By the first columns of the table `meta`, to which later schemas add some. */
export function rootOf({ rowNumber, values }: LeafRow): FoundRoot | undefined {
  const [, incarnation, epoch, seq, hash] = values
  return rowNumber === 1 && typeof epoch === 'number' ? foundRoot({ incarnation, seq, hash }) : undefined
}
