/** What a Sparkplug host publishes of itself: whether it is there. Retained, and its last will says that it is gone. */

/** What a host said. `at` is the time of its connection, in ms since 1970 UTC; version 2.2 of Sparkplug has none. */
interface HostState {
  readonly online: boolean
  readonly at?: number | undefined
}

/** More is no state of a host. */
const STATE_BYTES_MAX = 1024

/** Both ways in which it is written: JSON since 3.0, a word in 2.2. Undefined where it is neither. */
export function readHostState(bytes: Uint8Array): HostState | undefined {
  if (bytes.length > STATE_BYTES_MAX) return undefined
  const text = new TextDecoder().decode(bytes).trim()
  if (text === 'ONLINE') return { online: true }
  if (text === 'OFFLINE') return { online: false }
  const said = parsed(text)
  if (typeof said !== 'object' || said === null || !('online' in said)) return undefined
  if (typeof said.online !== 'boolean') return undefined
  const at = 'timestamp' in said && typeof said.timestamp === 'number' ? said.timestamp : undefined
  return { online: said.online, at }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
