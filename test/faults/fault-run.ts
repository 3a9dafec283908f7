/** Plays a day of the whole line with faults, and reconciles it at the end. For the tests and the campaigns. */
import { readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SCANNER_TROUBLES } from '../../src/collector/scanner-record.ts'
import { type Line, type LineOptions, startLine } from '../../src/demo/line.ts'
import { agrees, type Report } from '../../src/demo/reconcile/report.ts'
import { settle } from '../../src/demo/settle.ts'
import { BUILT_PROGRAM } from '../support/built-program.ts'
import { logFaults } from './log-lines.ts'

/** All machines answer well before that, even on a busy computer. */
const IN_SIGHT_MAX_MS = 60_000
/** A connection that was lost several times is called steady again after a minute; before that it has to be made. */
const HEALTHY_MAX_MS = 120_000
/** From the end of the last fault until central has everything; the uploader waits up to 30 s between tries. */
const DRAIN_MAX_MS = 90_000

export interface Outcome {
  readonly report: Report
  /** Written where there are findings, for whoever looks into them: the truth, central's rows, and the dark windows. */
  readonly evidenceFile: string | undefined
  readonly exitCode: number | null
  readonly drained: boolean
  /** Writes that any machine got, by protocol's own count. */
  readonly writeRequests: number
  /** The end of the gateway's log. */
  readonly log: string
  /** What the log says more than once within a minute. */
  readonly logFaults: readonly string[]
  /** Whether `status` was healthy within two minutes after the last fault; else what was wrong by then. */
  readonly health: string
}

/** Plays a day while `suffer` causes faults. Then it repairs all, holds the day, drains the outbox, stops and reconciles. */
export async function faultRun(
  options: Omit<LineOptions, 'program'> & Partial<Pick<LineOptions, 'program'>>,
  suffer: (line: Line) => Promise<void>,
): Promise<Outcome> {
  await using line = await startLine({ program: BUILT_PROGRAM, ...options })
  line.gateway.start()
  await inSight(line)
  await line.simulators.startDay()
  await suffer(line)
  const health = await healthAfter(line)
  await inSight(line)
  await line.simulators.hold()
  const drained = await line.untilDrained(DRAIN_MAX_MS)
  const exitCode = await line.gateway.stop()
  const report = await line.reconcile()
  return {
    report,
    evidenceFile: agrees(report) ? undefined : await keepEvidence(line, report),
    exitCode,
    drained,
    writeRequests: await countWrites(line),
    log: await endOfLog(line),
    logFaults: logFaults(join(line.folder, 'gateway.log')),
    health,
  }
}

async function healthAfter(line: Line): Promise<string> {
  // A computer that is busy with tests answers a scan late now and then, and `status` shows that for a minute.
  const isHealthy = () =>
    line.gateway.look?.report.degraded.every(({ code }) => code === SCANNER_TROUBLES.unanswered) === true
  if (await settle(isHealthy, { withinMs: HEALTHY_MAX_MS })) return 'healthy'
  return JSON.stringify(line.gateway.look?.report.degraded ?? 'it does not answer')
}

async function inSight(line: Line): Promise<void> {
  if (await line.gateway.untilInSight(IN_SIGHT_MAX_MS)) return
  throw new Error(`Not every machine came into sight. The gateway's log ends:\n${await endOfLog(line)}`)
}

async function countWrites(line: Line): Promise<number> {
  const counters = Object.values(await line.simulators.counters())
  return counters.reduce((sum, { writeRequests }) => sum + writeRequests, 0)
}

async function endOfLog(line: Line): Promise<string> {
  const log = await readFile(join(line.folder, 'gateway.log'), 'utf8')
  return log.split('\n').slice(-40).join('\n')
}

async function keepEvidence(line: Line, report: Report): Promise<string> {
  const dark = Object.fromEntries(line.machines.map((machine) => [machine, line.gateway.dark.of(machine)]))
  const evidence = { report, dark, truth: await line.truth(), rows: await line.rows() }
  const file = join(tmpdir(), `millrace-finding-${process.pid}-${Date.now()}.json`)
  await writeFile(file, JSON.stringify(evidence))
  return file
}
