/**
 * Notices that files in folders changed: by the file system's events, and by looking every few seconds where there are none
 * (network shares, containers). It compares what it sees, so an event without a change is ignored. Nobody else in this thread waits for
 * a disk, or a share, that is slow to say what is in its folders.
 */
import { type FSWatcher, readdirSync, type Stats, statSync, watch } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from './clock.ts'
import { within } from './within.ts'

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
  let seen = since ?? fingerprintAtOnce(folders)
  let events = new FolderEvents(folders)
  try {
    while (!signal.aborted) {
      const now = await fingerprint(folders, { clock, signal })
      const isChanged = now !== seen
      if (!isChanged) await clock.sleep(pollMs, AbortSignal.any([signal, events.any]))
      else {
        seen = await settled(folders, now, { clock, settleMs, signal })
        if (!signal.aborted) onChange()
      }
      if (!isChanged && !events.any.aborted) continue
      // Of folders that may be others by now. From before the next look on, so that no change falls between the two.
      events[Symbol.dispose]()
      events = new FolderEvents(folders)
    }
  } finally {
    events[Symbol.dispose]()
  }
}

interface Looking {
  readonly clock: Clock
  /** Ends the look: what is seen then is not used any more. */
  readonly signal: AbortSignal
}

interface Settling extends Looking {
  readonly settleMs: number
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
    const now = await fingerprint(folders, { clock, signal })
    if (now === before) break
    before = now
  }
  return before
}

/** Until it is disposed, the first event in one of the folders. */
class FolderEvents implements Disposable {
  readonly #changed = new AbortController()
  readonly #watchers: readonly FSWatcher[]

  constructor(folders: readonly string[]) {
    this.#watchers = folders.flatMap((folder) => watcherOf(folder, () => this.#changed.abort()) ?? [])
  }

  get any(): AbortSignal {
    return this.#changed.signal
  }

  [Symbol.dispose](): void {
    for (const watcher of this.#watchers) watcher.close()
  }
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
export function fingerprint(
  folders: readonly string[],
  { clock, signal }: { readonly clock: Pick<Clock, 'after'>; readonly signal: AbortSignal },
): Promise<string> {
  return within(lookInto(folders), { clock, signal }, () => 'nobody waits for it')
}

/** One file after the other: the threads that Node has for files are few, and each may have to wait. */
async function lookInto(folders: readonly string[]): Promise<string> {
  const lines: string[] = []
  for (const folder of folders) {
    const names = await readdir(folder).catch(() => undefined)
    if (!names) lines.push(unreadable(folder))
    for (const name of names?.sort() ?? []) {
      const stamp = await stat(join(folder, name)).then(stampOf, stampOfFault)
      lines.push(lineOf(folder, name, stamp))
    }
  }
  return lines.join('\n')
}

/** The same at once, while everything else in this thread waits: for a start. */
export function fingerprintAtOnce(folders: readonly string[]): string {
  return folders.flatMap(linesAtOnce).join('\n')
}

function linesAtOnce(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .sort()
      .map((name) => lineOf(folder, name, stampAtOnce(join(folder, name))))
  } catch {
    return [unreadable(folder)]
  }
}

function stampAtOnce(path: string): string {
  try {
    return stampOf(statSync(path))
  } catch (error) {
    return stampOfFault(error)
  }
}

function lineOf(folder: string, name: string, stamp: string): string {
  return `${folder}/${name} ${stamp}`
}

/** The folder cannot be read now: that, too, differs from before. */
function unreadable(folder: string): string {
  return `${folder} unreadable`
}

/** Of what a link leads to, so that a change there is noticed. */
function stampOf({ ino, size, mtimeMs, ctimeMs }: Stats): string {
  return `${ino} ${size} ${mtimeMs} ${ctimeMs}`
}

/** A link that leads nowhere, in a circle or into a folder that may not be entered hides no change of its neighbours. */
function stampOfFault(error: unknown): string {
  return String((error as { readonly code?: unknown }).code)
}
