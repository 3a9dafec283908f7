/** Asks the running daemon for its status, through the endpoint that it announced. */
import { hostWithPort } from '../documents/host.ts'
import { findPresence, type Presence } from './presence.ts'
import type { StatusReport } from './report.ts'

/**
 * `absent`: nobody answers; a daemon that died leaves its announcement behind.
 * `silent`: somebody took the question and gave no answer in time.
 * `hidden`: this user may not read the announcement, and no gateway of this name answers where it is configured to.
 */
export type StatusAnswer = StatusReport | 'absent' | 'silent' | 'hidden'

interface Asking {
  readonly maxMs: number
  readonly signal: AbortSignal
}

/** Where a gateway of this name is configured to listen, for users who may not look into its data folder. */
interface Configured extends Presence {
  readonly gateway: string
}

/** Never throws. A question that the signal calls off counts as `absent`. */
export async function askStatus(
  dataFolder: string,
  asking: Asking,
  configured?: Configured,
): Promise<StatusAnswer> {
  const presence = findPresence(dataFolder)
  if (presence !== 'hidden') return presence ? ask(presence, asking) : 'absent'
  const answer = configured ? await ask(configured, asking) : 'absent'
  if (answer === 'absent') return 'hidden'
  // Whoever listens there need not be this gateway.
  return answer === 'silent' || answer.gateway === configured?.gateway ? answer : 'hidden'
}

async function ask(
  { host, port }: Presence,
  { maxMs, signal }: Asking,
): Promise<StatusReport | 'absent' | 'silent'> {
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(maxMs)])
    const response = await fetch(`http://${hostWithPort(host, port)}/status`, { signal: limit })
    return response.ok ? ((await response.json()) as StatusReport) : 'absent'
  } catch (error) {
    return error instanceof DOMException && error.name === 'TimeoutError' ? 'silent' : 'absent'
  }
}
