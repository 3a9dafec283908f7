/** Asks the running daemon for its status: where it said that it listens, and where it is configured to. */
import { hostWithPort } from '../documents/host.ts'
import { findPresence, type Presence } from './presence.ts'
import type { StatusReport } from './report.ts'

/**
 * `absent`: nobody answers; a daemon that died leaves its announcement behind.
 * `silent`: somebody took the question and gave no answer in time.
 * `other`: some other program answers, or another gateway.
 * `hidden`: this user may not read the announcement, and no gateway of this name answers where it is configured to.
 */
export type StatusAnswer = StatusReport | 'absent' | 'silent' | 'other' | 'hidden'

interface Asking {
  readonly maxMs: number
  readonly signal: AbortSignal
}

/** Where a gateway of this name is configured to listen, for whoever finds no word of where it does. */
interface Configured extends Presence {
  readonly gateway: string
}

/** Never throws. A question that the signal calls off counts as `absent`. */
export async function askStatus(
  dataFolder: string,
  { maxMs, signal }: Asking,
  configured?: Configured,
): Promise<StatusAnswer> {
  const presence = findPresence(dataFolder)
  const announced = typeof presence === 'object' ? [presence] : []
  const places = [...announced, ...(configured ? [configured] : [])].filter(isOnlyOne)
  const limit = AbortSignal.any([signal, AbortSignal.timeout(maxMs)])
  const answers = await Promise.all(places.map((place) => ask(place, configured?.gateway, limit)))
  const best = answers.find((answer) => typeof answer === 'object')
  if (best) return best
  // Whoever is silent or strange at the configured place need not be this gateway.
  if (presence === 'hidden') return 'hidden'
  return (['silent', 'other'] as const).find((answer) => answers.includes(answer)) ?? 'absent'
}

/** Port 0 is none. */
function isOnlyOne({ host, port }: Presence, index: number, all: readonly Presence[]): boolean {
  return port !== 0 && all.findIndex((other) => other.host === host && other.port === port) === index
}

/** @param gateway whose answer is wanted; without it, any gateway's */
async function ask(
  { host, port }: Presence,
  gateway: string | undefined,
  signal: AbortSignal,
): Promise<StatusReport | 'absent' | 'silent' | 'other'> {
  try {
    const response = await fetch(`http://${hostWithPort(host, port)}/status`, { signal })
    const report = (await response.json()) as Partial<StatusReport>
    return response.ok && isReport(report) && report.gateway === (gateway ?? report.gateway)
      ? report
      : 'other'
  } catch (error) {
    if (error instanceof DOMException && error.name === 'TimeoutError') return 'silent'
    return error instanceof SyntaxError ? 'other' : 'absent'
  }
}

function isReport(answer: Partial<StatusReport>): answer is StatusReport {
  return typeof answer?.gateway === 'string'
}
