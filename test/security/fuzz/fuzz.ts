/** Feeds a parser with changed recordings, and watches how long it takes, what it throws and what memory it keeps. */
import { seededRandom } from '../../faults/faults.ts'
import { mutated } from './mutate.ts'

/** Something that reads bytes from outside. */
export interface FuzzTarget {
  readonly name: string
  /** What really comes, as a rule. */
  readonly recorded: readonly Buffer[]
  /** Reads one text. What it throws was foreseen by nobody: a refusal is no error here. */
  take(bytes: Buffer): void
}

export interface FuzzOutcome {
  readonly target: string
  readonly cases: number
  readonly casesPerSecond: number
  readonly slowestMs: number
  /** More than before the first case, with all that can be freed freed where the process allows that. */
  readonly grownBytes: number
  /** What was wrong, each with its bytes so that it can be tried again. */
  readonly findings: readonly string[]
}

/** A parser that is busy for so long keeps the whole gateway from polling. */
const HANG_MS = 1_000
const GROWN_MAX_BYTES = 192 * 1_048_576
/** Then a parser is looked into, and tried again. */
const FINDINGS_MAX = 1
const MEASURED_EVERY = 256
const SHOWN_BYTES = 400

/** @param cases how many texts; the same seed gives the same ones */
export function fuzz(target: FuzzTarget, cases: number, seed: number): FuzzOutcome {
  const random = seededRandom(seed)
  const findings: string[] = []
  const beforeBytes = process.memoryUsage.rss()
  const beganMs = performance.now()
  let mostBytes = beforeBytes
  let slowestMs = 0
  let tried = 0
  for (; tried < cases && findings.length < FINDINGS_MAX; tried += 1) {
    const bytes = mutated(target.recorded, random)
    const { ms, thrown } = timed(() => target.take(bytes))
    slowestMs = Math.max(slowestMs, ms)
    if (thrown !== undefined) findings.push(found(`threw ${thrown}`, bytes))
    if (ms > HANG_MS) findings.push(found(`was busy for ${ms.toFixed(0)} ms`, bytes))
    if (tried % MEASURED_EVERY === 0) mostBytes = Math.max(mostBytes, process.memoryUsage.rss())
  }
  const grownBytes = Math.max(mostBytes, process.memoryUsage.rss()) - beforeBytes
  if (grownBytes > GROWN_MAX_BYTES)
    findings.push(`${target.name} made the process grow by ${grownBytes} bytes`)
  const casesPerSecond = tried / ((performance.now() - beganMs) / 1_000)
  return { target: target.name, cases: tried, casesPerSecond, slowestMs, grownBytes, findings }

  function found(what: string, bytes: Buffer): string {
    return `${target.name} ${what}, at the ${bytes.length} bytes ${bytes.subarray(0, SHOWN_BYTES).toString('base64')}`
  }
}

/**
 * The time of the process's own thread, so that a busy computer makes no parser slow.
 * @returns the stack of what was thrown, if anything was
 */
function timed(act: () => void): { readonly ms: number; readonly thrown: string | undefined } {
  const before = process.cpuUsage()
  let thrown: string | undefined
  try {
    act()
  } catch (error) {
    thrown = error instanceof Error ? String(error.stack).split('\n').slice(0, 4).join(' | ') : String(error)
  }
  const { user, system } = process.cpuUsage(before)
  return { ms: (user + system) / 1_000, thrown }
}
