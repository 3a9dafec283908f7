/** Why a line, or one unit on it, gives no answers: in words that say what to look at. */
import { LinkLost } from '../../domain/errors.ts'
import { type ReadRequest, requestText, type Stray } from './request.ts'

/**
 * A fault in the words of the line, such as "10.20.3.17:502 refuses the connection". It names no device, because a line
 * may carry several: {@link linkLost} puts the name of each device that it hits before it.
 */
export class LineFault extends Error {
  override readonly name = 'LineFault'
  readonly code: string
  readonly hint: string
  /** Whom the line leads to, where that is known: two lines may lead to one device. */
  readonly peer: string | undefined
  constructor(code: string, message: string, options: LineFaultOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.hint = options.hint
    this.peer = options.peer
  }
}

interface LineFaultOptions {
  readonly hint: string
  readonly cause?: unknown
  readonly peer?: string | undefined
}

/** The same fault, where this gateway itself holds another connection to the device. */
export function ownRivalFault({ code, message, cause, peer }: LineFault, rival: string): LineFault {
  const hint = `this gateway holds another connection to it, as ${rival}: write the same host and port in all maps, so that they share one`
  return new LineFault(code, message, { hint, cause, peer })
}

/** The same fault, as one device on the line has it. */
export function linkLost(device: string, { code, message, hint, cause }: LineFault): LinkLost {
  return new LinkLost(`${device}: ${message}`, { code, hint, cause })
}

/** Which request failed, and what the unit answered before. */
export interface Asking {
  readonly endpoint: string
  readonly unit: number
  readonly request: ReadRequest
  /** How long ago the unit last answered, on this link or an earlier one; undefined: it never did. */
  readonly answeredAgoMs: number | undefined
}

const WAS_THERE_HINT = 'it was there before: check its power and cable, and whether it was restarted'

/** What to do about a unit whose answers come later than its time limit. */
export function lateHint(lateMs: number): string {
  return `its answers took up to ${(lateMs / 1_000).toFixed(1)} s when they last came, longer than its timeout: set a longer timeout`
}

/** A unit gave no answer in time. `hint` is for one that has never answered. */
export function timeoutFault(
  asking: Asking,
  { waitedMs, instead, hint }: { waitedMs: number; instead: Stray | undefined; hint: string },
): LineFault {
  const { endpoint, unit } = asking
  const what = `${endpoint} gave no answer for unit ${unit} within ${Math.round(waitedMs)} ms`
  const came = instead ? `; what came instead: ${instead.what}` : ''
  return new LineFault('link-timeout', `${what}; ${askedText(asking)}${came}`, {
    hint: instead?.hint ?? (asking.answeredAgoMs === undefined ? hint : WAS_THERE_HINT),
  })
}

/** Nothing has been answered on a line since it was opened, whichever unit was asked. */
export function muteFault(endpoint: string, silentMs: number): LineFault {
  const silentText = `${(silentMs / 1_000).toFixed(1)} s`
  return new LineFault(
    'link-timeout',
    `${endpoint} takes the connection, but has answered nobody on it for ${silentText}`,
    {
      hint: 'check that no other client holds the device; where it is a gateway, the cable and baud rate behind it, and the unit ids',
    },
  )
}

/** An answer came that does not fit the request; `what` as in "sent 4 registers where 2 were asked for". */
export function malformedFault(asking: Asking, what: string, hint: string): LineFault {
  return new LineFault('link-malformed', `${asking.endpoint} ${what}; ${askedText(asking)}`, { hint })
}

/** The connection ended while the unit was asked. */
export function hungUpFault(asking: Asking, { code, message, hint, cause }: LineFault): LineFault {
  return new LineFault(code, `${message} instead of an answer; ${askedText(asking)}`, { hint, cause })
}

/** The line ends in a gateway, which answers that it does not hear the unit behind it. */
export function gatewayFault(asking: Asking, exception: number): LineFault {
  const { endpoint, unit } = asking
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

function askedText({ request, answeredAgoMs }: Asking): string {
  const asked = `asked for ${requestText(request)}`
  if (answeredAgoMs === undefined) return `${asked}; nothing has been answered yet`
  return `${asked}; it last answered ${agoText(answeredAgoMs)} ago`
}

/** Up to two minutes the parts of a second matter: they show a timeout that is nearly long enough. */
function agoText(ms: number): string {
  const seconds = ms / 1_000
  if (seconds < 120) return `${seconds.toFixed(1)} s`
  const minutes = Math.floor(seconds / 60)
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h`
}
