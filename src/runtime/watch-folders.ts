/**
 * Notices that files in folders changed: by the file system's events, and by looking every few seconds where there are none
 * (network shares, containers). It compares what it sees, so an event without a change is ignored.
 */
import { type FSWatcher, readdirSync, statSync, watch } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from './clock.ts'

interface WatchOptions {
  readonly clock: Clock
  /** The fingerprint of the folders just before they were last read, so that no change since is missed. Default: as they are now. */
  readonly since?: string | undefined
  /** Editors save in several steps: only when nothing changed for this long is it worth reading. */
  readonly settleMs?: number
  /** How often it looks where the file system sends no event. */
  readonly pollMs?: number
}

const SETTLE_MS = 300
const POLL_MS = 5_000
/** A folder that never comes to rest is read all the same after this many settle times. */
const SETTLES_MAX = 20

/** Calls back after each change in one of the folders, until aborted. They need not exist yet. */
export async function watchFolders(
  folders: readonly string[],
  onChange: () => void,
  signal: AbortSignal,
  { clock, since, settleMs = SETTLE_MS, pollMs = POLL_MS }: WatchOptions,
): Promise<void> {
  let seen = since ?? fingerprint(folders)
  while (!signal.aborted) {
    const now = fingerprint(folders)
    if (now === seen) {
      await changeOrTimeout(folders, clock, pollMs, signal)
      continue
    }
    seen = await settled(folders, now, { clock, settleMs, signal })
    if (!signal.aborted) onChange()
  }
}

interface Settling {
  readonly clock: Clock
  readonly settleMs: number
  readonly signal: AbortSignal
}

/** Waits until nothing changes any more. @returns the fingerprint then */
async function settled(
  folders: readonly string[],
  changed: string,
  { clock, settleMs, signal }: Settling,
): Promise<string> {
  let before = changed
  for (let round = 0; round < SETTLES_MAX && !signal.aborted; round++) {
    await clock.sleep(settleMs, signal)
    const now = fingerprint(folders)
    if (now === before) break
    before = now
  }
  return before
}

async function changeOrTimeout(
  folders: readonly string[],
  clock: Clock,
  pollMs: number,
  signal: AbortSignal,
): Promise<void> {
  const changed = new AbortController()
  const watchers = folders.flatMap((folder) => watcherOf(folder, () => changed.abort()) ?? [])
  await clock.sleep(pollMs, AbortSignal.any([signal, changed.signal]))
  for (const watcher of watchers) watcher.close()
}

function watcherOf(folder: string, onEvent: () => void): FSWatcher | undefined {
  try {
    // An error means that the folder went away: worth a look too.
    return watch(folder, { persistent: false }, onEvent).on('error', onEvent)
  } catch {
    // No such folder, or no events on this file system: the slow look goes on.
    return undefined
  }
}

/** Names, sizes and times of all files: differs when any of them changed. */
export function fingerprint(folders: readonly string[]): string {
  return folders.flatMap(filesOf).join('\n')
}

function filesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .sort()
      .map((name) => `${folder}/${name} ${stampOf(join(folder, name))}`)
  } catch {
    // The folder cannot be read now: that, too, differs from before.
    return [`${folder} unreadable`]
  }
}

/**
 * Of what a link leads to, so that a change there is noticed. A link that leads nowhere, in a circle or into a folder that may
 * not be entered is stamped with that, and hides no change of its neighbours.
 */
function stampOf(path: string): string {
  try {
    const { ino, size, mtimeMs, ctimeMs } = statSync(path)
    return `${ino} ${size} ${mtimeMs} ${ctimeMs}`
  } catch (error) {
    return String((error as { readonly code?: unknown }).code)
  }
}
