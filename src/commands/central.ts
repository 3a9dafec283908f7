/** `millrace central`: the SQL that lets a gateway in, and the proof that it did. */
import { parseArgs } from 'node:util'
import { loadConfig } from '../config/load-config.ts'
import { loadMaps } from '../maps/map-files.ts'
import { checkCentral } from '../routes/mes/check.ts'
import { gatewaySql, removalSql } from '../routes/mes/gateway-sql.ts'
import { proofText } from '../routes/mes/proof.ts'
import { centralSettings } from '../routes/mes/settings.ts'
import { systemClock } from '../runtime/clock.ts'
import { createLog } from '../runtime/log.ts'
import { type Command, type CommandContext, UsageError } from './command.ts'
import { describedBy } from './described.ts'
import { knownHardware } from './hardware.ts'
import { logStream } from './log-stream.ts'
import { CONFIG_OPTION, configFile } from './options.ts'
import { wrongAction } from './wrong-action.ts'

const ALL_PROVEN = 0
const NOT_PROVEN = 1

export const centralCommand: Command = {
  name: 'central',
  summary: 'prints the SQL that lets this gateway into central, and checks what it may do there',
  usage: `millrace central sql --organization CODE [--role NAME] [--schema public] [--existing-role]
    prints the SQL that a DBA runs once for an organization; again without harm
millrace central sql --remove --organization CODE [--role NAME] [--keep-role] [--with-schema]
    prints the SQL that takes a gateway role out again; with its last role the gateway's own tables, if asked for
millrace central check [--config config/gateway.yaml]
    connects and proves: TLS, role, rights, own rows writable, others' not, machines of the maps, clock`,
  exits: ['0 printed, or all proven', '1 something is not as it must be'],
  example: 'millrace central sql --organization SAV | psql --set ON_ERROR_STOP=1 mes',
  page: 'docs/dba.md',
  async run(context) {
    const [action, ...args] = context.args
    if (action === 'sql') return printSql({ ...context, args })
    if (action === 'check') return check({ ...context, args })
    throw wrongAction('central', action, ['sql', 'check'])
  },
}

const SQL_OPTIONS = {
  ...CONFIG_OPTION,
  organization: { type: 'string' },
  role: { type: 'string' },
  schema: { type: 'string' },
  'existing-role': { type: 'boolean' },
  remove: { type: 'boolean' },
  'keep-role': { type: 'boolean' },
  'with-schema': { type: 'boolean' },
} as const

async function printSql({ args, out }: CommandContext): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: SQL_OPTIONS })
  const { organization, role, schema, remove = false } = values
  if (organization === undefined)
    throw new UsageError('--organization is missing: the code in organizations.code')
  for (const option of remove ? LETTING_IN : REMOVING) {
    if (values[option] === undefined) continue
    throw new UsageError(`--${option} ${remove ? 'has no meaning together with' : 'is only for'} --remove`)
  }
  const sql = remove
    ? removalSql({ organization, role, keepRole: values['keep-role'], dropSchema: values['with-schema'] })
    : gatewaySql({ organization, role, schema, existingRole: values['existing-role'] })
  out(await sql.catch(asUsage))
  return 0
}

const LETTING_IN = ['schema', 'existing-role'] as const
const REMOVING = ['keep-role', 'with-schema'] as const

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
  const { maps, faults } = loadMaps({ folder: config.devicesFolder, ...knownHardware(), cwd })
  await checkCentral(settings, { ...describedBy(maps), faults: faults.length }, signal, (proof) => {
    allProven &&= proof.proven
    out(proofText(proof))
  })
  return allProven ? ALL_PROVEN : NOT_PROVEN
}
