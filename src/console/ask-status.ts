/** Asks the running daemon for its status, through the endpoint that it announced. */
import { findPresence } from './presence.ts'
import type { StatusReport } from './report.ts'

/**
 * `absent`: nobody answers; a daemon that died leaves its announcement behind.
 * `silent`: somebody took the question and gave no answer in time.
 */
type StatusAnswer = StatusReport | 'absent' | 'silent'

/** Never throws. A question that the signal calls off counts as `absent`. */
export async function askStatus(
  dataFolder: string,
  { maxMs, signal }: { readonly maxMs: number; readonly signal: AbortSignal },
): Promise<StatusAnswer> {
  const presence = findPresence(dataFolder)
  if (!presence) return 'absent'
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(maxMs)])
    const response = await fetch(`http://${presence.host}:${presence.port}/status`, { signal: limit })
    return response.ok ? ((await response.json()) as StatusReport) : 'absent'
  } catch (error) {
    return error instanceof DOMException && error.name === 'TimeoutError' ? 'silent' : 'absent'
  }
}
