/**
 * `millrace demo`: the whole line on one machine. Six simulated machines live through a day, the gateway watches them,
 * and at the end central's rows are held against what really happened. Nothing is left behind.
 */
import { parseArgs } from 'node:util'
import { DemoFailed } from '../demo/demo-failed.ts'
import { type Line, startLine } from '../demo/line.ts'
import { agrees, type Report } from '../demo/reconcile/report.ts'
import { settle } from '../demo/settle.ts'
import { summary } from '../demo/summary.ts'
import { changeLines, type LiveView, liveTable } from '../demo/table.ts'
import { parseDuration } from '../runtime/units.ts'
import { type Command, type CommandContext, UsageError } from './command.ts'

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
}

export const demoCommand: Command = {
  name: 'demo',
  summary: 'runs a whole line here: database, machines, gateway, and the reconciliation at the end',
  usage:
    'millrace demo [--for 30s] [--json] [--keep]\n\n' +
    '  --for 30s   how long the machines work\n' +
    '  --json      ends with the reconciliation as one JSON object\n' +
    '  --keep      leaves the temporary folder for looking',
  exits: ['0 truth and central agree', '1 they do not, or the demo could not run'],
  example: 'millrace demo --for 60s',
  page: 'README.md',
  stopMaxMs: STOP_MAX_MS,
  run: demo,
}

async function demo(context: CommandContext): Promise<number> {
  const options = readOptions(context.args)
  const progress = options.json ? context.err : context.out
  try {
    const report = await liveThrough(context, options, progress)
    if (options.json) context.out(`${JSON.stringify(report)}\n`)
    return agrees(report) ? 0 : FAULT
  } catch (error) {
    if (!context.signal.aborted) throw new DemoFailed(error)
    progress('\nStopped; everything is cleaned up.\n')
    return FAULT
  }
}

function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      for: { type: 'string', default: '30s' },
      json: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
    },
  })
  const forMs = parseDuration(values.for)
  if (forMs === undefined || forMs === 0) {
    throw new UsageError(`--for ${values.for}: not a duration such as 30s or 2m`)
  }
  return { forMs, json: values.json, keep: values.keep }
}

async function liveThrough(
  context: CommandContext,
  options: Options,
  progress: (text: string) => void,
): Promise<Report> {
  const { node, program: main, env, signal } = context
  await using line = await startLine({
    program: { node, main, env },
    keep: options.keep,
    signal,
    onStep: (what) => progress(`${what} …\n`),
  })
  if (options.keep) progress(`everything is in ${line.folder}\n`)
  line.gateway.start()
  progress(`waiting for ${line.machines.length} machines …\n`)
  if (!(await line.gateway.untilInSight(IN_SIGHT_MAX_MS, signal))) throw new Error(await unseen(line))

  const inPlace = context.isTerminal && !options.json
  await playDay(
    line,
    inPlace ? liveTable(progress, options.forMs) : changeLines(progress),
    options.forMs,
    signal,
  )
  await line.simulators.hold()
  progress('\nthe day is over; waiting for central to have all of it …\n')
  if (!(await line.untilDrained(DRAIN_MAX_MS, signal))) progress('central still lacks something\n')
  await line.gateway.stop()

  const report = await line.reconcile()
  progress(`\n${summary(report, await line.truth(), options.forMs)}`)
  return report
}

async function playDay(line: Line, view: LiveView, forMs: number, signal: AbortSignal): Promise<void> {
  await line.simulators.startDay()
  const startMs = performance.now()
  const isOver = () => {
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
