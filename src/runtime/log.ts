/** The log: JSON lines on standard error, or lines for people on a terminal. Writing one never waits. */
import { type DestinationStream, destination, type Logger, pino } from 'pino'
import { kindOfLine, type Repeats } from './repeats.ts'
import { systemFault } from './system-fault.ts'

/**
 * The name of a kind of line: which part, and what of it, as `device-connected`. It stays the same from version to version, so that
 * whoever collects the log can look for it; docs/log.md says what each means. Of a trouble only its `code` says which it is.
 */
export type LogEvent = `${string}-${string}`

/** What a line holds beside its text. */
export interface LogFields {
  readonly event: LogEvent
  readonly [field: string]: unknown
}

type Say = (fields: LogFields, text: string) => void

/** What everything is logged to. There is no way to write a line that has no event. */
export interface Log {
  readonly debug: Say
  readonly info: Say
  readonly warn: Say
  readonly error: Say
  readonly fatal: Say
}

const INFO = 30

/** Values below these keys never reach the log. */
const SECRET_KEYS = ['password', 'passphrase', 'token', 'verifier', 'connectionString'].flatMap((key) => [
  key,
  `*.${key}`,
])

/**
 * @param level the least severe that is written: `debug`, `info`, `warn`, `error`, or `silent` for none
 * @param stream instead of standard error, which is waited for
 * @param repeats where lines of one kind are to be counted; without it each is written
 */
export function createLog(level: string, stream?: DestinationStream, repeats?: Repeats): Log {
  const target = stream ?? destination({ dest: 2, sync: true })
  return pino(
    {
      level,
      base: null,
      redact: SECRET_KEYS,
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { error: errorFields },
      hooks: repeats === undefined ? {} : { logMethod: countRepeats(repeats) },
    },
    target,
  )
}

type LogMethod = NonNullable<NonNullable<pino.LoggerOptions['hooks']>['logMethod']>

function countRepeats(repeats: Repeats): LogMethod {
  return function say(this: Logger, args, method, level) {
    const [fields, text] = typeof args[0] === 'string' ? [{}, args[0]] : (args as unknown as [Fields, string])
    if (isAwaited(level, fields)) method.apply(this, args)
    else
      repeats.say(kindOfLine(level, fields, text), (again) =>
        method.apply(this, [{ ...fields, ...again }, text]),
      )
  }
}

type Fields = Readonly<Record<string, unknown>>

/** Whoever asks for `debug` wants every line of it, and whoever has just saved a map waits for the line that says so. */
function isAwaited(level: number, { file, code }: Fields): boolean {
  if (level < INFO) return true
  return level === INFO && file !== undefined && code === undefined
}

/** An error as the log shows it: message, code and hint, and the stack only for errors that nobody foresaw. */
function errorFields(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const { code, hint, retryable } = error as { code?: unknown; hint?: unknown; retryable?: unknown }
  const fault = systemFault(error)
  const isForeseen = retryable !== undefined || fault !== undefined
  return {
    name: error.name,
    message: error.message,
    code,
    hint: hint ?? fault?.hint,
    stack: isForeseen ? undefined : error.stack,
  }
}
