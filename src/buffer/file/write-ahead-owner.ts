/**
 * Finds out whether a write-ahead log belongs to the file beside it, before SQLite opens the two. SQLite asks for no more than that the
 * write-ahead log is whole in itself, and writes its pages into whatever file lies there: one that was put back from a copy while the
 * write-ahead log of its later life was left, or one beside which somebody has put that of another gateway.
 *
 * It belongs to it if the file stands where the write-ahead log begins, or has got a part of it already: then the number of its last
 * commit is that of a commit in the log, or the one before the first of them.
 */
import { closeSync, openSync, readSync } from 'node:fs'
import { leafRows, PAGE_BYTES } from '../../sqlite/leaf-rows.ts'
import { type LoggedCommit, loggedCommits, loggedPageBytes } from '../../sqlite/write-ahead-pages.ts'
import { type Counters, commitNumbersOn, countersIn } from './commit-number.ts'
import { rootOf } from './found-event.ts'

/**
 * `own`: SQLite may replay it, or will replay nothing of it;
 * `later`: it is of this log and has events that the file lacks, but changes between the two are missing;
 * `other`: it is of another log, or of a state of this one with no event that the file lacks.
 */
type Owner = 'own' | 'later' | 'other'

/** Up to where the file has come. */
interface FileState extends Pick<Counters, 'incarnation' | 'lastSeq'> {
  /** The number of its last commit (0 where the rows of the page hold none), and those of earlier ones that were not overwritten yet. */
  readonly commits: readonly number[]
}

/** In place of the number of a commit that an earlier version has made. */
const UNNUMBERED = 0
/** Among these are the first pages of the first tables that were made; they stay where they are. */
const FIRST_PAGES = 64

/** Reads no more of the write-ahead log than it must: of one that belongs to the file mostly its first commit. */
export function writeAheadOwner(file: string, logFile: string): Owner {
  const pageBytes = loggedPageBytes(logFile)
  if (pageBytes === undefined) return 'own'
  if (pageBytes !== PAGE_BYTES) return 'other'
  const inFile = stateOf(file)
  // Nothing tells the two apart where the file has no number, as that of an earlier version or one whose counters are destroyed or half
  // overwritten: then SQLite decides, as ever.
  if (!inFile) return 'own'
  let logged: Counters | undefined
  let hasCommits = false
  for (const commit of loggedCommits(logFile, PAGE_BYTES)) {
    hasCommits = true
    const counters = countersOf(commit)
    if (!counters) continue
    const isNext = logged === undefined && inFile.commits.includes(counters.commit - 1)
    if (isNext || inFile.commits.includes(counters.commit)) return 'own'
    logged = counters
  }
  const isUnnumbered = logged === undefined && inFile.commits.includes(UNNUMBERED)
  if (!hasCommits || isUnnumbered) return 'own'
  return hasMore(logged, inFile) ? 'later' : 'other'
}

function hasMore(logged: Counters | undefined, inFile: FileState): boolean {
  if (logged?.incarnation === undefined || logged.incarnation !== inFile.incarnation) return false
  return logged.lastSeq > inFile.lastSeq
}

/** Read from the file alone, without its write-ahead log; undefined where that cannot be told. */
function stateOf(file: string): FileState | undefined {
  const pages = firstPages(file).map((bytes, index) => ({ bytes, rows: leafRows(bytes, index + 1) }))
  const page = pages.find(({ rows }) => countersIn(rows) !== undefined)
  const counters = page && countersIn(page.rows)
  const commits = page && commitNumbersOn(page.bytes)
  if (!counters || !commits || commits.length === 0) return undefined
  const root = pages.flatMap(({ rows }) => rows).flatMap((row) => rootOf(row) ?? [])[0]
  const { lastSeq, incarnation } = counters
  return {
    lastSeq,
    incarnation: root?.incarnation ?? incarnation,
    commits: [counters.commit, ...commits],
  }
}

function firstPages(file: string): readonly Buffer[] {
  const descriptor = openSync(file, 'r')
  try {
    const bytes = Buffer.alloc(FIRST_PAGES * PAGE_BYTES)
    const pages = Math.floor(readSync(descriptor, bytes, 0, bytes.length, 0) / PAGE_BYTES)
    return Array.from({ length: pages }, (_, index) =>
      bytes.subarray(index * PAGE_BYTES, (index + 1) * PAGE_BYTES),
    )
  } finally {
    closeSync(descriptor)
  }
}

function countersOf({ frames, read }: LoggedCommit): Counters | undefined {
  for (const { page, at } of frames) {
    const counters = countersIn(leafRows(read(at, PAGE_BYTES), page))
    if (counters) return counters
  }
  return undefined
}
