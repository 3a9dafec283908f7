/** How long each scanner was connected, as its cable saw it, against the rows of a site. */
import type { ScannerCable } from '../../../simulators/scanner/cable.ts'
import type { TestCentral } from '../../support/central.ts'

/** A cable is looked at so often: a cable that is pulled out and plugged in again between two looks seems to be taken all the time. */
const LOOK_MS = 5
/** The gateway counts from when the port is open, and a busy computer looks late. */
const NEAR_MS = 2_000
/** What was over sooner may not have come to the disk before a kill. */
const SURELY_SEEN_MS = 1_500

interface Session {
  readonly fromMs: number
  /** Undefined: it lasts. */
  toMs?: number
}

/** Watches cables until disposed. */
export class CableWatch implements Disposable {
  readonly #sessions = new Map<string, Session[]>()
  readonly #timer: NodeJS.Timeout

  constructor(cables: Readonly<Record<string, ScannerCable>>) {
    this.#timer = setInterval(() => {
      for (const [scanner, cable] of Object.entries(cables)) this.#look(scanner, cable.isTaken)
    }, LOOK_MS)
  }

  of(scanner: string): readonly Session[] {
    return this.#sessions.get(scanner) ?? []
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }

  #look(scanner: string, isTaken: boolean): void {
    const sessions = this.#sessions.get(scanner) ?? []
    this.#sessions.set(scanner, sessions)
    const last = sessions.at(-1)
    const isOpen = last !== undefined && last.toMs === undefined
    if (isTaken && !isOpen) sessions.push({ fromMs: Date.now() })
    else if (!isTaken && isOpen) last.toMs = Date.now()
  }
}

interface ConnectionRow {
  readonly fromMs: number
  readonly toMs: number | null
  readonly seconds: number | null
}

/** When the gateway was dead, by our own kills. */
export interface Death {
  readonly fromMs: number
  readonly toMs: number
}

interface Watched {
  readonly watch: CableWatch
  readonly deaths: readonly Death[]
  readonly scanners: readonly string[]
}

/**
 * Every connection that lasted has a row, every row is of a time in which the cable was taken and the gateway lived, says how long
 * that was, and has an end; of one scanner no two overlap.
 */
export async function connectionFindings(
  central: TestCentral,
  { watch, deaths, scanners }: Watched,
): Promise<readonly string[]> {
  const findings = await Promise.all(
    scanners.map(async (scanner) => {
      const rows = await rowsOf(central, scanner)
      const sessions = watch.of(scanner)
      const found = [
        ...sessions.flatMap((session) => missing(session, rows)),
        ...rows.flatMap((row, index) => wrong(row, rows[index - 1])),
        ...rows.flatMap((row) => impossible(row, sessions, deaths)),
      ]
      return found.map((what) => `device_cloud.device_connections: ${scanner} ${what}`)
    }),
  )
  return findings.flat()
}

function rowsOf({ sql }: TestCentral, scanner: string): Promise<readonly ConnectionRow[]> {
  return sql<ConnectionRow>(
    `SELECT (extract(epoch FROM connected_at) * 1000)::float8 AS "fromMs",
       (extract(epoch FROM disconnected_at) * 1000)::float8 AS "toMs", session_duration_seconds AS seconds
     FROM device_cloud.device_connections WHERE device_id = $1 ORDER BY connected_at`,
    [scanner],
  )
}

function missing({ fromMs, toMs = Date.now() }: Session, rows: readonly ConnectionRow[]): readonly string[] {
  if (toMs - fromMs <= SURELY_SEEN_MS) return []
  const isThere = rows.some((row) => row.fromMs < toMs && (row.toMs ?? Date.now()) > fromMs - NEAR_MS)
  return isThere ? [] : [`was connected from ${text(fromMs)} to ${text(toMs)}, and has no row of it`]
}

function wrong(row: ConnectionRow, before: ConnectionRow | undefined): readonly string[] {
  const { fromMs, toMs, seconds } = row
  if (toMs === null) return [`has a row of ${text(fromMs)} without an end after the stop`]
  const isSaid = Math.abs((seconds ?? Number.NaN) - (toMs - fromMs) / 1_000) < 0.51
  const isBehind = before === undefined || (before.toMs ?? Number.POSITIVE_INFINITY) <= fromMs
  return [
    ...(isSaid ? [] : [`was connected from ${text(fromMs)} to ${text(toMs)}, for ${seconds} s`]),
    ...(isBehind ? [] : [`has a row of ${text(fromMs)} that begins before the end of the one before it`]),
  ]
}

function impossible(
  { fromMs, toMs }: ConnectionRow,
  sessions: readonly Session[],
  deaths: readonly Death[],
): readonly string[] {
  const endMs = toMs ?? Date.now()
  const isTaken = sessions.some(
    (session) => fromMs < (session.toMs ?? Date.now()) + NEAR_MS && endMs > session.fromMs - NEAR_MS,
  )
  const death = deaths.find((one) => fromMs < one.fromMs && endMs > one.toMs)
  const row = `has a row of ${text(fromMs)} to ${text(toMs)}`
  return [
    ...(isTaken ? [] : [`${row}, and was not connected`]),
    ...(death ? [`${row}, and the gateway was dead from ${text(death.fromMs)}`] : []),
  ]
}

function text(ms: number | null): string {
  return ms === null ? 'now' : new Date(ms).toISOString().slice(11)
}
