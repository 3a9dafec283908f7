/** Whether a backup, and the log since then, are kept: without both, a lost server is lost data. */

import { type Judgement, matter } from '../../../../domain/judgement.ts'
import type { ArchiveFacts } from '../facts/archive.ts'
import type { ServerSettings } from '../facts/settings.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** More than a busy server needs between two looks of its archiver. */
const FILES_BEHIND_MAX = 8
/** A weekly backup, and a day for it to run. */
const BACKUP_AGE_MAX_MS = 8 * DAY_MS
const BACKUP_RUNS_MAX_MS = DAY_MS

export function judgeArchiving(archive: ArchiveFacts, settings: ServerSettings, nowMs: number): Judgement {
  const { good, advice, bad } = matter('WAL archiving')
  const level = settings.get('wal_level')
  if (level === 'minimal')
    return bad(
      'wal_level is minimal: no backup can be brought up to date',
      `ALTER SYSTEM SET wal_level = 'replica'; and a restart`,
    )
  const mode = settings.get('archive_mode') ?? 'off'
  if (mode === 'off') return judgeStreamed(archive)
  const { lastFailedMs, lastArchivedMs, failedCount, lastFailed, filesBehind } = archive
  const look = 'the server log says why (archive command failed …); SELECT * FROM pg_stat_archiver;'
  if (lastFailedMs !== null && lastFailedMs > (lastArchivedMs ?? 0))
    return bad(
      `failing: ${lastFailed} since ${ago(lastFailedMs, nowMs)}, ${failedCount} times; the log fills the disk`,
      look,
    )
  if (lastArchivedMs === null)
    return bad('on, and nothing was archived yet', `SELECT pg_switch_wal(); and look again: ${look}`)
  if (filesBehind !== null && filesBehind > FILES_BEHIND_MAX)
    return bad(`${filesBehind} files behind, the last one was archived ${ago(lastArchivedMs, nowMs)}`, look)
  const said = `on, the last file ${ago(lastArchivedMs, nowMs)}`
  return settings.get('archive_timeout') === '0'
    ? advice(
        `${said}; a quiet server may keep its last hours for itself`,
        `ALTER SYSTEM SET archive_timeout = '5min'; SELECT pg_reload_conf();`,
      )
    : good(said)
}

/** Barman and pg_receivewal may fetch the log as a standby does, and then the server archives nothing itself. */
function judgeStreamed({ streamedTo }: ArchiveFacts): Judgement {
  const { advice, bad } = matter('WAL archiving')
  if (streamedTo.length === 0)
    return bad(
      'archive_mode is off and nobody fetches the log: what came after the last backup is lost with the server',
      `ALTER SYSTEM SET archive_mode = 'on'; ALTER SYSTEM SET archive_command = '…'; (pgBackRest, Barman or WAL-G) and a restart`,
    )
  return advice(
    `archive_mode is off; the log is fetched through the slots ${streamedTo.join(', ')}`,
    'make sure that one of them belongs to pg_receivewal or Barman: a standby is no archive, since it repeats every mistake',
  )
}

/** The tools that keep backups, by what the archive command says, and how each is asked. The command itself is never shown. */
const TOOLS: readonly (readonly [word: RegExp, ask: string])[] = [
  [/pgbackrest/i, 'pgbackrest info'],
  [/barman/i, 'barman list-backups all'],
  [/wal-g|wal-e/i, 'wal-g backup-list'],
]

/**
 * @param lastBackupMs when the last backup ended that left its note in the archive; null where there is none, undefined where this
 *   role may not look
 */
export function judgeBackup(
  archive: ArchiveFacts,
  lastBackupMs: number | null | undefined,
  settings: ServerSettings,
  nowMs: number,
): Judgement {
  const { good, bad, unseen } = matter('last backup')
  const { backupSinceMs } = archive
  if (backupSinceMs !== null && nowMs - backupSinceMs > BACKUP_RUNS_MAX_MS)
    return bad(
      `one was begun ${ago(backupSinceMs, nowMs)} and never ended`,
      'SELECT pg_stop_backup(); and take it again',
    )
  const found = lastBackupMs ?? noteOf(archive)
  if (found !== null) {
    const said = `ended ${ago(found, nowMs)}`
    return nowMs - found > BACKUP_AGE_MAX_MS
      ? bad(said, 'take one now, and find out why none was taken')
      : good(said)
  }
  const command = settings.get('archive_command') ?? ''
  const asks = TOOLS.filter(([word]) => word.test(command)).map(([, ask]) => ask)
  const tool =
    asks.length > 0 ? `; whoever takes the backups: ${asks.join(', ')}` : '; or whoever takes the backups'
  return unseen(
    lastBackupMs === null
      ? 'no note of one is in the archive: dumps and snapshots leave none'
      : 'this role may not look for it',
    `a member of pg_monitor: SELECT max(modification) FROM pg_ls_archive_statusdir() WHERE name LIKE '%.backup.%'${tool}`,
  )
}

/** Where the last thing that was archived is the note of a backup. */
function noteOf({ lastArchived, lastArchivedMs }: ArchiveFacts): number | null {
  return lastArchived?.endsWith('.backup') ? lastArchivedMs : null
}

function ago(ms: number, nowMs: number): string {
  const age = Math.max(0, nowMs - ms)
  if (age < HOUR_MS) return `${Math.round(age / 60_000)} min ago`
  return age < 2 * DAY_MS ? `${Math.round(age / HOUR_MS)} h ago` : `${Math.round(age / DAY_MS)} days ago`
}
