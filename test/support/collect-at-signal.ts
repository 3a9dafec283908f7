/**
 * Loaded into a process before its program, which runs with `--expose-gc`: at SIGUSR2 all garbage of the main thread is collected, and
 * what lives then is written into the file that `COLLECTED_FILE` names, as {@link Collected} in JSON.
 */
import { renameSync, writeFileSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'

export interface Collected {
  /** Objects of the main thread that are still in use, in bytes. */
  readonly heapBytes: number
  /** Buffers outside of V8's heap that they hold, in bytes. */
  readonly buffersBytes: number
}

const file = process.env.COLLECTED_FILE

// Signals come to the main thread alone; the others load this file too.
if (isMainThread && file) process.on('SIGUSR2', () => writeCollected(file))

function writeCollected(path: string): void {
  if (!globalThis.gc) throw new Error('Start this process with --expose-gc.')
  // The last resort of V8 gives emptied pages back to the system, too.
  globalThis.gc({ type: 'major', execution: 'sync', flavor: 'last-resort' })
  const { heapUsed, external } = process.memoryUsage()
  const collected: Collected = { heapBytes: heapUsed, buffersBytes: external }
  // Whoever waits for the file must never read half of it.
  writeFileSync(`${path}.part`, JSON.stringify(collected))
  renameSync(`${path}.part`, path)
}
