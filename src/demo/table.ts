/** The live view of the demo: a table redrawn in place on a terminal, or a line for each change where there is none. */
import { utcMs } from '../domain/instant.ts'
import type { TimedReport } from './gateway-watch.ts'
import type { LiveFeed } from './live-feed.ts'
import { clockText, cut, type Screen, zoneText } from './screen.ts'

/** Shows reports as they come. */
export interface LiveView {
  show(look: TimedReport, elapsedMs: number): void
}

interface Column {
  readonly title: string
  readonly width: number
}

const COLUMNS: readonly Column[] = [
  { title: 'MACHINE', width: 10 },
  { title: 'STATUS', width: 12 },
  { title: 'FOR', width: 5 },
  { title: 'REASON', width: 0 },
]

/** Messages of the feed below the table. */
const FEED_LINES = 6

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

/** For a terminal: one table that is redrawn. A status without a reason shows in brackets which one was before it. */
export function liveTable(screen: Screen, forMs: number, feed?: LiveFeed): LiveView {
  const before = new Map<string, string>()
  let drawn = 0
  return {
    show: (look, elapsedMs) => {
      for (const { machine, reason } of look.report.machines) if (reason) before.set(machine, reason)
      const lines = [...tableLines(look, before, { screen, elapsedMs, forMs }), ...feedLines(feed, screen)]
      const up = drawn === 0 ? '' : `${ESCAPE}${drawn}A`
      screen.out(up + lines.map((line) => `${line}${CLEAR_LINE}\n`).join(''))
      drawn = lines.length
    },
  }
}

/** For files and pipes: what changed, as it changes. A line begins with the time at which the gateway showed the change. */
export function changeLines(screen: Screen, feed?: LiveFeed): LiveView {
  const shown = new Map<string, string>()
  return {
    show: ({ atMs, report }) => {
      for (const { machine, status, reason, since } of report.machines) {
        if (status === null || since === null) continue
        const state = `${machine.padEnd(10)} ${status}${reason === null ? '' : ` (${reason})`}`
        if (shown.get(machine) === state) continue
        if (shown.size === 0) screen.out(`Times are ${zoneText(atMs, screen)}.\n`)
        shown.set(machine, state)
        screen.out(
          `${cut(`${clockText(atMs, screen)}  ${state}, since ${clockText(utcMs(since), screen)}`, screen)}\n`,
        )
      }
      for (const { topic, payload } of feed?.take() ?? [])
        screen.out(`${cut(`${clockText(atMs, screen)}  ${topic} ${payload}`, screen)}\n`)
    },
  }
}

interface Progress {
  readonly screen: Screen
  readonly elapsedMs: number
  readonly forMs: number
}

/** The whole table as lines, with colours. */
function tableLines(
  { atMs, report }: TimedReport,
  before: ReadonlyMap<string, string>,
  { screen, elapsedMs, forMs }: Progress,
): readonly string[] {
  const { pending } = report.outbox
  const head = `  ${seconds(elapsedMs)} of ${seconds(forMs)}   central ${report.central.state}   ${pending} events pending`
  const rows = report.machines.map(({ machine, status, since, reason }) => {
    const past = before.get(machine)
    const why = reason ?? (past === undefined ? '' : `(before: ${past})`)
    const age = since === null ? '' : seconds(Math.max(0, atMs - utcMs(since)))
    return lit(cut(row([machine, status ?? 'not seen yet', age, why]), screen), status)
  })
  return [cut(head, screen), '', cut(row(COLUMNS.map(({ title }) => title)), screen), ...rows]
}

/** Always as many lines, so that the table is redrawn in place. */
function feedLines(feed: LiveFeed | undefined, screen: Screen): readonly string[] {
  if (!feed) return []
  const messages = feed.newest(FEED_LINES).map(({ topic, payload }) => cut(`  ${topic} ${payload}`, screen))
  const blank = Array.from({ length: FEED_LINES - messages.length }, () => '')
  return ['', cut(`  FEED        ${feed.url}   ${feed.events} events`, screen), ...messages, ...blank]
}

function row(cells: readonly string[]): string {
  const padded = cells.map((cell, index) => cell.padEnd(COLUMNS[index]?.width ?? 0))
  return `  ${padded.join('  ')}`.trimEnd()
}

function lit(line: string, status: string | null): string {
  const lamp = LAMPS[status ?? '']
  return lamp === undefined || status === null
    ? line
    : line.replace(status, `${ESCAPE}${lamp}m${status}${ESCAPE}0m`)
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(0)} s`
}
