/**
 * `millrace demo`: the whole line on one machine. Six simulated machines live through a day, the gateway watches them,
 * and at the end central's rows are held against what really happened. Nothing is left behind.
 */
import { parseArgs } from 'node:util'
import { DemoFailed } from '../demo/demo-failed.ts'
import { exampleText, readExampleRows } from '../demo/example-routes.ts'
import { LINE_STEPS, type Line, startLine } from '../demo/line.ts'
import { newestRows } from '../demo/newest-rows.ts'
import { agrees, type Report } from '../demo/reconcile/report.ts'
import type { Screen } from '../demo/screen.ts'
import { settle } from '../demo/settle.ts'
import { startSteps } from '../demo/steps.ts'
import { summary } from '../demo/summary.ts'
import { changeLines, type LiveView, liveTable } from '../demo/table.ts'
import { openInBrowser } from '../runtime/open-in-browser.ts'
import { parseDuration } from '../runtime/units.ts'
import { type Command, type CommandContext, UsageError } from './command.ts'
import { terminalOf, wrapped } from './terminal.ts'

const FAULT = 1
/** Every machine must have answered by then; a PLC answers within a second. */
const IN_SIGHT_MAX_MS = 60_000
/** After the day, central has this long to get the rest. */
const DRAIN_MAX_MS = 60_000
/** On Ctrl-C the step under way is finished (making a database takes longest), then everything is stopped and removed. */
const STOP_MAX_MS = 120_000

interface Options {
  readonly forMs: number
  readonly json: boolean
  readonly keep: boolean
  readonly mqtt: boolean
  readonly routes: boolean
  readonly open: boolean
}

export const demoCommand: Command = {
  name: 'demo',
  summary: 'runs a whole line here: database, machines, gateway, and the reconciliation at the end',
  usage:
    'millrace demo [--for 30s] [--json] [--mqtt] [--routes] [--open] [--keep]\n\n' +
    '  --for 30s   how long the machines work; 10m with --open\n' +
    '  --json      ends with the reconciliation as one JSON object\n' +
    '  --mqtt      also feeds a broker here, and shows what is published\n' +
    '  --routes    also fills the tables of the example routes, and counts what is in them\n' +
    '  --open      opens the pages of the gateway in the browser\n' +
    '  --keep      leaves the temporary folder for looking',
  exits: ['0 truth and central agree', '1 they do not, or the demo could not run'],
  example: 'millrace demo --open',
  page: 'README.md',
  stopMaxMs: STOP_MAX_MS,
  run: demo,
}

async function demo(context: CommandContext): Promise<number> {
  const options = readOptions(context.args)
  const screen = screenOf(context, options)
  const say = sayOn(screen)
  const acknowledge = () => say('\nstopping, and removing everything ... (Ctrl-C again ends it at once)')
  context.signal.addEventListener('abort', acknowledge, { once: true })
  try {
    say(`${introduction(options)}\n`)
    const report = await liveThrough(context, options, screen)
    if (options.json) context.out(`${JSON.stringify(report)}\n`)
    return agrees(report) ? 0 : FAULT
  } catch (error) {
    if (!context.signal.aborted) throw new DemoFailed(error)
    say('Stopped; everything is cleaned up.')
    return FAULT
  } finally {
    context.signal.removeEventListener('abort', acknowledge)
  }
}

/** A terminal of fewer lines than this would lose the beginning of a table that is redrawn. */
const ROWS_MIN = 12
/** The same with the messages of the feed below it. */
const ROWS_MIN_MQTT = 20

/** With `--json`, standard output is for the one object at the end. */
function screenOf(context: CommandContext, { json, mqtt }: Options): Screen {
  const { columns, hasColours } = terminalOf(context)
  const isTerminal = context.isTerminal && !json
  return {
    out: json ? context.err : context.out,
    redraws:
      isTerminal &&
      hasColours &&
      columns !== undefined &&
      (context.rows ?? 0) >= (mqtt ? ROWS_MIN_MQTT : ROWS_MIN),
    columns: isTerminal ? columns : undefined,
    timeZone: isTerminal ? new Intl.DateTimeFormat().resolvedOptions().timeZone : 'UTC',
  }
}

type Say = (text: string) => void

/** Writes lines, broken between words where the screen is narrower. What is indented stays so. */
function sayOn(screen: Screen): Say {
  const broken = (line: string) => wrapped(line, screen, /^ */.exec(line)?.[0].length ?? 0)
  return (text) => screen.out(`${text.split('\n').map(broken).join('\n')}\n`)
}

function introduction({ forMs }: Options): string {
  return (
    `Millrace demo: six simulated machines and an operator with a scanner work for ${forMs / 1_000} s. The gateway watches the ` +
    'machines over OPC UA and Modbus, and writes their status and downtimes and what is scanned into a PostgreSQL of its own ' +
    'here. At the end, what is in PostgreSQL is ' +
    'compared with what really happened. Everything stays on this computer, and is removed afterwards.'
  )
}

