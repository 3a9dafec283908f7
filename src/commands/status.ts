/** `millrace status`: what the running daemon says of itself. */
import { parseArgs } from 'node:util'
import { loadConfigWithoutSecrets } from '../config/load-config.ts'
import { askStatus, type StatusAnswer } from '../console/ask-status.ts'
import { systemClock } from '../runtime/clock.ts'
import type { Command } from './command.ts'
import { CONFIG_OPTION, configFile } from './options.ts'
import { statusText } from './status-text.ts'
import { terminalOf } from './terminal.ts'

const HEALTHY = 0
const DEGRADED = 1
const NOT_RUNNING = 3
/** The daemon answers from memory; one that takes longer is as good as gone. */
const ANSWER_MS = 5_000

export const statusCommand: Command = {
  name: 'status',
  summary: 'shows the running gateway: machines, devices, central, outbox, and what is wrong',
  usage: 'millrace status [--json] [--config config/gateway.yaml]',
  exits: ['0 healthy', '1 degraded', '3 not running, or no answer'],
  example: 'millrace status',
  page: 'docs/operations.md',
  async run(context) {
    const { args, env, cwd, out, err, signal } = context
    const options = { ...CONFIG_OPTION, json: { type: 'boolean' } } as const
    const { values } = parseArgs({ args: [...args], options })
    const config = loadConfigWithoutSecrets({ file: configFile(values, cwd), env, cwd })
    const configured = { gateway: config.gateway, ...config.console }
    const report = await askStatus(config.dataFolder, { maxMs: ANSWER_MS, signal }, configured)
    // Nothing was found out, so nothing is said.
    if (signal.aborted) return NOT_RUNNING
    if (typeof report === 'string') {
      err(`${whyNoReport(report, config.dataFolder)}\n`)
      return NOT_RUNNING
    }
    const reader = { ...terminalOf(context), nowMs: systemClock.now().wallMs, timezone: config.timezone }
    out(values.json ? `${JSON.stringify(report)}\n` : statusText(report, reader))
    return report.healthy ? HEALTHY : DEGRADED
  },
}

function whyNoReport(answer: Exclude<StatusAnswer, object>, dataFolder: string): string {
  switch (answer) {
    case 'absent':
      return `no gateway is running on ${dataFolder}; start it with: millrace run`
    case 'silent':
      return (
        `the gateway on ${dataFolder} does not answer within ${ANSWER_MS / 1_000} s: it is stopped by a signal, or stuck; ` +
        `fuser ${dataFolder}/lock names its process`
      )
    case 'hidden':
      return (
        `this user may not look into ${dataFolder}, where the gateway says where it listens, and it is not found at console.host ` +
        'and console.port; run this as the user that the gateway runs as'
      )
  }
}
