/** The SQL with which a DBA lets the gateways of one organization into central, and takes them out again. */
import { readFile } from 'node:fs/promises'
import { escapeLiteral } from 'pg'
import { quoteName } from '../../postgres/names.ts'
import { MACHINE_PARAMETERS, machineFunction, machineFunctionBody } from './machine-statement.ts'
import { FLEET_COLUMNS, MES_RIGHTS, OWN_RIGHTS, type TableRights } from './rights.ts'
import { SCHEMA_VERSION } from './tenant.ts'

interface GatewayRole {
  /** `organizations.code`. */
  readonly organization: string
  /** The login role; `millrace_` and the organization's code unless named. */
  readonly role?: string | undefined
}

interface LetInOptions extends GatewayRole {
  /** The schema of the MES tables; `public` unless named. Null in a database that has none, to which only routes of files write. */
  readonly schema?: string | null | undefined
  /** Whether a role may be taken that exists already and has no rights. */
  readonly existingRole?: boolean | undefined
  /** How many connections the role may have at once; as it was, unless said. */
  readonly connections?: number | undefined
  /** A token with which one gateway enrols. */
  readonly token?: TokenGiven | undefined
}

/** What central may know of a token. */
interface TokenGiven {
  /** Its SCRAM verifier. */
  readonly verifier: string
  readonly lifeMs: number
}

interface RemoveOptions extends GatewayRole {
  /** The login stays, without any right. */
  readonly keepRole?: boolean | undefined
  /** The gateway's own tables go too, if this was the last role. */
  readonly dropSchema?: boolean | undefined
}

/** Characters of `organizations.code`. */
const CODE_CHARACTERS_MAX = 50
/** Names of policies are made of the role's; PostgreSQL cuts names after 63 bytes. */
const ROLE_BYTES_MAX = 48
const NAME_BYTES_MAX = 63

/** For the role of one gateway: one connection that stays and two that come and go, and the same again for mapped routes and a pooler. */
const CONNECTIONS_OF_ONE = 12

/** In the order in which they are run, as one transaction. */
const LET_IN = [
  'let-in/1-requirements',
  'own-schema',
  'let-in/2-own-tables',
  'let-in/3-gateway-report',
  'let-in/4-fleet',
  'let-in/5-pair',
  'let-in/6-logins',
  'let-in/7-row-security',
  'let-in/8-role',
  'let-in/9-access',
  'let-in/10-machine-status',
  'let-in/11-login',
]
const TAKE_OUT = [
  'take-out/1-settings',
  'own-schema',
  'bound-role',
  'no-rights',
  'take-out/2-removal',
  'commit',
]
// Without rights, sessions can do nothing that are open now and that nobody can end.
const REVOKE = [
  'revoke/1-settings',
  'own-schema',
  'bound-role',
  'revoke/2-revoke',
  'no-rights',
  'commit',
  'end-sessions',
]
const FLEET_READER = ['fleet/1-settings', 'own-schema', 'fleet/2-reader', 'commit']

/**
 * What makes the gateway's own tables and its role, or brings them up to date.
 * @throws RangeError for a name that PostgreSQL could not hold
 */
export async function gatewaySql({
  schema = 'public',
  existingRole = false,
  connections,
  token,
  ...who
}: LetInOptions): Promise<string> {
  if (schema !== null) requireBytes('schema', schema, NAME_BYTES_MAX)
  const ofMes = schema === null ? [] : MES_RIGHTS
  const values: Values = {
    ...named(who),
    schema: escapeLiteral(schema ?? ''),
    existing_role: flag(existingRole),
    version: String(SCHEMA_VERSION),
    needed_tables: listed(MES_RIGHTS.filter(({ needed }) => needed))
      .map((name) => `(${name})`)
      .join(', '),
    mes_tables: listed(MES_RIGHTS).join(', '),
    own_tables: OWN_TABLES,
    fleet_columns: FLEET_COLUMNS.join(', '),
    rights: [
      ...OWN_RIGHTS.map((rights) => rightsText(`'edge_gateway'`, rights)),
      ...ofMes.map((rights) => rightsText(escapeLiteral(schema ?? ''), rights)),
    ].join(',\n        '),
    ...machineFunctionValues(schema ?? ''),
    connections: String(connections ?? CONNECTIONS_OF_ONE),
    verifier: escapeLiteral(token?.verifier ?? ''),
    token_life: escapeLiteral(`${token?.lifeMs ?? 0} milliseconds`),
  }
  const limit = connections === undefined ? [] : ['let-in/limit']
  // Whoever still has the old password is shut out with it.
  const enrolment = token ? ['let-in/12-token', 'commit', 'end-sessions'] : ['commit']
  return filledIn([...LET_IN, ...limit, ...enrolment], values)
}

