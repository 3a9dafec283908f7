/**
 * Keeps a second instance off a data folder. The kernel holds the lock, so it is gone with the process however that ends;
 * nothing stale is ever left behind, and the lock's file is empty.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { GatewayError } from '../domain/errors.ts'
import { storeFault } from '../sqlite/store-fault.ts'

/** Another process uses the folder. */
export class InstanceLocked extends GatewayError {
  override readonly name = 'InstanceLocked'
  readonly retryable = false
  constructor(folder: string) {
    const lock = join(folder, LOCK_FILE)
    super('instance-locked', `another gateway process is using ${folder}`, {
      hint: `stop the other one first (fuser ${lock} names it), or give this one its own data folder`,
    })
  }
}

/** The hold on a data folder; it ends with the process at the latest. */
export interface InstanceLock extends Disposable {
  release(): void
}

const LOCK_FILE = 'lock'

/**
 * Takes the folder, which is made where missing.
 * @throws InstanceLocked when another process has it
 * @throws StoreError when the folder cannot be used
 */
export function lockInstance(folder: string): InstanceLock {
  const file = join(folder, LOCK_FILE)
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    return hold(file)
  } catch (error) {
    if ((error as { code?: unknown }).code === 'SQLITE_BUSY') throw new InstanceLocked(folder)
    throw storeFault({ name: 'lock', file }, error)
  }
}

/** SQLite is used for its portable file lock alone: an open exclusive transaction that never writes. */
function hold(file: string): InstanceLock {
  const db = new Database(file, { timeout: 0 })
  try {
    db.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    db.close()
    throw error
  }
  const release = () => {
    db.close()
  }
  return { release, [Symbol.dispose]: release }
}
