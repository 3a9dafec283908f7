/**
 * Keeps a second instance off a data folder. The kernel holds the lock, so it is gone with the process however that ends;
 * nothing stale is ever left behind, and the lock's file is empty.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'

/** Another process uses the folder. */
export class InstanceLocked extends Error {
  override readonly name = 'InstanceLocked'
  readonly code = 'instance-locked'
  readonly retryable = false
  readonly hint: string
  constructor(folder: string) {
    super(`another gateway process is using ${folder}`)
    this.hint = `stop the other one first (fuser ${join(folder, LOCK_FILE)} names it), or give this one its own data folder`
  }
}

export interface InstanceLock extends Disposable {
  release(): void
}

const LOCK_FILE = 'lock'

/**
 * Takes the folder, which is made where missing.
 * @throws InstanceLocked when another process has it
 */
export function lockInstance(folder: string): InstanceLock {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  // SQLite is used for its portable file lock alone: an open exclusive transaction that never writes.
  const db = new Database(join(folder, LOCK_FILE), { timeout: 0 })
  try {
    db.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    db.close()
    throw (error as { code?: unknown }).code === 'SQLITE_BUSY' ? new InstanceLocked(folder) : error
  }
  const release = () => {
    db.close()
  }
  return { release, [Symbol.dispose]: release }
}
