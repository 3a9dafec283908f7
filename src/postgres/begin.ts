/** How every transaction begins: what it must not inherit from a role, a database or a server, and how long it may take. */
import { escapeLiteral } from 'pg'

/** Only what the server itself brings. */
export const SERVER_ONLY = 'pg_catalog, pg_temp'

/** Set in each transaction, and valid only within it. */
const TRANSACTION_SETTINGS: Readonly<Record<string, string>> = {
  // The server gives up first, and says so, before our own patience with the link is over.
  statement_timeout: '20s',
  // Less than the server's deadlock_timeout: where the gateway and the MES wait for each other, the gateway gives way. Whoever edits
  // a row that this transaction holds meanwhile has to wait as long.
  lock_timeout: '900ms',
  // Frees the stream row when the gateway has vanished in the middle of a transaction.
  idle_in_transaction_session_timeout: '30s',
  // A machine's latest row is always to be found by index. On a young table without statistics the planner would rather
  // sort all of them, and compile the query for it.
  enable_sort: 'off',
  jit: 'off',
  // Whoever may make functions in another schema could otherwise put his own in the place of the server's.
  search_path: SERVER_ONLY,
  // A role, a database or a server may have other defaults. Each of these would change what the statements mean.
  row_security: 'on',
  array_nulls: 'on',
  // Below a warning nobody listens, and a trigger may say something for each row.
  client_min_messages: 'warning',
}

/**
 * The text that begins a transaction. Nothing is left behind in a pooled session. The isolation is named because a site may
 * have another default; and where commits do not wait for the disk, they are made to.
 * @param context settings that a database wants besides, such as the tenant
 */
export function transactionText(context: Readonly<Record<string, string>> = {}): string {
  const synced = `CASE WHEN setting OPERATOR(pg_catalog.=) 'off'::text THEN 'on'::text ELSE setting END`
  return `BEGIN ISOLATION LEVEL read committed;
    SELECT ${setTexts({ ...TRANSACTION_SETTINGS, ...context })}, ${setText('synchronous_commit', synced)},
      CASE WHEN pg_catalog.current_setting('transaction_timeout', true) OPERATOR(pg_catalog.<>) '0'::text
        THEN ${setText('transaction_timeout', "'5min'")} END
    FROM pg_catalog.current_setting('synchronous_commit') AS setting;`
}

/** A statement that changes some settings for the rest of the transaction. */
export function settingsText(settings: Readonly<Record<string, string>>): string {
  return `SELECT ${setTexts(settings)}`
}

/** What a function may change besides within a transaction: for whom statements run, what a commit waits for, how texts are read. */
const CHANGEABLE = ['role', 'synchronous_commit', 'TimeZone', 'DateStyle', 'IntervalStyle', 'bytea_output']

/** The names of settings that hold in a transaction with this context. */
export function settingNames(context: Readonly<Record<string, string>> = {}): readonly string[] {
  return [...Object.keys({ ...TRANSACTION_SETTINGS, ...context }), ...CHANGEABLE]
}

/** A statement that reads settings, each under its name. */
export function readSettingsText(names: readonly string[]): string {
  const read = names.map((name) => `pg_catalog.current_setting('${name}') AS "${name}"`)
  return `SELECT ${read.join(', ')}`
}

function setTexts(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings)
    .map(([name, value]) => setText(name, escapeLiteral(value)))
    .join(', ')
}

/** In full, because the search path is only being set: nothing that somebody has put before the server's own is called. */
function setText(name: string, value: string): string {
  return `pg_catalog.set_config('${name}', ${value}, true)`
}
