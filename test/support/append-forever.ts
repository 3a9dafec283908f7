/**
 * Appends events to the buffer named on the command line until the process is killed. Events carry the numbers 1, 2, 3 …;
 * a number is printed only once its append has resolved.
 */
import { openOutbox } from '../../src/buffer/outbox.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { createLog } from '../../src/runtime/log.ts'
import { entry } from './entries.ts'

const IN_FLIGHT = 20

const [file = ''] = process.argv.slice(2)
const outbox = await openOutbox({
  file,
  retentionMs: 0,
  maxBytes: 1024 ** 3,
  consumers: [{ name: 'central', must: 'deliver' }],
  bootId: 'boot',
  clock: systemClock,
  log: createLog('warn'),
})
const states = (await outbox.states()) as { 'machine:PRESS-04'?: { count: number } }
let number = states['machine:PRESS-04']?.count ?? 0

await Promise.all(Array.from({ length: IN_FLIGHT }, appendForever))

async function appendForever(): Promise<never> {
  for (;;) {
    number += 1
    const own = number
    await outbox.append(entry(own))
    process.stdout.write(`${own}\n`)
  }
}
