/** The error with which the demo ends where it cannot run at all. */
import { GatewayError } from '../domain/errors.ts'

/** The demo could not run at all. Its message says why, its hint what to do. */
export class DemoFailed extends GatewayError {
  override readonly name = 'DemoFailed'
  readonly retryable = false
  constructor(cause: unknown) {
    const message = cause instanceof Error ? cause.message : String(cause)
    const hint = HINTS.find(([symptom]) => symptom.test(message))?.[1]
    super('demo-failed', message, { cause, ...(hint === undefined ? {} : { hint }) })
  }
}

/** Things that a fresh computer may lack, recognized by the message, and what people can do about each. */
const HINTS: readonly (readonly [RegExp, string])[] = [
  [
    /ENOSPC|No space left/i,
    'The disk is full: the demo needs about 300 MB in the temporary folder (TMPDIR names another one).',
  ],
  [
    /EACCES|EPERM|EROFS|Permission denied/i,
    'The temporary folder cannot be written to; set TMPDIR to one that can.',
  ],
  [/EADDRINUSE|Address already in use/i, 'Somebody took a port in this moment; run it again.'],
  [/EMFILE|ENFILE/i, 'Too many files are open: raise the limit with ulimit -n 4096.'],
  [/shared memory|ENOMEM|Cannot allocate/i, 'Memory is short: the demo needs about 500 MB.'],
]