/**
 * What shuts one role out at once, and leaves all that it wrote.
 * @throws RangeError for a name that PostgreSQL could not hold
 */
export async function revocationSql(who: GatewayRole): Promise<string> {
  return filledIn(REVOKE, named(who))
}

/**
 * What takes one role out again.
 * @throws RangeError for a name that PostgreSQL could not hold
 */
export async function removalSql({
  keepRole = false,
  dropSchema = false,
  ...who
}: RemoveOptions): Promise<string> {
  return filledIn(TAKE_OUT, {
    ...named(who),
    keep_role: flag(keepRole),
    drop_schema: flag(dropSchema),
    own_tables: OWN_TABLES,
    machine_parameters: MACHINE_PARAMETERS,
    role_too: keepRole ? '; the role itself stays, without rights' : ', and the role itself',
  })
}

interface FleetReader {
  /** The role of people. */
  readonly reader: string
  /** `organizations.code`; all organizations where none is named. */
  readonly organization?: string | undefined
  /** Takes what was given away again. */
  readonly remove?: boolean | undefined
}

/**
 * What lets people see gateways in the view `edge_gateway.fleet`.
 * @throws RangeError for a name that PostgreSQL could not hold
 */
export async function fleetReaderSql({ reader, organization, remove = false }: FleetReader): Promise<string> {
  requireBytes('fleet-reader', reader, NAME_BYTES_MAX)
  if (organization !== undefined) requireCode(organization)
  return filledIn(FLEET_READER, {
    reader: escapeLiteral(reader),
    organization: escapeLiteral(organization ?? ''),
    remove: flag(remove),
  })
}

/** The login role of an organization's gateways, unless another one is named. */
export function defaultRole(organization: string): string {
  return `millrace_${organization.toLowerCase()}`
}

type Values = Readonly<Record<string, string>>

/** The tables are filled in where it is known which of them the role reaches through views. */
function machineFunctionValues(schema: string): Values {
  return {
    machine_parameters: MACHINE_PARAMETERS,
    machine_function: escapeLiteral(
      machineFunctionBody({ machines: '<machines>', history: '<machine_status_history>' }),
    ),
    quoted_schema: escapeLiteral(quoteName(schema)),
  }
}

async function filledIn(parts: readonly string[], values: Values): Promise<string> {
  const files = parts.map((part) => readFile(new URL(`./sql/${part}.sql`, import.meta.url), 'utf8'))
  return (await Promise.all(files))
    .join('')
    .replace(/\{\{(\w+)\}\}/g, (_, name: string) => values[name] ?? '')
}

function named({ organization, role = defaultRole(organization) }: GatewayRole): Values {
  requireCode(organization)
  requireBytes('role', role, ROLE_BYTES_MAX)
  return {
    organization: escapeLiteral(organization),
    role: escapeLiteral(role),
    machine_function_name: escapeLiteral(machineFunction(role)),
  }
}

function requireCode(organization: string): void {
  requirePrintable('organization', organization)
  if ([...organization].length <= CODE_CHARACTERS_MAX) return
  throw new RangeError(`organization must have 1 to ${CODE_CHARACTERS_MAX} characters: ${organization}`)
}

function flag(value: boolean): string {
  return value ? `'yes'` : `'no'`
}

/** Those on which no gateway has a right, too. */
const OWN_TABLES = [...listed(OWN_RIGHTS), `'fleet_reader'`].join(', ')

function listed(tables: readonly TableRights[]): readonly string[] {
  return tables.map(({ name }) => `'${name}'`)
}

function rightsText(schema: string, rights: TableRights): string {
  const { name, needed, read, insert, update, spare, belongs } = rights
  const lists = [read, insert, update, spare, Object.entries(belongs).map((pair) => pair.join(':'))]
  return `(${schema}, '${name}', ${needed},\n            ${lists.map((list) => `'${list.join(' ')}'`).join(',\n            ')})`
}

function requirePrintable(what: string, name: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  if (name !== '' && !/[\x00-\x1f\x7f]/.test(name)) return
  throw new RangeError(
    `${what} must have at least 1 character and no control characters: ${JSON.stringify(name)}`,
  )
}

function requireBytes(what: string, name: string, most: number): void {
  requirePrintable(what, name)
  if (Buffer.byteLength(name) <= most) return
  throw new RangeError(
    `${what} must have at most ${most} bytes, and this has ${Buffer.byteLength(name)}: ${name}; name another one with --${what}`,
  )
}
