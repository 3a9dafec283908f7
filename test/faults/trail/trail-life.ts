/**
 * One run of a gateway after another, as far as its audit trail sees them, in a process of its own. Its parent names the data folder of
 * each run, and hears when the run has ended with all of its records on the disk. Only waiting is quicker than in a gateway.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { AuditTrail } from '../../../src/audit-trail/audit-trail.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { createLog } from '../../../src/runtime/log.ts'
import { NOTED } from './expected-records.ts'

/** Long enough that a fault of a few calls to the disk is over, and short enough for hundreds of runs. */
const PAUSE_MS = 2

const clock = {
  ...systemClock,
  sleep: (_: number, signal?: AbortSignal) => systemClock.sleep(PAUSE_MS, signal),
}

process.on('message', async (dataFolder: string) => {
  await run(dataFolder)
  process.send?.(dataFolder)
})

async function run(dataFolder: string): Promise<void> {
  const trail = new AuditTrail({ dataFolder, clock, log: createLog('silent') })
  trail.begin({ version: '1.0.0', configuration: { gateway: '"edge-1"' }, details: '{}' })
  for (const what of NOTED) {
    trail.noteOwn({ event: 'clock-stepped', what })
    await stands(trail, (record) => record.what === what)
  }
  trail.end()
  await stands(trail, ({ event }) => event === 'gateway-stopped')
  await trail[Symbol.asyncDispose]()
}

/** Resolves once such a record is the last one on the disk. */
async function stands(trail: AuditTrail, isIt: (record: { what: string; event: string }) => boolean) {
  for (;;) {
    const [last] = await trail.records({ before: null, who: null, limit: 1 }).catch(() => [])
    if (last && isIt(last)) return
    await wait(PAUSE_MS)
  }
}
