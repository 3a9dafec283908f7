/** What the API answers where it does not do what was asked. */
import { type ConfigFault, GatewayError } from '../domain/errors.ts'
import type { RefusalOnWire } from './shapes.ts'

interface RefusalDetails {
  readonly hint?: string | undefined
  /** Of a text that was sent, each with its place. */
  readonly faults?: readonly ConfigFault[]
  readonly cause?: unknown
  /** For how long asking again is no use, in seconds. */
  readonly retryAfterS?: number
}

/**
 * A handler throws it with what the caller is to read, such as `new ApiRefusal(404, 'machine-unknown', 'there is no machine
 * PRESS-77', {hint: 'the page Line shows all of them'})`. Everything else that it throws is a fault of this program.
 */
export class ApiRefusal extends GatewayError {
  override readonly name = 'ApiRefusal'
  readonly retryable: boolean
  /** Of HTTP: 400, 403, 404, 409 where what was read has changed since, 422 where the content has faults, 503. */
  readonly status: number
  readonly faults: readonly ConfigFault[]
  readonly retryAfterS: number | undefined

  constructor(status: number, code: string, what: string, details: RefusalDetails = {}) {
    const { hint, faults = [], cause, retryAfterS } = details
    super(code, what, { cause, ...(hint !== undefined && { hint }) })
    this.status = status
    this.retryable = status >= 500
    this.faults = faults
    this.retryAfterS = retryAfterS
  }
}

/** As it goes over the wire. */
export function refusalBody({ code, message, hint, faults }: ApiRefusal): RefusalOnWire {
  return {
    code,
    what: message,
    ...(hint !== undefined && { hint }),
    ...(faults.length > 0 && { faults: [...faults] }),
  }
}
