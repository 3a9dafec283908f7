/** What can still be read and proven of a log that may be damaged: page by page, and one by one where a page cannot be read. */
import { reading, remedyOf } from '../sqlite/store-fault.ts'
import { chainFault, missingText, walkChain } from './chain.ts'
import type { StoredRow } from './messages.ts'

/** Some events, and the position that they follow. */
export interface Stretch {
  /** The hash is undefined where it cannot be known. */
  readonly before: { readonly seq: number; readonly hash: string | undefined }
  readonly rows: readonly StoredRow[]
}

/** How a log is asked. Each may throw where the file is damaged. */
interface RowSource {
  readAfter(seq: number, rows: number): Stretch
  lastNumber(): number
}

interface ReadableStretch {
  /** Each is proven by its hash. */
  readonly rows: readonly StoredRow[]
  /** In words, what is missing or cannot be proven. */
  readonly faults: readonly string[]
}

const PAGE_ROWS = 1_000

/** @throws what the disk or the system says, but nothing for damage */
export function* readableRows(source: RowSource, afterSeq: number): Generator<ReadableStretch> {
  const last = unlessDamaged(() => source.lastNumber())
  if (last === undefined) yield { rows: [], faults: ['nothing of it can be read'] }
  else yield* rowsUpTo(source, afterSeq, last)
}

function* rowsUpTo(source: RowSource, afterSeq: number, last: number): Generator<ReadableStretch> {
  let after = afterSeq
  while (after < last) {
    const { before, rows } =
      unlessDamaged(() => source.readAfter(after, PAGE_ROWS)) ?? oneByOne(source, after, last)
    const steps = [...walkChain(before, rows)]
    const upTo = Math.max(rows.at(-1)?.seq ?? 0, Math.min(after + PAGE_ROWS, last))
    const found = rows.at(-1)?.seq ?? before.seq
    const faults = steps.flatMap((step) => chainFault(step) ?? [])
    if (found < upTo) faults.push(missingText(found + 1, upTo))
    yield { rows: steps.filter(({ isProven }) => isProven === true).map(({ row }) => row), faults }
    after = upTo
  }
}

/** As a page, but row by row, past those that cannot be read. The first event behind such a one has nothing that proves it. */
function oneByOne(source: RowSource, after: number, last: number): Stretch {
  const rows: StoredRow[] = []
  const upTo = Math.min(after + PAGE_ROWS, last)
  const before = unlessDamaged(() => source.readAfter(after, 0).before) ?? { seq: after, hash: undefined }
  for (let seq = Math.max(after, before.seq) + 1; seq <= upTo; seq += 1) {
    const row = unlessDamaged(() => source.readAfter(seq - 1, 1).rows[0])
    if (row?.seq === seq) rows.push(row)
  }
  return { before, rows }
}

function unlessDamaged<T>(read: () => T): T | undefined {
  try {
    return reading(read)
  } catch (error) {
    if (remedyOf(error) === 'replace') return undefined
    throw error
  }
}
