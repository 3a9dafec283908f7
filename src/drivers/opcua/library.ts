/** Loads node-opcua when the first server is to be reached: it takes 70 MB and a third of a second. */
import type { ClientSession } from 'node-opcua-client'
import type { DriverLog } from '../../domain/driver.ts'

/** The module as it is loaded. */
export type OpcUaLibrary = typeof import('node-opcua-client')

/** What the library reports goes to this log, and never to standard output. It has one log for the whole process. */
export async function loadLibrary(log: DriverLog): Promise<OpcUaLibrary> {
  const library = await import('node-opcua-client')
  // The first argument of its reports is an object that says where in the library they come from.
  const note = (...words: unknown[]) => {
    const said = words.filter((word) => typeof word !== 'object').join(' ')
    log.debug({ event: 'opcua-library', library: 'node-opcua' }, said)
  }
  library.setDebugLogger(note)
  library.setWarningLogger(note)
  library.setErrorLogger(note)
  return library
}

/** What sends a session's publish requests, as far as it is used here; the library has it, and does not declare it. */
interface PublishEngine {
  /** How many publish requests may wait at the server. */
  nbMaxPublishRequestsAcceptedByServer: number
  /** How many do. */
  readonly nbPendingPublishRequests: number
  /** Sends one, if there may be one more. */
  send_publish_request(): void
  acknowledge_notification(subscriptionId: number, number: number): void
  suspend(isSuspended: boolean): void
}

/** The part of the library that publishes for all subscriptions of a session. */
export function publishEngineOf(session: ClientSession): PublishEngine {
  return (session as unknown as { getPublishEngine(): PublishEngine }).getPublishEngine()
}
