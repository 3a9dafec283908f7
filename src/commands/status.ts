/** `millrace status`: what the running daemon says of itself. */
import { parseArgs } from 'node:util'
import { loadConfig } from '../config/load-config.ts'
import { askStatus } from '../console/ask-status.ts'
import type { StatusReport } from '../console/report.ts'
import type { Command } from './command.ts'
import { CONFIG_OPTION, configFile } from './options.ts'

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
  async run({ args, env, cwd, out, err, signal }) {
    const options = { ...CONFIG_OPTION, json: { type: 'boolean' } } as const
    const { values } = parseArgs({ args: [...args], options })
    const config = loadConfig({ file: configFile(values, cwd), env, cwd })
    const report = await askStatus(config.dataFolder, { maxMs: ANSWER_MS, signal })
    // Nothing was found out, so nothing is said.
    if (signal.aborted) return NOT_RUNNING
    if (report === 'silent') {
      err(
        `the gateway on ${config.dataFolder} does not answer within ${ANSWER_MS / 1_000} s: it is stopped by a signal, or stuck; ` +
          `fuser ${config.dataFolder}/lock names its process\n`,
      )
      return NOT_RUNNING
    }
    if (report === 'absent') {
      err(`no gateway is running on ${config.dataFolder}; start it with: millrace run\n`)
      return NOT_RUNNING
    }
    out(values.json ? `${JSON.stringify(report)}\n` : describe(report))
    return report.healthy ? HEALTHY : DEGRADED
  },
}

function describe(report: StatusReport): string {
  const { central, outbox } = report
  const cause = central.cause ? ` (${central.cause})` : ''
  const lines = [
    `${report.gateway} ${report.healthy ? 'healthy' : 'DEGRADED'}, up ${report.uptime_s} s, version ${report.version}`,
    `central   ${central.state} since ${central.since}${cause}`,
    `outbox    ${outbox.pending} events pending${outbox.oldest_s === null ? '' : `, the oldest ${outbox.oldest_s} s old`}`,
    ...report.machines.map((machine) => `machine   ${machineLine(machine)}`),
    ...report.devices.map(
      ({ device, state, since, error }) =>
        `device    ${device} ${state} since ${since}${error ? `: ${error}` : ''}`,
    ),
    ...report.degraded.map(({ code, what, hint }) => `wrong     ${code}: ${what}${hint ? `; ${hint}` : ''}`),
  ]
  return `${lines.join('\n')}\n`
}

function machineLine(machine: StatusReport['machines'][number]): string {
  if (machine.status === null) return `${machine.machine} not seen yet`
  return `${machine.machine} ${machine.status} since ${machine.since}${machine.reason ? `, ${machine.reason}` : ''}`
}
