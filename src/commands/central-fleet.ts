/** `millrace central fleet`: how all gateways of the organization are, as central has it. */
import { parseArgs } from 'node:util'
import { loadConfig } from '../config/load-config.ts'
import { readFleet } from '../routes/mes/fleet.ts'
import { centralSettings } from '../routes/mes/settings.ts'
import { systemClock } from '../runtime/clock.ts'
import { createLog } from '../runtime/log.ts'
import type { CommandContext } from './command.ts'
import { fleetText, isWell } from './fleet-text.ts'
import { logStream } from './log-stream.ts'
import { CONFIG_OPTION, configFile } from './options.ts'
import { terminalOf } from './terminal.ts'

const FLEET_OPTIONS = { ...CONFIG_OPTION, json: { type: 'boolean' } } as const
const ALL_WELL = 0
const NOT_WELL = 1

/** Only reads. */
export async function printFleet(context: CommandContext): Promise<number> {
  const { args, env, cwd, out, signal } = context
  const { values } = parseArgs({ args: [...args], options: FLEET_OPTIONS })
  const config = loadConfig({ file: configFile(values, cwd), env, cwd })
  const log = createLog('error', logStream(context))
  const fleet = await readFleet(centralSettings(config, { clock: systemClock, log }), signal)
  out(values.json ? `${JSON.stringify(fleet, null, 2)}\n` : fleetText(fleet, terminalOf(context)))
  return isWell(fleet) ? ALL_WELL : NOT_WELL
}