function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      for: { type: 'string' },
      json: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      mqtt: { type: 'boolean', default: false },
      routes: { type: 'boolean', default: false },
      open: { type: 'boolean', default: false },
    },
  })
  const { for: written = values.open ? '10m' : '30s' } = values
  const forMs = parseDuration(written)
  if (forMs === undefined || forMs === 0) {
    throw new UsageError(`--for ${written}: not a duration such as 30s or 2m`)
  }
  return { forMs, ...values }
}

async function liveThrough(context: CommandContext, options: Options, screen: Screen): Promise<Report> {
  const { signal } = context
  const say = sayOn(screen)
  await using line = await startAll(context, options, screen)
  if (options.keep) say(`everything is in ${line.folder}`)
  say(`\nLook for yourself while it runs:\n${pagesHint(line)}  psql ${line.viewerUrl}\n${feedHint(line)}`)
  if (options.open) await openPages(line, say)
  await playDay(
    line,
    screen.redraws ? liveTable(screen, options.forMs, line.feed) : changeLines(screen, line.feed),
    options.forMs,
    signal,
  )
  await line.simulators.hold()
  say('\nThe day is over; waiting for central to have all of it ...')
  if (!(await line.untilDrained(DRAIN_MAX_MS, signal))) say('central still lacks something')
  await line.gateway.stop()

  const [report, rows, truth] = await Promise.all([line.reconcile(), line.rows(), line.truth()])
  screen.out(`\n${newestRows(rows, screen, Date.now())}\n`)
  if (options.routes) say(exampleText(await readExampleRows(line.auditor)))
  say(summary(report, truth, options.forMs))
  if (line.feed) say(`Over the feed came ${line.feed.events} events, each acknowledged by the broker.\n`)
  say(NEXT_STEP)
  return report
}

/** Where the gateway's own pages are. */
function pagesHint({ gateway }: Line): string {
  return gateway.pages === undefined ? '' : `  ${gateway.pages}\n`
}

async function openPages({ gateway }: Line, say: Say): Promise<void> {
  if (gateway.pages === undefined) return
  const isOpen = await openInBrowser(gateway.pages)
  say(
    isOpen
      ? `the browser opens ${gateway.pages}`
      : 'no browser can be opened from here: open the address above in one',
  )
}

/** How to follow the feed with a program of one's own. */
function feedHint({ feed }: Line): string {
  if (!feed) return ''
  const port = new URL(feed.url).port
  return `  mosquitto_sub -h 127.0.0.1 -p ${port} -t '#' -v\n`
}

const NEXT_STEP =
  'Now your own machine: copy the map in devices/ that is most like it, and change its addresses. ' +
  'This names every mistake in it:\n' +
  '  npm run --silent millrace -- check\n' +
  'README.md goes on under "Connect a first machine".'

/** Starts the line and its gateway; returns when that sees every machine. */
async function startAll(
  context: CommandContext,
  { keep, mqtt, routes }: Options,
  screen: Screen,
): Promise<Line> {
  const { node, nodeOptions, program: main, env, signal } = context
  using steps = startSteps(screen, LINE_STEPS + 1, signal)
  const line = await startLine({
    program: { node, nodeOptions, main, env },
    keep,
    hasFeed: mqtt,
    hasRoutes: routes,
    signal,
    onStep: steps.begin,
  })
  try {
    steps.begin('the gateway, until it sees every machine')
    line.gateway.start()
    if (!(await line.gateway.untilInSight(IN_SIGHT_MAX_MS, signal))) throw new Error(await unseen(line))
    steps.end()
    return line
  } catch (error) {
    await line[Symbol.asyncDispose]()
    throw error
  }
}

async function playDay(line: Line, view: LiveView, forMs: number, signal: AbortSignal): Promise<void> {
  await line.simulators.startDay()
  const startMs = performance.now()
  const isOver = () => {
    // Nothing is drawn over what is said then.
    signal.throwIfAborted()
    const elapsedMs = performance.now() - startMs
    const { look, hasFallen } = line.gateway
    if (hasFallen) throw new Error(`The gateway ended by itself; its log is ${line.folder}/gateway.log`)
    if (look) view.show(look, Math.min(elapsedMs, forMs))
    return elapsedMs >= forMs
  }
  await settle(isOver, { withinMs: Number.POSITIVE_INFINITY, signal })
}

async function unseen(line: Line): Promise<string> {
  const said = line.gateway.look?.report
  const faults = said?.degraded.map(({ what }) => what).join('; ')
  return `The gateway did not see every machine within ${IN_SIGHT_MAX_MS / 1000} s: ${faults ?? 'it does not answer'}`
}
