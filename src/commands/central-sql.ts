/** `millrace central sql`: what a DBA runs to let a gateway, or a route of its files, into a database, or to take it out again. */
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { loadConfig } from '../config/load-config.ts'
import { readYamlFile } from '../documents/yaml-source.ts'
import { ConfigError } from '../domain/errors.ts'
import { ROUTE_KINDS } from '../routes/index.ts'
import type { MappedSettings } from '../routes/mapped/mapped-route.ts'
import { rightsOf } from '../routes/mapped/rights.ts'
import { routeRightsSql } from '../routes/mapped/rights-sql.ts'
import { mappedRouteKind } from '../routes/mapped/route.ts'
import { newToken, tokenVerifier } from '../routes/mes/enrolment/token.ts'
import { fleetReaderSql, gatewaySql, removalSql, revocationSql } from '../routes/mes/gateway-sql.ts'
import { judgeRouteFile } from '../routes/route-file.ts'
import { parseDuration } from '../runtime/units.ts'
import { type CommandContext, UsageError } from './command.ts'
import { CONFIG_OPTION, configFile } from './options.ts'

const SQL_OPTIONS = {
  ...CONFIG_OPTION,
  route: { type: 'string' },
  organization: { type: 'string' },
  role: { type: 'string' },
  schema: { type: 'string' },
  'existing-role': { type: 'boolean' },
  remove: { type: 'boolean' },
  'keep-role': { type: 'boolean' },
  'with-schema': { type: 'boolean' },
  'fleet-reader': { type: 'string' },
  enrol: { type: 'string' },
  revoke: { type: 'boolean' },
  connections: { type: 'string' },
} as const

/** Prints it, and asks no database. */
export async function printSql(context: CommandContext): Promise<number> {
  const { args, out } = context
  const values = parsedSql(args)
  if (values.route !== undefined) return printRouteSql(context, { ...values, route: values.route })
  const { organization, remove, 'fleet-reader': reader } = values
  if (reader !== undefined) {
    out(await fleetReaderSql({ reader, organization, remove: remove ?? false }).catch(asUsage))
    return 0
  }
  if (organization === undefined)
    throw new UsageError('--organization is missing: the code in organizations.code')
  const action = actionOf(values)
  requireFitting(values, action)
  if (action === 'letIn') return printLetIn(context, { ...values, organization })
  const who = { organization, role: values.role }
  const sql =
    action === 'revoke'
      ? revocationSql(who)
      : removalSql({ ...who, keepRole: values['keep-role'], dropSchema: values['with-schema'] })
  out(await sql.catch(asUsage))
  return 0
}

type Action = 'letIn' | 'remove' | 'revoke'
type SqlValues = ReturnType<typeof parsedSql>

function parsedSql(args: readonly string[]) {
  return parseArgs({ args: [...args], options: SQL_OPTIONS }).values
}

/** Options that belong to one action alone, and how that is said. */
const OF_ACTION: Readonly<Record<Action, readonly (keyof SqlValues)[]>> = {
  letIn: ['schema', 'existing-role', 'enrol', 'connections'],
  remove: ['keep-role', 'with-schema'],
  revoke: [],
}

function actionOf({ remove = false, revoke = false }: SqlValues): Action {
  if (remove && revoke) throw new UsageError('--remove and --revoke do not go together: --remove does both')
  if (remove) return 'remove'
  return revoke ? 'revoke' : 'letIn'
}

function requireFitting(values: SqlValues, action: Action): void {
  for (const [of, options] of Object.entries(OF_ACTION)) {
    const option = of === action ? undefined : options.find((name) => values[name] !== undefined)
    if (option === undefined) continue
    throw new UsageError(
      action === 'letIn'
        ? `--${option} is only for --${of}`
        : `--${option} has no meaning together with --${action}`,
    )
  }
}

/** How long a token to enrol may wait to be used. */
const TOKEN_LIFE = { min: 60_000, max: 7 * 86_400_000 }

async function printLetIn(
  { out, err }: CommandContext,
  values: SqlValues & { readonly organization: string },
): Promise<number> {
  const { organization, role, schema } = values
  // The usual role is that of all gateways of the organization: the others would lose their login with it.
  if (values.enrol !== undefined && role === undefined)
    throw new UsageError('--role is missing: --enrol is for a role that one gateway has for itself')
  const token = values.enrol === undefined ? undefined : newToken()
  const sql = gatewaySql({
    organization,
    role,
    schema,
    existingRole: values['existing-role'],
    connections: connectionsIn(values.connections),
    token:
      token === undefined
        ? undefined
        : { verifier: tokenVerifier(token), lifeMs: tokenLife(values.enrol ?? '') },
  })
  out(await sql.catch(asUsage))
  if (token)
    err(
      `the token, shown this once: ${token}\n` +
        `at the gateway, within ${values.enrol} of running the SQL: millrace enrol\n`,
    )
  return 0
}

function tokenLife(written: string): number {
  const ms = parseDuration(written)
  if (ms !== undefined && ms >= TOKEN_LIFE.min && ms <= TOKEN_LIFE.max) return ms
  throw new UsageError(`--enrol takes how long the token may wait to be used, 1m to 7d, as in --enrol 1h`)
}

function connectionsIn(written: string | undefined): number | undefined {
  if (written === undefined) return undefined
  if (/^[1-9]\d{0,4}$/.test(written)) return Number(written)
  throw new UsageError('--connections takes a number: how many the role may have at once')
}

function asUsage(error: unknown): never {
  throw error instanceof RangeError ? new UsageError(error.message) : error
}

interface RouteCall {
  readonly route: string
  readonly config?: string | undefined
}

/** The role is the one that the gateway logs in with: that of `central:`, or of the route's own database. */
async function printRouteSql({ cwd, env, out }: CommandContext, values: RouteCall): Promise<number> {
  const { central, organization } = loadConfig({ file: configFile(values, cwd), env, cwd })
  const { name, settings } = readRoute(resolve(cwd, values.route), cwd)
  const rights = rightsOf(settings, central.schema)
  if (settings.to.database === 'central') {
    out(
      await routeRightsSql(rights, { route: name, role: central.connection.user, mesSchema: central.schema }),
    )
    return 0
  }
  const role = settings.to.connection.user
  out(await gatewaySql({ organization, role, schema: null }).catch(asUsage))
  out(`\n${await routeRightsSql(rights, { route: name, role, mesSchema: '' })}`)
  return 0
}

/** @throws ConfigError for a file with faults */
function readRoute(path: string, cwd: string): { readonly name: string; readonly settings: MappedSettings } {
  const { route, faults } = judgeRouteFile(readYamlFile(path, cwd), path, {
    kinds: ROUTE_KINDS,
    secrets: {},
    cwd,
  })
  if (!route) throw new ConfigError(faults)
  if (route.kind !== mappedRouteKind)
    throw new UsageError(`${route.name} needs no rights in a database: only routes with rows: do`)
  return { name: route.name, settings: route.settings as MappedSettings }
}
