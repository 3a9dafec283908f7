/** Decodes structures of the server's own types. The library reads their definitions once in a session, when the first comes. */
import type { DataValue, NotificationMessage } from 'node-opcua-client'
import type { OpcUaSession } from '../session/session.ts'

/** A notification, as far as it has values. */
interface WithValues {
  readonly monitoredItems?: readonly { readonly value: DataValue }[] | null
}

/**
 * Decodes the structures in a message, in place. One whose type the server does not describe stays as it came, and is no value.
 * @returns undefined where there is nothing to wait for
 */
export function readStructures(
  { library, session }: Pick<OpcUaSession, 'library' | 'session'>,
  { notificationData }: NotificationMessage,
): Promise<void> | undefined {
  const values = (notificationData ?? []).flatMap((notification) =>
    ((notification as WithValues | null)?.monitoredItems ?? []).map(({ value }) => value),
  )
  if (library.extractDataValueToPromote(values).length === 0) return undefined
  // The server may refuse to describe its types; then its structures are as bad as ones that nobody can read.
  return library.promoteOpaqueStructure(session, values).catch(() => {})
}
