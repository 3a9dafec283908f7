/** Names in SQL. */

/** Quotes a name for SQL, whatever characters are in it. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** Quotes a name only where it would be taken for another one without, as the server writes names. */
export function quotedAsNeeded(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : quoteName(name)
}
