/**
 * Temporary folders that say in their name whose they are: `millrace-line-HOST-PID-…`.
 *
 * Whoever made one removes it. A process that is killed cannot, so the next one removes what belongs to processes of this
 * computer that are gone. What is `kept` is for somebody to look at, who removes it as well.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'

/** What the folder is for. */
type Purpose = 'line' | 'central' | 'simulators' | 'build' | 'kept'

/** Makes one. The name of the computer is part of it, because containers may share a folder but not their process ids. */
export function makeTemporaryFolder(purpose: Purpose, parent = tmpdir()): string {
  return mkdtempSync(join(parent, `millrace-${purpose}-${hostname()}-${process.pid}-`))
}

/** Removes what processes left behind that are gone. What somebody else owns is left to that user. */
export function sweepTemporaryFolders(): void {
  for (const parent of new Set([tmpdir(), openTmpdir()])) {
    for (const name of namesIn(parent)) {
      const owner = ownerOf(name)
      if (owner !== undefined && !isAlive(owner)) removeIfAllowed(join(parent, name))
    }
  }
}

/** A temporary folder that other accounts can read too. */
export function openTmpdir(): string {
  return process.getuid?.() === 0 ? '/tmp' : tmpdir()
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    // Whoever needs the folder says what is wrong with it.
    return []
  }
}

/** The process id in a folder's name; undefined where it is none of ours, or of another computer, or kept. */
function ownerOf(name: string): number | undefined {
  const [, host, pid] = /^millrace-(?:line|central|simulators|build)-(.+)-(\d+)-\w{6}$/.exec(name) ?? []
  return host === hostname() ? Number(pid) : undefined
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

function removeIfAllowed(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true })
  } catch {
    // Another user's; or something is still being written into it, and the next sweep takes it.
  }
}
