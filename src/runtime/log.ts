/** The log: JSON lines to standard error, written synchronously so that the last line before a crash is not lost. */
import { type DestinationStream, destination, type Logger, pino } from 'pino'

/** What everything is logged to. */
export type Log = Logger

/** Values below these keys never reach the log. */
const SECRET_KEYS = ['password', '*.password', 'connectionString', '*.connectionString']

/**
 * @param level the least severe that is written: `debug`, `info`, `warn`, `error`, or `silent` for none
 * @param stream instead of standard error
 */
export function createLog(level: string, stream?: DestinationStream): Log {
  const target = stream ?? destination({ dest: 2, sync: true })
  return pino(
    {
      level,
      base: null,
      redact: SECRET_KEYS,
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { error: errorFields },
    },
    target,
  )
}

/** An error as the log shows it: message, code and hint, and the stack only for errors that are not of our own family. */
function errorFields(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const { code, hint, retryable } = error as { code?: unknown; hint?: unknown; retryable?: unknown }
  const foreseen = retryable !== undefined
  return { name: error.name, message: error.message, code, hint, stack: foreseen ? undefined : error.stack }
}
