/** Says what an error of the database or of the link means for the batch, in words that somebody can act on. */
import { DatabaseError } from 'pg'
import { DestinationError, type Refusal } from '../domain/errors.ts'
import type { TlsSettings } from './settings.ts'

/** The server at the other end of a link, as messages, hints and codes need to know it. */
export interface Peer {
  /** The section of the configuration that describes it: `central`. Error codes begin with it. */
  readonly name: string
  /** Host and port. */
  readonly where: string
  /** How the DBA gives the gateway its rights there. */
  readonly grants: string
  /** Whether the gateway itself fills a column: NOT NULL elsewhere is the schema's doing and no row's. */
  readonly writes: (table: string, column: string) => boolean
  /** How the link is encrypted, and whom it trusts. */
  readonly tls: Pick<TlsSettings, 'mode' | 'caFile'>
}

interface Meaning {
  /** The second half of the code: `link` becomes `central-link`. */
  readonly part: string
  readonly refusal: Refusal
  readonly hint?: (peer: Peer) => string
}

/** A restart, an administrator, or a limit on idle sessions has ended the session. */
const connectsAgain = ({ name }: Peer) =>
  `the gateway connects again by itself; if this comes again and again, ask the DBA of ${name} what ends its sessions`

/**
 * What is no matter of rows, by SQLSTATE or the beginning of one; the longest that fits wins. Whatever else the server says is
 * about the rows that it was given, because a site's triggers may raise any code.
 */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  '08': { part: 'link', refusal: 'wait' },
  // No server says so at a healthy link; poolers do, of whatever keeps them from a server.
  '08P01': {
    part: 'link',
    refusal: 'wait',
    hint: ({ where }) =>
      `if ${where} is a pooler, look at its log, its users, and the size and mode of its pool`,
  },
  '25': { part: 'fault', refusal: 'wait' },
  '25006': {
    part: 'read-only',
    refusal: 'wait',
    hint: ({ name }) =>
      `${name} takes no writes: point ${name}.hosts at the primary, or wait until it is writable again`,
  },
  '28': { part: 'login', refusal: 'wait', hint: ({ name }) => `check the user and the password of ${name}` },
  // Among others: nobody who comes like this is let in at all.
  '28000': { part: 'login', refusal: 'wait', hint: refusedBeforePassword },
  '3D': { part: 'login', refusal: 'wait', hint: ({ name }) => `check the database in ${name}.url` },
  '3F': { part: 'schema', refusal: 'wait', hint: checkSchema },
  '40': { part: 'busy', refusal: 'wait' },
  '42501': { part: 'privilege', refusal: 'wait', hint: ({ grants }) => grants },
  '42P01': { part: 'schema', refusal: 'wait', hint: checkSchema },
  '53': { part: 'limit', refusal: 'wait' },
  '53100': { part: 'full', refusal: 'wait', hint: () => "make room on the database server's disk" },
  '53300': { part: 'busy', refusal: 'wait', hint: () => 'raise max_connections, or close other sessions' },
  '53400': {
    part: 'limit',
    refusal: 'wait',
    hint: () =>
      'for late rows in compressed chunks raise timescaledb.max_tuples_decompressed_per_dml_transaction for this role',
  },
  // PostgreSQL calls it a limit of its own; it is one of an index that somebody has made.
  '54000': {
    part: 'row',
    refusal: 'refused',
    hint: () =>
      'where an index cannot hold a text so long, ask the DBA to index a hash of it: CREATE INDEX … (md5(column))',
  },
  '55P03': {
    part: 'busy',
    refusal: 'locked',
    hint: () => 'another session holds the rows; see pg_stat_activity',
  },
  '57': { part: 'fault', refusal: 'wait' },
  '57P01': { part: 'fault', refusal: 'wait', hint: connectsAgain },
  '57P02': { part: 'fault', refusal: 'wait', hint: connectsAgain },
  '57P03': {
    part: 'fault',
    refusal: 'wait',
    hint: ({ where }) =>
      `nothing to do while ${where} starts or recovers; if it does not end, see its own log`,
  },
  '57P05': { part: 'fault', refusal: 'wait', hint: connectsAgain },
  '57014': { part: 'slow', refusal: 'wait', hint: ({ name }) => `${name} needed longer than the limit` },
  '58': { part: 'fault', refusal: 'wait' },
}
const OWN_TABLES: Meaning = { part: 'fault', refusal: 'wait' }
const OF_ROWS: Meaning = { part: 'row', refusal: 'refused' }
/** The server does not understand a statement of ours: that is the same for every row. */
const NOT_UNDERSTOOD: Meaning = {
  part: 'schema',
  refusal: 'wait',
  hint: ({ grants }) =>
    `the tables are not as this version of the gateway knows them; compare the versions, and ${grants}`,
}

