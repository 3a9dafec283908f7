/** The SQL with which a DBA lets the gateways of one organization into central, and takes them out again. */
import { readFile } from 'node:fs/promises'
import { escapeLiteral } from 'pg'
import { MES_RIGHTS, OWN_RIGHTS, type TableRights } from './rights.ts'
import { SCHEMA_VERSION } from './tenant.ts'

interface GatewayRole {
  /** `organizations.code`. */
  readonly organization: string
  /** The login role; `millrace_` and the organization's code unless named. */
  readonly role?: string | undefined
}

interface LetInOptions extends GatewayRole {
  /** The schema of the MES tables; `public` unless named. */
  readonly schema?: string | undefined
  /** Whether a role may be taken that exists already and has no rights. */
  readonly existingRole?: boolean | undefined
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

/** In the order in which they are run, as one transaction. */
const LET_IN = [
  'let-in/1-requirements',
  'own-schema',
  'let-in/2-own-tables',
  'let-in/3-role',
  'let-in/4-access',
]
const TAKE_OUT = ['take-out/1-settings', 'own-schema', 'take-out/2-removal']

/**
 * What makes the gateway's own tables and its role, or brings them up to date.
 * @throws RangeError for a name that PostgreSQL could not hold
 */
export async function gatewaySql({
  schema = 'public',
  existingRole = false,
  ...who
}: LetInOptions): Promise<string> {
  requireBytes('schema', schema, NAME_BYTES_MAX)
  const values: Values = {
    ...named(who),
    schema: escapeLiteral(schema),
    existing_role: flag(existingRole),
    version: String(SCHEMA_VERSION),
    needed_tables: listed(MES_RIGHTS.filter(({ needed }) => needed))
      .map((name) => `(${name})`)
      .join(', '),
    mes_tables: listed(MES_RIGHTS).join(', '),
    rights: [
      ...OWN_RIGHTS.map((rights) => rightsText(`'edge_gateway'`, rights)),
      ...MES_RIGHTS.map((rights) => rightsText(escapeLiteral(schema), rights)),
    ].join(',\n        '),
  }
  return filledIn(LET_IN, values)
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
    role_too: keepRole ? '; the role itself stays, without rights' : ', and the role itself',
  })
}

/** The login role of an organization's gateways, unless another one is named. */
export function defaultRole(organization: string): string {
  return `millrace_${organization.toLowerCase()}`
}

type Values = Readonly<Record<string, string>>

async function filledIn(parts: readonly string[], values: Values): Promise<string> {
  const files = parts.map((part) => readFile(new URL(`./sql/${part}.sql`, import.meta.url), 'utf8'))
  return (await Promise.all(files))
    .join('')
    .replace(/\{\{(\w+)\}\}/g, (_, name: string) => values[name] ?? '')
}

function named({ organization, role = defaultRole(organization) }: GatewayRole): Values {
  requirePrintable('organization', organization)
  if ([...organization].length > CODE_CHARACTERS_MAX)
    throw new RangeError(`organization must have 1 to ${CODE_CHARACTERS_MAX} characters: ${organization}`)
  requireBytes('role', role, ROLE_BYTES_MAX)
  return { organization: escapeLiteral(organization), role: escapeLiteral(role) }
}

function flag(value: boolean): string {
  return value ? `'yes'` : `'no'`
}

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
