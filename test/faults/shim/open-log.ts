/** Opens the log that the command line names, and closes it: `node open-log.ts FILE`. */
import { openTestOutbox } from '../../support/buffer.ts'

const [file = ''] = process.argv.slice(2)
const outbox = await openTestOutbox({ file })
await outbox[Symbol.asyncDispose]()
