/**
 * A disk that does not finish a write. The buffer's thread makes its reserve file anew where it is missing; a pipe in that
 * file's place, which nobody reads, holds the thread inside its call for as long as wanted, as a dying disk does.
 */
import { execFileSync } from 'node:child_process'
import { closeSync, constants, openSync, rmSync } from 'node:fs'
import { join } from 'node:path'

export interface StalledDisk extends Disposable {}

/** From the next look at the reserve on (once a minute, and at the start) until it is disposed of. */
export function stallDisk(dataFolder: string): StalledDisk {
  const reserve = join(dataFolder, 'outbox.db.reserve')
  const pipe = `${reserve}.unfinished`
  rmSync(reserve, { force: true })
  execFileSync('mkfifo', [pipe])
  return {
    [Symbol.dispose]: () => {
      // A reader that comes and goes: the thread's call returns, with an error.
      closeSync(openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK))
      rmSync(pipe, { force: true })
    },
  }
}
