/** Why a line, or one unit on it, gives no answers: in words that say what to look at. */
import { LinkLost } from '../../domain/errors.ts'

/**
 * A fault in the words of the line, such as "10.20.3.17:502 refuses the connection". It names no device, because a line
 * may carry several: {@link linkLost} puts the name of each device that it hits before it.
 */
export class LineFault extends Error {
  override readonly name = 'LineFault'
  readonly code: string
  readonly hint: string
  constructor(code: string, message: string, options: { readonly hint: string; readonly cause?: unknown }) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.hint = options.hint
  }
}

/** The same fault, as one device on the line has it. */
export function linkLost(device: string, { code, message, hint, cause }: LineFault): LinkLost {
  return new LinkLost(`${device}: ${message}`, { code, hint, cause })
}

/** A unit gave no answer in time. */
export function timeoutFault(endpoint: string, unit: number, timeoutMs: number, hint: string): LineFault {
  return new LineFault('link-timeout', `${endpoint} gave no answer for unit ${unit} within ${timeoutMs} ms`, {
    hint,
  })
}

/** An answer came that does not fit the request. */
export function malformedFault(endpoint: string, hint: string, error: unknown): LineFault {
  const what = error instanceof Error ? `: ${error.message}` : ''
  return new LineFault('link-malformed', `${endpoint} sent an answer that does not fit the request${what}`, {
    hint,
    cause: error,
  })
}

/** The line ends in a gateway, which answers that it does not hear the unit behind it. */
export function gatewayFault(endpoint: string, unit: number, exception: number): LineFault {
  return new LineFault(
    'link-gateway',
    `${endpoint} answers, but the serial device ${unit} behind it does not (exception ${exception})`,
    { hint: 'check its unit id, cable and baud rate' },
  )
}

/** The gateway itself closed the line. */
export function closedFault(endpoint: string): LineFault {
  return new LineFault('link-closed', `${endpoint} was closed by the gateway`, {
    hint: 'the gateway is stopping; nothing is to be done',
  })
}
