/** `millrace central`: the SQL that lets a gateway in, and the proof that it did. */
import { parseArgs } from 'node:util'
import { loadConfig } from '../config/load-config.ts'
import { createDrivers } from '../drivers/index.ts'
import { loadMaps } from '../maps/map-files.ts'
import { checkCentral } from '../routes/mes/check.ts'
import { gatewaySql } from '../routes/mes/gateway-sql.ts'
import { centralSettings } from '../routes/mes/settings.ts'
import { systemClock } from '../runtime/clock.ts'
import { createLog } from '../runtime/log.ts'
import { type Command, type CommandContext, UsageError } from './command.ts'
import { logStream } from './log-stream.ts'
import { CONFIG_OPTION, configFile } from './options.ts'

const ALL_PROVEN = 0
const NOT_PROVEN = 1

export const centralCommand: Command = {
  name: 'central',
  summary: 'prints the SQL that lets this gateway into central, and checks what it may do there',
  usage: `millrace central sql --organization CODE [--role NAME] [--schema public]
    prints the SQL that a DBA runs once for an organization; again without harm
millrace central check [--config config/gateway.yaml]
    connects and proves: TLS, role, rights, own rows writable, others' not, clock`,
  exits: ['0 printed, or all proven', '1 something is not as it must be'],
  example: 'millrace central sql --organization SAV | psql mes',
  page: 'docs/operations.md',
  async run(context) {
    const [action, ...args] = context.args
    if (action === 'sql') return printSql({ ...context, args })
    if (action === 'check') return check({ ...context, args })
    throw new UsageError(action === undefined ? 'say sql or check' : `there is no "central ${action}"`)
  },
}

async function printSql({ args, out }: CommandContext): Promise<number> {
  const options = {
    ...CONFIG_OPTION,
    organization: { type: 'string' },
    role: { type: 'string' },
    schema: { type: 'string' },
  } as const
  const { organization, role, schema } = parseArgs({ args: [...args], options }).values
  if (organization === undefined)
    throw new UsageError('--organization is missing: the code in organizations.code')
  out(await gatewaySql({ organization, role, schema }).catch(asUsage))
  return 0
}

function asUsage(error: unknown): never {
  throw error instanceof RangeError ? new UsageError(error.message) : error
}

async function check(context: CommandContext): Promise<number> {
  const { args, env, cwd, out, signal } = context
  const { values } = parseArgs({ args: [...args], options: CONFIG_OPTION })
  const config = loadConfig({ file: configFile(values, cwd), env, cwd })
  const settings = centralSettings(config, {
    clock: systemClock,
    log: createLog('error', logStream(context)),
  })
  let allProven = true
  const { maps, faults } = loadMaps({ folder: config.devicesFolder, drivers: createDrivers().all, cwd })
  const machines = maps.map(({ map, file }) => ({ machine: map.machine, file }))
  await checkCentral(settings, { machines, faults: faults.length }, signal, ({ what, proven, said }) => {
    allProven &&= proven
    out(`${proven ? 'ok ' : 'NOT'} ${what}: ${said}\n`)
  })
  return allProven ? ALL_PROVEN : NOT_PROVEN
}
