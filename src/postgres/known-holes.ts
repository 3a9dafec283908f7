/**
 * Versions of PostgreSQL with known holes through which rows that are kept apart can be seen or changed all the same. From the list of
 * https://www.postgresql.org/support/security/; only what concerns row-level security and views that hide rows.
 */

/** By major version: the first minor version without them, and what was mended there. */
const MENDED: Readonly<Record<number, number>> = { 13: 22, 14: 19, 15: 14, 16: 10, 17: 6 }
const HOLES =
  'CVE-2025-8713 (statistics tell of hidden rows), CVE-2024-10976 and CVE-2023-2455 (the wrong policy may be used)'
/** Older ones are not mended any more. */
const OLDEST_MENDED = 13

/**
 * @param version as `server_version_num` says it: 150004 is 15.4
 * @returns what is wrong with it; undefined where no hole is known
 */
export function knownHole(version: number): string | undefined {
  const major = Math.floor(version / 10_000)
  const minor = version % 10_000
  const name = `PostgreSQL ${major}.${minor}`
  if (major < OLDEST_MENDED)
    return `${name} has known holes in row-level security, and is not mended any more`
  const mended = MENDED[major]
  if (mended === undefined || minor >= mended) return undefined
  return `${name} has known holes in row-level security, ${HOLES}: update it to ${major}.${mended} or newer`
}
