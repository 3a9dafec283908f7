/** Says what an error of the database or of the link means for the batch, in words that somebody can act on. */
import { DatabaseError } from 'pg'
import { DestinationError, type Refusal } from '../domain/errors.ts'
import { WRITTEN_COLUMNS } from '../routes/mes/columns.ts'

interface Meaning {
  readonly code: string
  readonly refusal: Refusal
  readonly hint?: string
}

const GRANTS = 'ask the DBA to run what `millrace central sql` prints'

/** By SQLSTATE or the beginning of one; the longest that fits wins. What is not here waits. */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  '08': { code: 'central-link', refusal: 'wait' },
  '22': { code: 'central-row', refusal: 'row' },
  '23': { code: 'central-row', refusal: 'row' },
  '25006': {
    code: 'central-read-only',
    refusal: 'wait',
    hint: 'central takes no writes: point central.hosts at the primary, or wait until it is writable again',
  },
  '28': { code: 'central-login', refusal: 'wait', hint: 'check the user and the password of central' },
  '3D': { code: 'central-login', refusal: 'wait', hint: 'check the database in central.url' },
  '3F': { code: 'central-schema', refusal: 'wait', hint: `check central.schema, and ${GRANTS}` },
  '40': { code: 'central-busy', refusal: 'wait' },
  '42': {
    code: 'central-schema',
    refusal: 'wait',
    hint: `the tables are not as this version of the gateway knows them; compare the versions, and ${GRANTS}`,
  },
  '42501': { code: 'central-privilege', refusal: 'wait', hint: GRANTS },
  '42P01': { code: 'central-schema', refusal: 'wait', hint: `check central.schema, and ${GRANTS}` },
  '53100': { code: 'central-full', refusal: 'wait', hint: "make room on the database server's disk" },
  '53300': { code: 'central-busy', refusal: 'wait', hint: 'raise max_connections, or close other sessions' },
  '53400': {
    code: 'central-limit',
    refusal: 'wait',
    hint: 'for late rows in compressed chunks raise timescaledb.max_tuples_decompressed_per_dml_transaction for this role',
  },
  // An index entry that is too long is one row's doing; other program limits are not.
  '54000': { code: 'central-row', refusal: 'row' },
  '55P03': {
    code: 'central-busy',
    refusal: 'wait',
    hint: 'another session holds the rows; see pg_stat_activity',
  },
  '57014': { code: 'central-slow', refusal: 'wait', hint: 'central needed longer than the limit' },
  // A rule of the site's own, raised by a trigger.
  P0001: { code: 'central-row', refusal: 'row' },
}
const OTHERWISE: Meaning = { code: 'central-fault', refusal: 'wait' }

const LINK_HINTS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody listens there: check host and port, and that the database runs',
  ENOTFOUND: 'the name is not known: check the host and the DNS',
  EAI_AGAIN: 'the name cannot be looked up now: check the DNS',
  EHOSTUNREACH: 'there is no way to that host: check the network',
  ENETUNREACH: 'there is no way to that network: check the cable and the route',
  ERR_TLS_CERT_ALTNAME_INVALID: "the certificate is another host's: use the name that stands in it",
  CERT_HAS_EXPIRED: "renew the database server's certificate, or check this machine's clock",
  CERT_NOT_YET_VALID: "check this machine's clock",
  DEPTH_ZERO_SELF_SIGNED_CERT: 'name its CA in central.tls.ca_file',
  SELF_SIGNED_CERT_IN_CHAIN: 'name its CA in central.tls.ca_file',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'name its CA in central.tls.ca_file',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'name its CA in central.tls.ca_file',
}

/** @param where host and port, as the message names them */
export function centralError(error: unknown, where: string): DestinationError {
  if (error instanceof DestinationError) return error
  return error instanceof DatabaseError ? spoken(error, where) : linkError(error, where)
}

function spoken(error: DatabaseError, where: string): DestinationError {
  const sqlstate = error.code ?? 'XX000'
  const { code, refusal, hint } = meaningFor(error, sqlstate)
  const detail = error.detail ? ` (${error.detail})` : ''
  return new DestinationError(code, `central at ${where} says: ${error.message}${detail}`, {
    refusal,
    sqlstate,
    ...(hint ? { hint } : {}),
  })
}

function meaningFor(error: DatabaseError, sqlstate: string): Meaning {
  if (isSchemaDrift(error)) return schemaDrift(error)
  // No event is to blame for what goes wrong in our own tables, such as two gateways beginning one stream.
  if (error.schema === 'edge_gateway') return OTHERWISE
  return meaningOf(sqlstate)
}

function meaningOf(sqlstate: string): Meaning {
  return MEANINGS[sqlstate] ?? MEANINGS[sqlstate.slice(0, 2)] ?? OTHERWISE
}

/** NOT NULL on a column that the gateway does not know would refuse every row: no row is to blame. */
function isSchemaDrift({ code, table, column }: DatabaseError): boolean {
  return code === '23502' && !WRITTEN_COLUMNS.get(table ?? '')?.includes(column ?? '')
}

function schemaDrift({ table, column }: DatabaseError): Meaning {
  return {
    code: 'central-schema',
    refusal: 'wait',
    hint: `give ${table}.${column} a default, or update the gateway to a version that fills it`,
  }
}

function linkError(error: unknown, where: string): DestinationError {
  const { code, message } = innermost(error)
  const hint = code === undefined ? undefined : LINK_HINTS[code]
  return new DestinationError('central-link', `no link to central at ${where}: ${message}`, {
    refusal: 'wait',
    ...(hint ? { hint } : {}),
  })
}

/** A host with several addresses fails with one error for each; they mostly say the same. */
function innermost(error: unknown): { readonly code: string | undefined; readonly message: string } {
  if (error instanceof AggregateError && error.errors.length > 0) return innermost(error.errors[0])
  if (!(error instanceof Error)) return { code: undefined, message: String(error) }
  return { code: 'code' in error ? String(error.code) : undefined, message: error.message }
}

/** What the session itself finds wrong with one row. */
export function rowRefused(message: string, hint?: string): DestinationError {
  return new DestinationError('central-row', message, { refusal: 'row', ...(hint ? { hint } : {}) })
}

/**
 * An error at COMMIT. Where the server spoke of the rows or of another session it has rolled back; where it was
 * shutting down, or did not speak at all, nobody knows.
 */
export function commitError(error: DestinationError): DestinationError {
  const { sqlstate, message } = error
  if (sqlstate !== null && !/^(08|57|58|XX)/.test(sqlstate)) return error
  return new DestinationError('central-unknown', `whether the commit was done is not known: ${message}`, {
    refusal: 'unknown',
    sqlstate,
    cause: error,
  })
}
