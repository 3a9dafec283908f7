/** The live view of the demo: a table redrawn in place on a terminal, or a line for each change where there is none. */
import { utcMs } from '../domain/instant.ts'
import type { TimedReport } from './gateway-watch.ts'

/** Shows reports as they come. */
export interface LiveView {
  show(look: TimedReport, elapsedMs: number): void
}

interface Column {
  readonly title: string
  readonly width: number
}

const COLUMNS: readonly Column[] = [
  { title: 'MACHINE', width: 12 },
  { title: 'STATUS', width: 14 },
  { title: 'FOR', width: 8 },
  { title: 'LAST REASON', width: 24 },
]

/** Colours of the terminal (SGR codes), as the lamps of an andon board use them. */
const LAMPS: Readonly<Record<string, number>> = {
  running: 32,
  idle: 33,
  down: 31,
  setup: 34,
  maintenance: 36,
}

const ESCAPE = '\u001b['
const CLEAR_LINE = `${ESCAPE}K`

/** For a terminal: one table that is redrawn. */
export function liveTable(out: (text: string) => void, forMs: number): LiveView {
  const reasons = new Map<string, string>()
  let drawn = 0
  return {
    show: (look, elapsedMs) => {
      for (const { machine, reason } of look.report.machines) if (reason) reasons.set(machine, reason)
      const lines = tableLines(look, reasons, { elapsedMs, forMs })
      const up = drawn === 0 ? '' : `${ESCAPE}${drawn}A`
      out(up + lines.map((line) => `${line}${CLEAR_LINE}\n`).join(''))
      drawn = lines.length
    },
  }
}

/** For files and pipes: what changed, as it changes. */
export function changeLines(out: (text: string) => void): LiveView {
  const shown = new Map<string, string>()
  return {
    show: ({ report }) => {
      for (const { machine, status, reason, since } of report.machines) {
        if (status === null || since === null) continue
        const state = `${machine.padEnd(12)} ${status}${reason === null ? '' : ` (${reason})`}`
        if (shown.get(machine) === state) continue
        shown.set(machine, state)
        out(`${since.slice(11, 23)}  ${state}\n`)
      }
    },
  }
}

/** The whole table as lines, with colours. */
function tableLines(
  { atMs, report }: TimedReport,
  reasons: ReadonlyMap<string, string>,
  progress: { readonly elapsedMs: number; readonly forMs: number },
): readonly string[] {
  const { pending } = report.outbox
  const head = `  ${seconds(progress.elapsedMs)} of ${seconds(progress.forMs)}   central ${report.central.state}   ${pending} events pending`
  const rows = report.machines.map(({ machine, status, since }) => [
    machine,
    status ?? 'not seen yet',
    since === null ? '' : seconds(Math.max(0, atMs - utcMs(since))),
    reasons.get(machine) ?? '',
  ])
  return [head, '', row(COLUMNS.map(({ title }) => title)), ...rows.map(lit)]
}

function row(cells: readonly string[]): string {
  const padded = cells.map((cell, index) => cell.padEnd(COLUMNS[index]?.width ?? 0))
  return `  ${padded.join('  ')}`.trimEnd()
}

function lit(cells: readonly string[]): string {
  const [machine = '', status = '', ...rest] = cells
  const lamp = LAMPS[status]
  const line = row([machine, status, ...rest])
  if (lamp === undefined) return line
  return line.replace(status, `${ESCAPE}${lamp}m${status}${ESCAPE}0m`)
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(0)} s`
}
