/** `millrace central`: the SQL that lets a gateway in, and the proof that it did. */
import { parseArgs } from 'node:util'
import { loadConfig } from '../config/load-config.ts'
import { countText, isReady, type Judgement, judgementText } from '../domain/judgement.ts'
import { loadMaps } from '../maps/map-files.ts'
import { checkCentral } from '../routes/mes/check.ts'
import { checkProduction } from '../routes/mes/production/check-production.ts'
import { judgementOf } from '../routes/mes/proof.ts'
import { centralSettings } from '../routes/mes/settings.ts'
import { systemClock } from '../runtime/clock.ts'
import { createLog } from '../runtime/log.ts'
import { printFleet } from './central-fleet.ts'
import { checkRoutes, routeFilesOf, routesInCentral } from './central-routes.ts'
import { printSql } from './central-sql.ts'
import type { Command, CommandContext } from './command.ts'
import { describedBy } from './described.ts'
import { knownHardware } from './hardware.ts'
import { logStream } from './log-stream.ts'
import { CONFIG_OPTION, configFile } from './options.ts'
import { wrongAction } from './wrong-action.ts'

const ALL_PROVEN = 0
const NOT_PROVEN = 1

export const centralCommand: Command = {
  name: 'central',
  summary:
    'prints the SQL that lets this gateway into central, checks what it may do there, and shows all gateways',
  usage: `millrace central sql --organization CODE [--role NAME] [--schema public] [--existing-role] [--connections N]
    prints the SQL that a DBA runs once for an organization; again without harm
millrace central sql --organization CODE --role NAME --enrol 1h
    the same for the role of one gateway, with a token that is shown on standard error: at the gateway \`millrace enrol\` asks for it
millrace central sql --revoke --organization CODE [--role NAME]
    prints the SQL that shuts a lost gateway out at once, and keeps all that it wrote
millrace central sql --remove --organization CODE [--role NAME] [--keep-role] [--with-schema]
    prints the SQL that takes a gateway role out again; with its last role the gateway's own tables, if asked for
millrace central sql --route FILE [--config config/gateway.yaml]
    prints the SQL with which a DBA lets a mapped route write: exactly what its file needs; in a database of its own with the
    gateway's own tables there
millrace central sql --fleet-reader ROLE [--organization CODE] [--remove]
    prints the SQL that lets a role of people see the gateways of one organization, or of all, in the view edge_gateway.fleet
millrace central fleet [--json] [--config config/gateway.yaml]
    all gateways of the organization: when each was last seen, its lag, version, troubles and rows in quarantine
millrace central check [--json] [--config config/gateway.yaml]
    connects and proves: TLS, role, rights, own rows writable, others' not, machines of the maps, the other gateway of its pair, clock;
    and of each mapped route its tables, columns, types, routines and rights
millrace central check --production [--json] [--config config/gateway.yaml]
    judges whether central is ready for production, and only reads: TLS, rights, connections, backups, replication, logging,
    tables, indexes, locks. "ok": as it should be; "tip": works, and could be better; "NOT": mend it; "?": this role cannot see
    it, and who can. What is indented below says what to do`,
  exits: [
    '0 printed, or all proven; tips and what is unseen keep nothing out',
    '1 something is not as it must be, or a gateway needs somebody',
    '2 the configuration, or the file of the route, has faults',
  ],
  example: 'millrace central sql --organization SAV | psql --set ON_ERROR_STOP=1 mes',
  page: 'docs/central.md',
  async run(context) {
    const [action, ...args] = context.args
    if (action === 'sql') return printSql({ ...context, args })
    if (action === 'check') return check({ ...context, args })
    if (action === 'fleet') return printFleet({ ...context, args })
    throw wrongAction('central', action, ['sql', 'check', 'fleet'])
  },
}

const CHECK_OPTIONS = {
  ...CONFIG_OPTION,
  production: { type: 'boolean' },
  json: { type: 'boolean' },
} as const

async function check(context: CommandContext): Promise<number> {
  const { args, env, cwd, out, signal } = context
  const { values } = parseArgs({ args: [...args], options: CHECK_OPTIONS })
  const config = loadConfig({ file: configFile(values, cwd), env, cwd })
  const log = createLog('error', logStream(context))
  const files = routeFilesOf(config, cwd)
  const settings = {
    ...centralSettings(config, { clock: systemClock, log }),
    ...routesInCentral(files, config.central.schema),
    pair: config.pair,
  }
  const verdicts: Judgement[] = []
  const tell = (verdict: Judgement) => {
    verdicts.push(verdict)
    if (!values.json) out(judgementText(verdict))
  }
  if (values.production) {
    await checkProduction(settings, signal, tell)
    if (!values.json) out(countText(verdicts))
  } else {
    const { maps, faults } = loadMaps({ folder: config.devicesFolder, ...knownHardware(), cwd })
    await checkCentral(settings, { ...describedBy(maps), faults: faults.length }, signal, (proof) =>
      tell(judgementOf(proof)),
    )
    await checkRoutes(files, { config, log, signal }, tell)
  }
  if (values.json) out(`${JSON.stringify(verdicts, null, 2)}\n`)
  return isReady(verdicts) ? ALL_PROVEN : NOT_PROVEN
}
