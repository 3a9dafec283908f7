/** `millrace status`: what the running daemon says of itself. */
import { parseArgs } from 'node:util'
import { folderUser } from '../buffer/instance-lock.ts'
import type { Config } from '../config/config.ts'
import { loadConfigWithoutSecrets } from '../config/load-config.ts'
import { askStatus, type StatusAnswer } from '../console/ask-status.ts'
import type { StatusReport } from '../console/report.ts'
import { hostWithPort } from '../documents/host.ts'
import { systemClock } from '../runtime/clock.ts'
import { type Command, type CommandContext, UsageError } from './command.ts'
import { CONFIG_OPTION, configFile } from './options.ts'
import { statusText } from './status-text.ts'
import { fitting, terminalOf } from './terminal.ts'

const HEALTHY = 0
const DEGRADED = 1
const NOT_RUNNING = 3
const NO_ANSWER = 4
/** The daemon answers from memory; one that takes longer is very busy, or stuck. */
const ANSWER_MS = 5_000
const WATCH_MS = 2_000
/** Makes the terminal empty, with the cursor at its beginning. */
const CLEAR = '\x1b[H\x1b[2J'

export const statusCommand: Command = {
  name: 'status',
  summary: 'shows the running gateway: machines, devices, scanners, central, outbox, and what is wrong',
  usage: `millrace status [--json | --watch] [--config config/gateway.yaml]
    --watch: again every 2 s, until Ctrl-C`,
  exits: [
    '0 healthy',
    '1 degraded, or it runs and cannot be asked',
    '3 not running, or not for this user to know',
    '4 it runs, and gives no answer within 5 s',
  ],
  example: 'millrace status',
  page: 'docs/operations.md',
  async run(context) {
    const { args, env, cwd, out, signal } = context
    const options = { ...CONFIG_OPTION, json: { type: 'boolean' }, watch: { type: 'boolean' } } as const
    const { values } = parseArgs({ args: [...args], options })
    if (values.json && values.watch) throw new UsageError('--watch is for people, and --json for programs')
    const config = loadConfigWithoutSecrets({ file: configFile(values, cwd), env, cwd })
    let last = NOT_RUNNING
    while (!signal.aborted) {
      const { said, code } = await look(config, context)
      // Nothing was found out, so nothing is said.
      if (signal.aborted) break
      last = code
      const isRedrawn = values.watch === true && context.isTerminal && env.TERM !== 'dumb'
      if (isRedrawn) out(CLEAR)
      const page = (text: string) => out(isRedrawn ? fitting(text, context) : text)
      tell(said, { ...context, out: page, isJson: values.json === true, timezone: config.timezone })
      if (!values.watch) return code
      await systemClock.sleep(WATCH_MS, signal)
    }
    return last
  },
}

interface Look {
  readonly said: StatusReport | { readonly why: string }
  readonly code: number
}

async function look(config: Config, { signal }: CommandContext): Promise<Look> {
  const configured = {
    gateway: config.gateway,
    ...config.console,
    isSecure: config.console.tls !== undefined,
  }
  const answer = await askStatus(config.dataFolder, { maxMs: ANSWER_MS, signal }, configured)
  if (typeof answer === 'string') return whyNoReport(answer, config)
  return { said: answer, code: answer.healthy ? HEALTHY : DEGRADED }
}

interface Telling extends CommandContext {
  readonly isJson: boolean
  readonly timezone: string
}

function tell(said: Look['said'], { isJson, timezone, out, err, ...context }: Telling): void {
  const reader = { ...terminalOf(context), nowMs: systemClock.now().wallMs, timezone }
  if ('why' in said) err(`${said.why}\n`)
  else out(isJson ? `${JSON.stringify(said)}\n` : statusText(said, reader))
}

/** The lock of the data folder knows whether a gateway runs there; the console only says how it is. */
function whyNoReport(answer: Exclude<StatusAnswer, object>, { dataFolder, console }: Config): Look {
  const user = folderUser(dataFolder)
  if (user === 'nobody') {
    const why = `no gateway is running on ${dataFolder}; start it with: millrace run`
    return { said: { why }, code: NOT_RUNNING }
  }
  if (user === 'hidden') return { said: { why: mayNotLookText(answer, dataFolder) }, code: NOT_RUNNING }
  const number = user.processId === null ? '' : ` (process ${user.processId})`
  const runs = `the gateway on ${dataFolder} runs${number}`
  if (answer === 'silent') {
    const why = `${runs}, but does not answer within ${ANSWER_MS / 1_000} s: it is very busy, stopped by a signal, or stuck`
    return { said: { why }, code: NO_ANSWER }
  }
  const place = hostWithPort(console.host, console.port)
  const cause =
    answer === 'other'
      ? `another program answers on ${place}, and the file that says where it listens cannot be written: the disk is full, or too many files are open; the log of the gateway says more`
      : 'it may still be starting, or reading its log; the log of the gateway says more'
  return { said: { why: `${runs}, but its console cannot be reached: ${cause}` }, code: DEGRADED }
}

function mayNotLookText(answer: Exclude<StatusAnswer, object>, dataFolder: string): string {
  const found = answer === 'silent' ? 'gives no answer' : 'is not found'
  return (
    `this user may not look into ${dataFolder}, where the gateway says where it listens, and it ${found} at console.host ` +
    'and console.port; run this as the user that the gateway runs as'
  )
}
