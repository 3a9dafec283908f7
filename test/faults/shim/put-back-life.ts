/**
 * Appends three events to the log that the command line names, deletes its file, and appends a fourth, for which the log is put back:
 * `node put-back-life.ts FILE`. Says `deleted` once that is so.
 */
import { rmSync, writeSync } from 'node:fs'
import { openTestOutbox } from '../../support/buffer.ts'
import { entry } from '../../support/entries.ts'

const [file = ''] = process.argv.slice(2)
const outbox = await openTestOutbox({ file })
for (const number of [1, 2, 3]) await outbox.append(entry(number))
rmSync(file)
writeSync(1, 'deleted')
await outbox.append(entry(4))
await outbox[Symbol.asyncDispose]()