function checkSchema({ name, grants }: Peer): string {
  return `check ${name}.schema, and ${grants}`
}

function refusedBeforePassword({ name, tls }: Peer): string {
  const who = `check the user of ${name}, and what its pg_hba.conf says of this computer`
  return tls.mode === 'off' ? `${who}: it may take only TLS, and ${name}.tls is off` : who
}

const NAME_ITS_CA = ({ name, tls }: Peer) =>
  tls.caFile === undefined
    ? `name its CA in ${name}.tls.ca_file`
    : `its certificate is not of the CA in ${tls.caFile} (${name}.tls.ca_file): ask the DBA which CA it is of`

const LINK_HINTS: Readonly<Record<string, (peer: Peer) => string>> = {
  ECONNREFUSED: () => 'nobody listens there: check host and port, and that the database runs',
  ENOTFOUND: () => 'the name is not known: check the host and the DNS',
  EAI_AGAIN: () => 'the name cannot be looked up now: check the DNS',
  EHOSTUNREACH: () => 'there is no way to that host: check the network',
  ENETUNREACH: () => 'there is no way to that network: check the cable and the route',
  ERR_TLS_CERT_ALTNAME_INVALID: () => "the certificate is another host's: use the name that stands in it",
  CERT_HAS_EXPIRED: () => "renew the database server's certificate, or check this machine's clock",
  CERT_NOT_YET_VALID: () => "check this machine's clock",
  DEPTH_ZERO_SELF_SIGNED_CERT: NAME_ITS_CA,
  SELF_SIGNED_CERT_IN_CHAIN: NAME_ITS_CA,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: NAME_ITS_CA,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: NAME_ITS_CA,
}

/** Puts whatever was thrown on a link into words. */
export function linkError(error: unknown, peer: Peer): DestinationError {
  if (error instanceof DestinationError) return error
  return error instanceof DatabaseError ? spoken(error, peer) : broken(error, peer)
}

/** The server answered, with an error. */
function spoken(error: DatabaseError, peer: Peer): DestinationError {
  const sqlstate = error.code ?? 'XX000'
  const { part, refusal, hint } = meaningFor(error, sqlstate, peer)
  const detail = error.detail ? ` (${error.detail})` : ''
  return new DestinationError(
    `${peer.name}-${part}`,
    `${peer.name} at ${peer.where} says: ${error.message}${detail}`,
    {
      refusal,
      sqlstate,
      cause: error,
      refusedBy: refuserOf(error, sqlstate),
      ...(hint ? { hint: hint(peer) } : {}),
    },
  )
}

/** The same text for every row that one thing refuses: what the message says of the row itself is left out where it can be. */
function refuserOf({ schema, table, column, constraint, where, message }: DatabaseError, sqlstate: string) {
  const raisedIn = where?.split('\n').filter((line) => line.includes('PL/pgSQL')) ?? []
  const named = [schema, table, column, constraint, ...raisedIn].filter(Boolean)
  return [sqlstate, ...(named.length > 0 ? named : [message])].join(' ')
}

function meaningFor(error: DatabaseError, sqlstate: string, peer: Peer): Meaning {
  if (isSchemaDrift(error, peer)) return schemaDrift(error)
  if (isOutOfBounds(error) || isRaised(error)) return OF_ROWS
  // No event is to blame for what goes wrong in our own tables, such as two gateways beginning one stream.
  if (error.schema === 'edge_gateway') return OWN_TABLES
  const known = MEANINGS[sqlstate] ?? MEANINGS[sqlstate.slice(0, 2)]
  if (!/^(42|3F)/.test(sqlstate)) return known ?? OF_ROWS
  // In a function that the row has set off, a name or a right that is not there is that function's fault.
  return error.where === undefined ? (known ?? NOT_UNDERSTOOD) : OF_ROWS
}

/**
 * NOT NULL on a column that the gateway does not know refuses every row, unless a trigger of the site fills it for some of them. In
 * another table, which a function writes, it is that function's fault.
 */
