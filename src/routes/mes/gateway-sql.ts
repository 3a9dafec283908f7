/** The SQL with which a DBA prepares central for the gateways of one organization. */
import { readFile } from 'node:fs/promises'
import { escapeLiteral } from 'pg'
import { SCHEMA_VERSION } from './tenant.ts'

interface GatewaySqlOptions {
  /** `organizations.code`. */
  readonly organization: string
  /** The login role to make; `millrace_` and the organization's code unless named. */
  readonly role?: string | undefined
  /** The schema of the MES tables; `public` unless named. */
  readonly schema?: string | undefined
}

/** Names of policies and triggers are made of the role's; PostgreSQL cuts names after 63 bytes. */
const ROLE_BYTES_MAX = 48
const NAME_BYTES_MAX = 63

/**
 * Fills in `sql/edge-gateway.sql`.
 * @throws RangeError for a name that PostgreSQL could not hold
 */
export async function gatewaySql({
  organization,
  schema = 'public',
  ...options
}: GatewaySqlOptions): Promise<string> {
  const role = options.role ?? defaultRole(organization)
  requireName('organization', organization, 50)
  requireName('role', role, ROLE_BYTES_MAX)
  requireName('schema', schema, NAME_BYTES_MAX)
  const values: Readonly<Record<string, string>> = {
    organization: escapeLiteral(organization),
    role: escapeLiteral(role),
    schema: escapeLiteral(schema),
    version: String(SCHEMA_VERSION),
  }
  const template = await readFile(new URL('./sql/edge-gateway.sql', import.meta.url), 'utf8')
  return template.replace(/\{\{(\w+)\}\}/g, (_, name: string) => values[name] ?? '')
}

/** The login role of an organization's gateways, unless another one is named. */
export function defaultRole(organization: string): string {
  return `millrace_${organization.toLowerCase()}`
}

function requireName(what: string, name: string, bytesMax: number): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  if (name !== '' && !/[\x00-\x1f\x7f]/.test(name) && Buffer.byteLength(name) <= bytesMax) return
  throw new RangeError(
    `${what} must have 1 to ${bytesMax} characters and no control characters: ${JSON.stringify(name)}`,
  )
}
