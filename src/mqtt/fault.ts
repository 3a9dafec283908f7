/** What a broker refuses, or why it is not there, in words. */
import { GatewayError } from '../domain/errors.ts'

/**
 * `refused`, `timeout`, `unreachable`, `unknown-host`, `closed`: the way to it; `login`, `tls`, `version`: it will not have
 * us; `taken-over`: another program uses the same client id; `protocol`: it speaks something else; `stopped`: we called it off.
 * `publish` and `subscribe` are about one message or one subscription: the connection goes on.
 */
export type BrokerFaultKind =
  | 'refused'
  | 'timeout'
  | 'unreachable'
  | 'unknown-host'
  | 'closed'
  | 'login'
  | 'tls'
  | 'version'
  | 'busy'
  | 'taken-over'
  | 'protocol'
  | 'stopped'
  | 'publish'
  | 'subscribe'

interface BrokerFaultOptions {
  readonly hint?: string | undefined
  readonly cause?: unknown
  /** As the broker gave it. */
  readonly reasonCode?: number
  /** The same message will be refused whenever it is published again. */
  readonly isAboutMessage?: boolean
}

/** A broker cannot be reached, has refused something, or the connection to it is lost. */
export class BrokerFault extends GatewayError {
  override readonly name = 'BrokerFault'
  readonly retryable = true
  readonly kind: BrokerFaultKind
  /** Null where the broker said nothing. */
  readonly reasonCode: number | null
  /** The same message will be refused whenever it is published again. */
  readonly isAboutMessage: boolean

  constructor(kind: BrokerFaultKind, message: string, options: BrokerFaultOptions = {}) {
    const { hint, cause, reasonCode, isAboutMessage } = options
    super(`broker-${kind}`, message, { ...(hint !== undefined && { hint }), cause })
    this.kind = kind
    this.reasonCode = reasonCode ?? null
    this.isAboutMessage = isAboutMessage ?? false
  }
}
