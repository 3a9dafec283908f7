/** What nobody foresaw in answering a call: it is logged with its stack, and stays here. */
import type { Log } from '../runtime/log.ts'
import { pathWithin } from './asked-request.ts'
import { ApiRefusal } from './refusal.ts'

interface FaultyCall {
  readonly method?: string | undefined
  readonly url?: string | undefined
}

/** @returns what the caller gets to read */
export function apiFault(log: Log, { method, url = '' }: FaultyCall, error: unknown): ApiRefusal {
  const path = pathWithin(url)
  log.error({ event: 'api-fault', error, code: 'api-fault', method, path }, 'a call of the API failed')
  const hint = 'the log says where in the program; report it with those lines'
  return new ApiRefusal(500, 'api-fault', 'the gateway made a mistake in answering this', { hint })
}