function isSchemaDrift({ code, table, column, where }: DatabaseError, { writes }: Peer): boolean {
  return code === '23502' && where === undefined && !writes(table ?? '', column ?? '')
}

/** A function of the site has said so itself, under whatever code it likes, be it that of a broken link or of a full disk. */
function isRaised({ routine }: DatabaseError): boolean {
  return routine === 'exec_stmt_raise'
}

/**
 * A policy, or a view, refuses what a row says; a missing right what the role does. The code may be the same, the routine is not,
 * and has the same name in every language.
 */
function isOutOfBounds({ code, routine }: DatabaseError): boolean {
  return (code === '42501' || code === '44000') && routine === 'ExecWithCheckOptions'
}

function schemaDrift({ table, column }: DatabaseError): Meaning {
  return {
    part: 'schema',
    refusal: 'refused',
    hint: () => `give ${table}.${column} a default, or update the gateway to a version that fills it`,
  }
}

/** What Node.js advises whoever has written a program; it would not help here. */
const OF_NODE = /; if the root CA is installed locally.*$/

const LOOK_FOR_SILENCE =
  'it hangs, or what stands on the way does: a firewall, a proxy, or a pooler that is paused or has no connection left'

/** What the client says by itself, without a code; in our words, and with what to do. */
const OF_CLIENT: Readonly<Record<string, readonly [text: string, hint: (peer: Peer) => string]>> = {
  'Query read timeout': ['it did not answer in time', () => LOOK_FOR_SILENCE],
  'timeout expired': ['it did not let the gateway in in time', () => LOOK_FOR_SILENCE],
  'The server does not support SSL connections': [
    'it takes no TLS',
    ({ name }) =>
      `ask the DBA to turn it on (ssl = on; for a pooler client_tls_sslmode), or set ${name}.tls to off where the network is trusted`,
  ],
}

/** A link that was broken before the statement was sent. Whatever the server said, it said of no statement. */
export function brokenBefore({ message, hint }: DestinationError, { name, where }: Peer): DestinationError {
  const said = message.replace(`${name} at ${where} says: `, '')
  const text = said === message ? message : `the link to ${name} at ${where} broke: ${said}`
  return new DestinationError(`${name}-link`, text, { refusal: 'wait', ...(hint ? { hint } : {}) })
}

/** There was no answer. */
function broken(error: unknown, peer: Peer): DestinationError {
  const { code, message: said } = innermost(error)
  const [message, ofClient] = OF_CLIENT[said] ?? [said]
  const hint = (code === undefined ? ofClient : LINK_HINTS[code])?.(peer)
  return new DestinationError(
    `${peer.name}-link`,
    `no link to ${peer.name} at ${peer.where}: ${message.replace(OF_NODE, '')}`,
    {
      refusal: 'wait',
      ...(hint ? { hint } : {}),
    },
  )
}

/** A host with several addresses fails with one error for each; they mostly say the same. */
function innermost(error: unknown): { readonly code: string | undefined; readonly message: string } {
  if (error instanceof AggregateError && error.errors.length > 0) return innermost(error.errors[0])
  if (!(error instanceof Error)) return { code: undefined, message: String(error) }
  return { code: 'code' in error ? String(error.code) : undefined, message: error.message }
}

/** What the gateway itself finds wrong with one row. */
export function rowRefused({ name }: Peer, message: string): DestinationError {
  return new DestinationError(`${name}-row`, message, { refusal: 'row' })
}

/** Rows that the server left out without a word. */
export function rowsSwallowed({ name }: Peer, message: string, table: string): DestinationError {
  return new DestinationError(`${name}-row`, message, {
    refusal: 'refused',
    refusedBy: `${table} swallows rows`,
    hint: 'a trigger or rule on that table swallows rows',
  })
}

/**
 * An error at COMMIT. Where the server spoke of the rows or of another session it has rolled back; where it was
 * shutting down, or did not answer, the outcome is not known.
 */
export function commitError(error: DestinationError, { name }: Peer): DestinationError {
  const { sqlstate, message, cause } = error
  const bySite = cause instanceof DatabaseError && isRaised(cause)
  if (sqlstate !== null && (bySite || !/^(08|57|58|XX)/.test(sqlstate))) return error
  return new DestinationError(`${name}-unknown`, `whether the commit was done is not known: ${message}`, {
    refusal: 'unknown',
    sqlstate,
    cause: error,
  })
}
