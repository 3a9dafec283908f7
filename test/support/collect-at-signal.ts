/**
 * Loaded into each thread of a process before its program, which runs with `--expose-gc`: at SIGUSR2 all threads collect their garbage, and
 * what lives in the main thread then is written into the file that `COLLECTED_FILE` names, as {@link Collected} in JSON.
 */
import { renameSync, writeFileSync } from 'node:fs'
import { BroadcastChannel, isMainThread } from 'node:worker_threads'

export interface Collected {
  /** Objects of the main thread that are still in use, in bytes. */
  readonly heapBytes: number
  /** Buffers outside of V8's heap that they hold, in bytes. */
  readonly buffersBytes: number
}

const file = process.env.COLLECTED_FILE
const others = new BroadcastChannel('collect')

// Signals come to the main thread alone.
if (isMainThread && file)
  process.on('SIGUSR2', () => {
    others.postMessage('now')
    collect()
    writeCollected(file)
  })
else others.onmessage = collect
// It keeps no thread that has nothing else to do.
others.unref()

/** As V8's last resort, which gives emptied pages back to the system, too. */
function collect(): void {
  if (!globalThis.gc) throw new Error('Start this process with --expose-gc.')
  globalThis.gc({ type: 'major', execution: 'sync', flavor: 'last-resort' })
}

function writeCollected(path: string): void {
  const { heapUsed, external } = process.memoryUsage()
  const collected: Collected = { heapBytes: heapUsed, buffersBytes: external }
  // Whoever waits for the file must never read half of it.
  writeFileSync(`${path}.part`, JSON.stringify(collected))
  renameSync(`${path}.part`, path)
}
