/** Why a release does not come into force. */
import { type ConfigFault, GatewayError } from '../domain/errors.ts'
import { RELEASE_TROUBLES } from './troubles.ts'

/** What was found is not taken, and will not be until somebody releases something else. */
export class ReleaseRefused extends GatewayError {
  override readonly name = 'ReleaseRefused'
  readonly retryable = false
  /** Of its files, where these are what is wrong. */
  readonly faults: readonly ConfigFault[]
  constructor(message: string, hint: string, faults: readonly ConfigFault[] = []) {
    super(RELEASE_TROUBLES.refused, message, { hint })
    this.faults = faults
  }
}

/** It could not be looked at; the next look may be able to. */
export class ReleaseUnreachable extends GatewayError {
  override readonly name = 'ReleaseUnreachable'
  readonly retryable = true
  constructor(message: string, hint: string, cause?: unknown) {
    super(RELEASE_TROUBLES.unreachable, message, { hint, cause })
  }
}
