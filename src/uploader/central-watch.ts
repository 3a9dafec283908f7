/** What the uploader says of central: one state, since when, and why. Each change is logged here, once. */
import type { DestinationError } from '../domain/errors.ts'
import type { CentralHealth, CentralState } from '../domain/health.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Log } from '../runtime/log.ts'

export type Standing = Pick<CentralHealth, 'state' | 'sinceMs' | 'cause'>

export interface CentralWatch {
  readonly standing: Standing
  become(state: CentralState, cause?: string): void
  /** Puts a failure down as central being away, or as waiting where it answers but cannot take the batch. */
  failed(error: DestinationError): void
}

export function createCentralWatch(clock: Clock, log: Log): CentralWatch {
  let standing: Standing = { state: 'connecting', sinceMs: clock.now().wallMs }
  const become = (state: CentralState, cause?: string) => {
    if (state === standing.state && cause === standing.cause) return
    const sinceMs = state === standing.state ? standing.sinceMs : clock.now().wallMs
    standing = { state, sinceMs, ...(cause === undefined ? {} : { cause }) }
    if (state === 'connected' && cause === undefined) log.info('central is connected')
    else log.warn({ central: state, cause }, `central is ${state}`)
  }
  return {
    get standing() {
      return standing
    },
    become,
    failed: (error) => become(error.sqlstate === null ? 'away' : 'waiting', sentence(error)),
  }
}

function sentence({ message, hint }: DestinationError): string {
  return hint === undefined ? message : `${message}; ${hint}`
}
